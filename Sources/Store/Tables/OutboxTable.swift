/// The rows of the outbox on disk.
///
/// Every statement finds its rows by key: none takes longer because the outbox is longer.
struct OutboxTable {
  private let connection: Connection
  private let insertRow: Statement
  private let deleteRow: Statement
  private let setPhase: Statement
  private let deletePhase: Statement
  private let describeRow: Statement
  private let findByID: Statement
  private let readFirst: Statement
  private let readPage: Statement

  init(_ connection: Connection) throws(StoreError) {
    self.connection = connection
    insertRow = try connection.prepare(
      "INSERT INTO outbox (id, stored_at, expires_at, body) VALUES (?1, ?2, ?3, ?4)")
    deleteRow = try connection.prepare("DELETE FROM outbox WHERE sequence = ?1")
    setPhase = try connection.prepare(
      """
      INSERT OR REPLACE INTO phases (sequence, phase)
      SELECT sequence, ?2 FROM outbox WHERE sequence = ?1
      """)
    deletePhase = try connection.prepare("DELETE FROM phases WHERE sequence = ?1")
    describeRow = try connection.prepare(
      "SELECT id, length(body), stored_at FROM outbox WHERE sequence = ?1")
    findByID = try connection.prepare(
      """
      SELECT o.sequence, ifnull(p.phase, 0), o.stored_at, o.expires_at
      FROM outbox AS o LEFT JOIN phases AS p ON p.sequence = o.sequence WHERE o.id = ?1
      """)
    readFirst = try connection.prepare("SELECT stored_at FROM outbox ORDER BY sequence LIMIT 1")
    readPage = try connection.prepare(
      """
      SELECT o.sequence, o.id, ifnull(p.phase, 0), o.stored_at, o.expires_at, o.body
      FROM outbox AS o LEFT JOIN phases AS p ON p.sequence = o.sequence
      WHERE o.sequence > ?1 ORDER BY o.sequence
      """)
  }

  /// Adds a row and returns its sequence, which is never used again.
  func insert(_ item: OutboxItem, storedAt: Int64) throws(StoreError) -> Int64 {
    try insertRow.bind(item.id, at: 1)
    try insertRow.bind(storedAt, at: 2)
    try insertRow.bind(item.expiresAt, at: 3)
    try insertRow.run(blob: item.body, at: 4)
    return connection.lastInsertedRow
  }

  /// What finishing a row needs to know of it; nil when there is none.
  func describe(_ sequence: Int64) throws(StoreError) -> RowSummary? {
    defer { describeRow.reset() }
    try describeRow.bind(sequence, at: 1)
    guard try describeRow.step() else { return nil }
    return RowSummary(
      id: try describeRow.itemID(at: 0), bytes: Int(describeRow.integer(at: 1)),
      storedAt: describeRow.integer(at: 2))
  }

  /// Removes a row; false when there is none.
  func delete(_ sequence: Int64, withPhase: Bool) throws(StoreError) -> Bool {
    try deleteRow.bind(sequence, at: 1)
    try deleteRow.run()
    guard connection.changes > 0 else { return false }
    if withPhase {
      try deletePhase.bind(sequence, at: 1)
      try deletePhase.run()
    }
    return true
  }

  /// Remembers the phase of a row; false when there is none.
  func advance(_ sequence: Int64, to phase: UInt8) throws(StoreError) -> Bool {
    try setPhase.bind(sequence, at: 1)
    try setPhase.bind(Int64(phase), at: 2)
    try setPhase.run()
    return connection.changes > 0
  }

  func find(_ id: ItemID) throws(StoreError) -> ItemState? {
    defer { findByID.reset() }
    try findByID.bind(id, at: 1)
    guard try findByID.step() else { return nil }
    return .pending(
      sequence: findByID.integer(at: 0), phase: UInt8(truncatingIfNeeded: findByID.integer(at: 1)),
      storedAt: findByID.integer(at: 2), expiresAt: findByID.optionalInteger(at: 3))
  }

  func oldestStoredAt() throws(StoreError) -> Int64? {
    defer { readFirst.reset() }
    return try readFirst.step() ? readFirst.integer(at: 0) : nil
  }

  /// Hands over the rows after `sequence` in order until `take` returns false; true at the end.
  func read(
    after sequence: Int64, loadedUpTo loaded: Int64, _ take: (OutboxRow) -> Bool
  ) throws(StoreError) -> Bool {
    defer { readPage.reset() }
    try readPage.bind(sequence, at: 1)
    while try readPage.step() {
      let sequence = readPage.integer(at: 0)
      let row = OutboxRow(
        sequence: sequence, id: try readPage.itemID(at: 1), body: readPage.bytes(at: 5),
        phase: UInt8(truncatingIfNeeded: readPage.integer(at: 2)),
        storedAt: readPage.integer(at: 3), expiresAt: readPage.optionalInteger(at: 4),
        wasLoaded: sequence <= loaded)
      guard take(row) else { return false }
    }
    return true
  }
}

/// What remains to be known of a row without its body.
struct RowSummary: Equatable {
  var id: ItemID
  var bytes: Int
  var storedAt: Int64
  var phase: UInt8 = 0
}
