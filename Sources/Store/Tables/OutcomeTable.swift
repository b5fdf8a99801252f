/// How finished items ended, remembered for a while, at most so many.
struct OutcomeTable {
  private let connection: Connection
  private let insertRow: Statement
  private let deleteByID: Statement
  private let findByID: Statement
  private let readOldest: Statement
  private let deleteRow: Statement

  init(_ connection: Connection) throws(StoreError) {
    self.connection = connection
    insertRow = try connection.prepare(
      """
      INSERT INTO outcomes (id, stored_at, finished_at, code, detail) VALUES (?1, ?2, ?3, ?4, ?5)
      """)
    deleteByID = try connection.prepare("DELETE FROM outcomes WHERE id = ?1")
    findByID = try connection.prepare(
      "SELECT code, detail, stored_at, finished_at FROM outcomes WHERE id = ?1")
    readOldest = try connection.prepare(
      "SELECT number, finished_at FROM outcomes ORDER BY number LIMIT 1")
    deleteRow = try connection.prepare("DELETE FROM outcomes WHERE number = ?1")
  }

  /// Remembers an outcome instead of an earlier one; returns by how many the table grew.
  func insert(
    _ id: ItemID, _ outcome: Outcome, storedAt: Int64, finishedAt: Int64
  ) throws(StoreError) -> Int {
    let growth = try forget(id) + 1
    try insertRow.bind(id, at: 1)
    try insertRow.bind(storedAt, at: 2)
    try insertRow.bind(finishedAt, at: 3)
    try insertRow.bind(outcome.code, at: 4)
    try insertRow.run(blob: outcome.detail, at: 5)
    return growth
  }

  /// Forgets the outcome of an item; returns by how many the table grew.
  func forget(_ id: ItemID) throws(StoreError) -> Int {
    try deleteByID.bind(id, at: 1)
    try deleteByID.run()
    return -connection.changes
  }

  func find(_ id: ItemID) throws(StoreError) -> ItemState? {
    defer { findByID.reset() }
    try findByID.bind(id, at: 1)
    guard try findByID.step() else { return nil }
    return .finished(
      Outcome(code: findByID.integer(at: 0), detail: findByID.bytes(at: 1)),
      storedAt: findByID.integer(at: 2), finishedAt: findByID.integer(at: 3))
  }

  /// Forgets the oldest ones, at most `steps`, and returns how many.
  ///
  /// It forgets those finished before `limit`, and so many that `surplus` fewer are left.
  func prune(surplus: Int, finishedBefore limit: Int64, steps: Int) throws(StoreError) -> Int {
    var forgotten = 0
    while forgotten < steps {
      guard let oldest = try oldest() else { break }
      guard forgotten < surplus || oldest.finishedAt < limit else { break }
      try deleteRow.bind(oldest.number, at: 1)
      try deleteRow.run()
      forgotten += 1
    }
    return forgotten
  }

  private func oldest() throws(StoreError) -> (number: Int64, finishedAt: Int64)? {
    defer { readOldest.reset() }
    guard try readOldest.step() else { return nil }
    return (readOldest.integer(at: 0), readOldest.integer(at: 1))
  }
}
