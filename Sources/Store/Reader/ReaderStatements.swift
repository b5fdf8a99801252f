/// The connection of the event reader, which cannot write, and its prepared statements.
final class ReaderStatements {
  let ascending: Statement
  let descending: Statement
  let lastValue: Statement
  /// The last values from a topic on (?2 is 0) or behind it (?2 is 1).
  let lastValues: Statement

  private let connection: Connection
  private let nextRow: Statement
  private let newestRow: Statement
  private let begin: Statement
  private let commit: Statement

  init(path: String) throws(StoreError) {
    connection = try Connection(path: path, isReadOnly: true)
    try connection.execute("PRAGMA busy_timeout = 1000; PRAGMA cache_size = -8192")
    ascending = try connection.prepare(
      """
      SELECT sequence, time, kind, topic, body FROM events
      WHERE sequence > ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?3
      """)
    descending = try connection.prepare(
      """
      SELECT sequence, time, kind, topic, body FROM events
      WHERE sequence <= ?1 ORDER BY sequence DESC LIMIT ?2
      """)
    lastValue = try connection.prepare(
      "SELECT topic, time, body FROM last_values WHERE topic = ?1")
    lastValues = try connection.prepare(
      """
      SELECT topic, time, body FROM last_values
      WHERE topic >= ?1 AND (?2 = 0 OR topic <> ?1) ORDER BY topic
      """)
    nextRow = try connection.prepare(
      "SELECT sequence, time FROM events WHERE sequence >= ?1 ORDER BY sequence LIMIT 1")
    newestRow = try connection.prepare(
      "SELECT sequence FROM events ORDER BY sequence DESC LIMIT 1")
    begin = try connection.prepare("BEGIN")
    commit = try connection.prepare("COMMIT")
  }

  func prepare(_ sql: String) throws(StoreError) -> Statement { try connection.prepare(sql) }

  /// The first event from `sequence` on.
  func next(from sequence: Int64) throws(StoreError) -> LoggedEvent? {
    defer { nextRow.reset() }
    try nextRow.bind(sequence, at: 1)
    guard try nextRow.step() else { return nil }
    return LoggedEvent(sequence: nextRow.integer(at: 0), time: nextRow.integer(at: 1))
  }

  func newest() throws(StoreError) -> Int64? {
    defer { newestRow.reset() }
    return try newestRow.step() ? newestRow.integer(at: 0) : nil
  }

  /// Runs `body` on one state of the database, whatever is written meanwhile.
  func inOneView<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
    try begin.run()
    defer { try? commit.run() }
    return try body()
  }
}
