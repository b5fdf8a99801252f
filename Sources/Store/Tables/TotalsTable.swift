/// How much the other tables hold, so that nobody has to count it.
struct Totals: Equatable {
  var messages = 0
  var bytes = 0
  var outcomes = 0
  var events = 0
  /// The sum of `EventItem.countedBytes`.
  var eventBytes = 0
  /// The time of the newest event, which outlives the event; a sum has the later one.
  var lastEventTime = 0
  var lastValues = 0
  var lastValueBytes = 0

  static func + (left: Self, right: Self) -> Self {
    Self(
      messages: left.messages + right.messages, bytes: left.bytes + right.bytes,
      outcomes: left.outcomes + right.outcomes, events: left.events + right.events,
      eventBytes: left.eventBytes + right.eventBytes,
      lastEventTime: max(left.lastEventTime, right.lastEventTime),
      lastValues: left.lastValues + right.lastValues,
      lastValueBytes: left.lastValueBytes + right.lastValueBytes)
  }
}

/// The one row that keeps `Totals` in step with the tables, in the same transactions.
struct TotalsTable {
  private static var columns: [(name: String, field: WritableKeyPath<Totals, Int>)] {
    [
      ("messages", \.messages), ("bytes", \.bytes), ("outcomes", \.outcomes), ("events", \.events),
      ("event_bytes", \.eventBytes), ("last_event_time", \.lastEventTime),
      ("last_values", \.lastValues), ("last_value_bytes", \.lastValueBytes),
    ]
  }

  private let update: Statement
  private let select: Statement

  init(_ connection: Connection) throws(StoreError) {
    let names = Self.columns.map(\.name)
    let changes = names.enumerated().map { "\($0.element) = ?\($0.offset + 1)" }
    update = try connection.prepare("UPDATE totals SET \(changes.joined(separator: ", "))")
    select = try connection.prepare("SELECT \(names.joined(separator: ", ")) FROM totals")
  }

  func read() throws(StoreError) -> Totals {
    defer { select.reset() }
    guard try select.step() else { throw .corrupt }
    // Far below the largest integer, so that no later sum can overflow.
    let plausible = 0...(Int64(1) << 60)
    var totals = Totals()
    for (index, column) in Self.columns.enumerated() {
      let value = select.integer(at: Int32(index))
      guard plausible.contains(value) else { throw .corrupt }
      totals[keyPath: column.field] = Int(value)
    }
    return totals
  }

  func write(_ totals: Totals) throws(StoreError) {
    for (index, column) in Self.columns.enumerated() {
      try update.bind(Int64(totals[keyPath: column.field]), at: Int32(index + 1))
    }
    try update.run()
  }
}
