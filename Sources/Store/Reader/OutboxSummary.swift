/// A row of the outbox without most of its body.
package struct OutboxSummary: Equatable, Sendable {
  package let sequence: Int64
  package let id: ItemID
  package let phase: UInt8
  package let storedAt: Int64
  package let expiresAt: Int64?
  package let bytes: Int
  /// The first bytes of the body.
  package let head: [UInt8]
}

extension ReaderStatements {
  /// Enough for the longest topic and what comes before it.
  private static let headBytes = 65_536 + 16

  /// The rows of the outbox after `sequence`, in order.
  func outbox(after sequence: Int64, limit: Int) throws(StoreError) -> [OutboxSummary] {
    let rows = try prepare(
      """
      SELECT o.sequence, o.id, ifnull(p.phase, 0), o.stored_at, o.expires_at, length(o.body),
        substr(o.body, 1, \(Self.headBytes))
      FROM outbox AS o LEFT JOIN phases AS p ON p.sequence = o.sequence
      WHERE o.sequence > ?1 ORDER BY o.sequence LIMIT ?2
      """)
    defer { rows.reset() }
    try rows.bind(sequence, at: 1)
    try rows.bind(Int64(limit), at: 2)
    var found: [OutboxSummary] = []
    while try rows.step() {
      found.append(
        OutboxSummary(
          sequence: rows.integer(at: 0), id: try rows.itemID(at: 1),
          phase: UInt8(truncatingIfNeeded: rows.integer(at: 2)), storedAt: rows.integer(at: 3),
          expiresAt: rows.optionalInteger(at: 4), bytes: Int(rows.integer(at: 5)),
          head: rows.bytes(at: 6)))
    }
    return found
  }
}
