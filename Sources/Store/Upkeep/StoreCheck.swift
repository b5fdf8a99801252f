/// Compares what the tables hold with what the store says of them.
struct StoreCheck {
  /// A sum over a table, and the column of `totals` that must be equal to it.
  private static let sums: [(column: String, counted: String)] = [
    ("messages", "SELECT count(*) FROM outbox"),
    ("bytes", "SELECT ifnull(sum(length(body)), 0) FROM outbox"),
    ("outcomes", "SELECT count(*) FROM outcomes"),
    ("events", "SELECT count(*) FROM events"),
    (
      "event_bytes",
      """
      SELECT ifnull(sum(length(CAST(topic AS BLOB)) + length(body) + \(EventTable.rowOverheadBytes)), 0)
      FROM events
      """
    ),
    ("last_values", "SELECT count(*) FROM last_values"),
    (
      "last_value_bytes",
      """
      SELECT ifnull(
        sum(length(CAST(topic AS BLOB)) + length(body) + \(LastValueTable.rowOverheadBytes)), 0)
      FROM last_values
      """
    ),
  ]

  /// What must not be found, as the number of rows at fault.
  private static let faults: [(sentence: String, sql: String)] = [
    (
      "phases of messages that are not in the outbox",
      "SELECT count(*) FROM phases WHERE sequence NOT IN (SELECT sequence FROM outbox)"
    ),
    (
      "events that are older than the one before",
      """
      SELECT count(*) FROM (SELECT time < lag(time) OVER (ORDER BY sequence) AS fault FROM events)
      WHERE fault
      """
    ),
    (
      "events missing between the first and the last one",
      "SELECT ifnull(max(sequence) - min(sequence) + 1 - count(*), 0) FROM events"
    ),
    (
      "events that are newer than the newest time that was recorded",
      "SELECT count(*) FROM events WHERE time > (SELECT last_event_time FROM totals)"
    ),
    (
      "events with a sequence that would be given again",
      """
      SELECT count(*) FROM events
      WHERE sequence > (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'events')
      """
    ),
    (
      "cursors of subscriptions after the newest event",
      """
      SELECT count(*) FROM subscriptions
      WHERE cursor > (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'events')
      """
    ),
  ]

  private let connection: Connection

  init(_ connection: Connection) { self.connection = connection }

  /// Looks at one state of the database, whatever is written meanwhile.
  func run() throws(StoreError) -> StoreReport {
    var report = StoreReport()
    do throws(StoreError) {
      try Schema.verify(connection)
      report.schema = try connection.integer("PRAGMA user_version") ?? 0
      try connection.execute("BEGIN")
      defer { try? connection.execute("COMMIT") }
      try checkPages(&report)
      guard report.schema == Int64(Schema.migrations.count) else { return report }
      try checkSums(&report)
      try checkFaults(&report)
    } catch .corrupt {
      report.problems.append("the database is damaged")
    }
    return report
  }

  private func checkPages(_ report: inout StoreReport) throws(StoreError) {
    let rows = try connection.prepare("PRAGMA integrity_check(20)")
    defer { rows.reset() }
    while try rows.step() {
      let text = rows.text(at: 0)
      if text != "ok" { report.problems.append("SQLite: \(text)") }
    }
  }

  private func checkSums(_ report: inout StoreReport) throws(StoreError) {
    for sum in Self.sums {
      let counted = try connection.integer(sum.counted) ?? 0
      let kept = try connection.integer("SELECT \(sum.column) FROM totals") ?? 0
      report.counts.append(StoreReport.Count(name: sum.column, value: counted))
      if counted != kept {
        report.problems.append("totals say \(kept) for \(sum.column), the tables hold \(counted)")
      }
    }
    for table in ["receipts", "subscriptions", "names"] {
      let counted = try connection.integer("SELECT count(*) FROM \(table)") ?? 0
      report.counts.append(StoreReport.Count(name: table, value: counted))
    }
  }

  private func checkFaults(_ report: inout StoreReport) throws(StoreError) {
    for fault in Self.faults {
      let count = try connection.integer(fault.sql) ?? 0
      if count != 0 { report.problems.append("\(count) \(fault.sentence)") }
    }
  }
}
