/// The last values, of which only the most recently changed are kept.
struct LastValueTable {
  /// What a row takes on disk beside its topic and body, roughly.
  static let rowOverheadBytes = 32

  private struct Row {
    let number: Int64
    let time: Int64
    let bytes: Int
  }

  private let limits: StoreOptions.Limits
  private let findRow: Statement
  private let insertRow: Statement
  private let deleteRow: Statement
  private let oldestRow: Statement

  init(_ connection: Connection, _ limits: StoreOptions.Limits) throws(StoreError) {
    self.limits = limits
    let columns = "number, time, length(CAST(topic AS BLOB)) + length(body)"
    findRow = try connection.prepare("SELECT \(columns) FROM last_values WHERE topic = ?1")
    insertRow = try connection.prepare(
      "INSERT INTO last_values (topic, time, body) VALUES (?1, ?2, ?3)")
    deleteRow = try connection.prepare("DELETE FROM last_values WHERE number = ?1")
    oldestRow = try connection.prepare(
      "SELECT \(columns) FROM last_values ORDER BY number LIMIT 1")
  }

  /// Applies a change and drops the oldest values for which there is no room.
  ///
  /// `held` is what the table holds on disk, `change` what the transaction has changed so far.
  func apply(
    _ wanted: LastValueChange, to topic: String, at time: Int64, held: Totals,
    _ change: inout Totals
  ) throws(StoreError) {
    let old = try find(topic)
    switch wanted {
    case .fill(_, let limit) where old.map { $0.time >= limit } == true: return
    case .fill(let body, _), .set(let body):
      if let old { try delete(old, &change) }
      try insertRow.bind(topic, at: 1)
      try insertRow.bind(time, at: 2)
      try insertRow.run(blob: body, at: 3)
      change.lastValues += 1
      change.lastValueBytes += topic.utf8.count + body.count + Self.rowOverheadBytes
      try makeRoom(held, &change)
    case .remove:
      if let old { try delete(old, &change) }
    }
  }

  private func makeRoom(_ held: Totals, _ change: inout Totals) throws(StoreError) {
    while held.lastValues + change.lastValues > limits.messages
      || held.lastValueBytes + change.lastValueBytes > limits.bytes
    {
      guard let oldest = try read(oldestRow) else { return }
      try delete(oldest, &change)
    }
  }

  private func find(_ topic: String) throws(StoreError) -> Row? {
    try findRow.bind(topic, at: 1)
    return try read(findRow)
  }

  private func read(_ statement: Statement) throws(StoreError) -> Row? {
    defer { statement.reset() }
    guard try statement.step() else { return nil }
    return Row(
      number: statement.integer(at: 0), time: statement.integer(at: 1),
      bytes: Int(statement.integer(at: 2)) + Self.rowOverheadBytes)
  }

  private func delete(_ row: Row, _ change: inout Totals) throws(StoreError) {
    try deleteRow.bind(row.number, at: 1)
    try deleteRow.run()
    change.lastValues -= 1
    change.lastValueBytes -= row.bytes
  }
}
