import HTTPFront

/// How far a webhook is, for whoever watches.
struct WebhookStatus: Equatable, Sendable {
  let name: String
  /// Events of the log, of any topics, that it is not past yet.
  var behind = 0
  /// Requests without an answer.
  var sending = 0
  /// Requests that wait for their next attempt.
  var waiting = 0
  /// Requests that were taken since the start.
  var delivered = 0
  /// Attempts that failed since the start.
  var failed = 0
  /// Requests that became dead letters since the start.
  var dead = 0
  /// Gaps in what it got since the start.
  var gaps = 0
  /// Why the last attempt failed; nil when it did not.
  var lastError: String?

  init(name: String) { self.name = name }

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .string(name)), .init("behind", .integer(behind)),
      .init("sending", .integer(sending)), .init("waiting", .integer(waiting)),
      .init("delivered", .integer(delivered)), .init("failed", .integer(failed)),
      .init("dead", .integer(dead)), .init("gaps", .integer(gaps)),
    ]
    if let lastError { members.append(.init("last_error", .string(lastError))) }
    return .object(members)
  }
}
