/// The rows of the event log as the store thread writes and removes them.
struct EventTable {
  /// What a row takes on disk beside its topic and body, roughly.
  static let rowOverheadBytes = 24

  private let connection: Connection
  private let insertRow: Statement
  private let readOldest: Statement
  private let deleteThrough: Statement

  init(_ connection: Connection) throws(StoreError) {
    self.connection = connection
    insertRow = try connection.prepare(
      "INSERT INTO events (time, kind, topic, body) VALUES (?1, ?2, ?3, ?4)")
    readOldest = try connection.prepare(
      """
      SELECT sequence, time, length(CAST(topic AS BLOB)) + length(body) FROM events
      ORDER BY sequence
      """)
    deleteThrough = try connection.prepare("DELETE FROM events WHERE sequence <= ?1")
  }

  /// Adds a row and returns its sequence, which is never used again.
  func insert(_ item: EventItem, at time: Int64) throws(StoreError) -> Int64 {
    try insertRow.bind(time, at: 1)
    try insertRow.bind(Int64(item.kind), at: 2)
    try insertRow.bind(item.topic, at: 3)
    try insertRow.run(blob: item.body, at: 4)
    return connection.lastInsertedRow
  }

  /// Shows the rows from the oldest on until `visit` returns false.
  func readOldest(_ visit: (EventSummary) -> Bool) throws(StoreError) {
    defer { readOldest.reset() }
    while try readOldest.step() {
      let summary = EventSummary(
        sequence: readOldest.integer(at: 0), time: readOldest.integer(at: 1),
        countedBytes: Int(readOldest.integer(at: 2)) + Self.rowOverheadBytes)
      guard visit(summary) else { return }
    }
  }

  /// Removes every row up to and including `sequence`.
  func delete(through sequence: Int64) throws(StoreError) {
    try deleteThrough.bind(sequence, at: 1)
    try deleteThrough.run()
  }

  /// Where the log on disk begins and ends; `lastTime` outlives the event that had it.
  func bounds(lastTime: Int64) throws(StoreError) -> EventBounds {
    let first = try connection.integer("SELECT sequence FROM events ORDER BY sequence LIMIT 1")
    let newest = try connection.integer(
      "SELECT sequence FROM events ORDER BY sequence DESC LIMIT 1")
    let used = try connection.integer("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
    let last = max(newest ?? 0, used ?? 0)
    return EventBounds(first: first ?? last + 1, last: last, lastTime: lastTime)
  }
}

/// What pruning needs to know of a row.
struct EventSummary: Equatable {
  var sequence: Int64
  var time: Int64
  var countedBytes: Int
}
