/// How much the other tables hold, so that nobody has to count it.
struct Totals: Equatable {
  var messages = 0
  var bytes = 0
  var outcomes = 0

  static func + (left: Self, right: Self) -> Self {
    Self(
      messages: left.messages + right.messages, bytes: left.bytes + right.bytes,
      outcomes: left.outcomes + right.outcomes)
  }
}

/// The one row that keeps `Totals` in step with the tables, in the same transactions.
struct TotalsTable {
  private let update: Statement
  private let select: Statement

  init(_ connection: Connection) throws(StoreError) {
    update = try connection.prepare(
      "UPDATE totals SET messages = ?1, bytes = ?2, outcomes = ?3")
    select = try connection.prepare("SELECT messages, bytes, outcomes FROM totals")
  }

  func read() throws(StoreError) -> Totals {
    defer { select.reset() }
    guard try select.step() else { throw .corrupt }
    let totals = (select.integer(at: 0), select.integer(at: 1), select.integer(at: 2))
    // Far below the largest integer, so that no later sum can overflow.
    let plausible = 0...(Int64(1) << 60)
    guard
      plausible.contains(totals.0), plausible.contains(totals.1), plausible.contains(totals.2)
    else { throw .corrupt }
    return Totals(messages: Int(totals.0), bytes: Int(totals.1), outcomes: Int(totals.2))
  }

  func write(_ totals: Totals) throws(StoreError) {
    try update.bind(Int64(totals.messages), at: 1)
    try update.bind(Int64(totals.bytes), at: 2)
    try update.bind(Int64(totals.outcomes), at: 3)
    try update.run()
  }
}
