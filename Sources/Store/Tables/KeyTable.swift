/// The keys of items, each with the item that has it and, once that is known, how it ended.
struct KeyTable {
  /// What is known of a key.
  struct Holder: Equatable {
    let fingerprint: [UInt8]
    let item: ItemID
    let createdAt: Int64
    /// Nil while the item has not ended.
    let state: ItemState?
  }

  private let findRow: Statement
  private let insertRow: Statement
  private let endRow: Statement
  private let reopenRow: Statement
  private let deleteByItem: Statement
  private let findByItem: Statement
  private let readOldest: Statement
  private let readNewest: Statement
  private let deleteRow: Statement

  init(_ connection: Connection) throws(StoreError) {
    let columns = "code, detail, stored_at, finished_at"
    findRow = try connection.prepare(
      "SELECT \(columns), fingerprint, item, created_at FROM item_keys WHERE name = ?1")
    insertRow = try connection.prepare(
      "INSERT INTO item_keys (fingerprint, item, created_at, name) VALUES (?1, ?2, ?3, ?4)")
    endRow = try connection.prepare(
      """
      UPDATE item_keys SET code = ?2, stored_at = ?3, finished_at = ?4, detail = ?5
      WHERE item = ?1
      """)
    reopenRow = try connection.prepare(
      "UPDATE item_keys SET code = NULL, detail = NULL WHERE item = ?1")
    deleteByItem = try connection.prepare("DELETE FROM item_keys WHERE item = ?1")
    findByItem = try connection.prepare("SELECT \(columns) FROM item_keys WHERE item = ?1")
    readOldest = try connection.prepare(
      "SELECT number, created_at FROM item_keys ORDER BY number LIMIT 1")
    readNewest = try connection.prepare("SELECT max(number) FROM item_keys")
    deleteRow = try connection.prepare("DELETE FROM item_keys WHERE number = ?1")
  }

  func find(name: [UInt8]) throws(StoreError) -> Holder? {
    defer { findRow.reset() }
    try findRow.bind(copying: name, at: 1)
    guard try findRow.step() else { return nil }
    return Holder(
      fingerprint: findRow.bytes(at: 4), item: try findRow.itemID(at: 5),
      createdAt: findRow.integer(at: 6), state: Self.state(findRow))
  }

  /// Gives a key that nobody has to an item.
  func insert(_ key: ItemKey, item: ItemID, at time: Int64) throws(StoreError) {
    try insertRow.bind(copying: key.fingerprint, at: 1)
    try insertRow.bind(item, at: 2)
    try insertRow.bind(time, at: 3)
    try insertRow.run(blob: key.name, at: 4)
  }

  /// Remembers how the item of a key ended; an item without a key is none of this table's.
  func end(
    _ item: ItemID, _ outcome: Outcome, storedAt: Int64, finishedAt: Int64
  ) throws(StoreError) {
    try endRow.bind(item, at: 1)
    try endRow.bind(outcome.code, at: 2)
    try endRow.bind(storedAt, at: 3)
    try endRow.bind(finishedAt, at: 4)
    try endRow.run(blob: outcome.detail, at: 5)
  }

  /// The item goes out again.
  func reopen(_ item: ItemID) throws(StoreError) {
    try reopenRow.bind(item, at: 1)
    try reopenRow.run()
  }

  /// The key of the item is free again.
  func forget(_ item: ItemID) throws(StoreError) {
    try deleteByItem.bind(item, at: 1)
    try deleteByItem.run()
  }

  /// How an item with a key ended.
  func outcome(of item: ItemID) throws(StoreError) -> ItemState? {
    defer { findByItem.reset() }
    try findByItem.bind(item, at: 1)
    return try findByItem.step() ? Self.state(findByItem) : nil
  }

  var isEmpty: Bool {
    get throws(StoreError) { try oldest() == nil }
  }

  /// Forgets the oldest keys, at most `steps`, and returns how many.
  ///
  /// It forgets those from before `limit`, and all but the newest `max`. That counts the gaps which
  /// forgotten keys left, so that nobody has to count the keys.
  func prune(createdBefore limit: Int64, max: Int, steps: Int) throws(StoreError) -> Int {
    var forgotten = 0
    let newest = try newestNumber()
    while forgotten < steps, let oldest = try oldest() {
      guard oldest.createdAt < limit || newest - oldest.number >= Int64(max) else { break }
      try deleteRow.bind(oldest.number, at: 1)
      try deleteRow.run()
      forgotten += 1
    }
    return forgotten
  }

  private func newestNumber() throws(StoreError) -> Int64 {
    defer { readNewest.reset() }
    return try readNewest.step() ? readNewest.integer(at: 0) : 0
  }

  private func oldest() throws(StoreError) -> (number: Int64, createdAt: Int64)? {
    defer { readOldest.reset() }
    guard try readOldest.step() else { return nil }
    return (readOldest.integer(at: 0), readOldest.integer(at: 1))
  }

  private static func state(_ row: Statement) -> ItemState? {
    guard let code = row.optionalInteger(at: 0) else { return nil }
    return .finished(
      Outcome(code: code, detail: row.bytes(at: 1)), storedAt: row.integer(at: 2),
      finishedAt: row.integer(at: 3))
  }
}
