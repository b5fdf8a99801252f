/// Requests that wait for replies.
struct RequestConfiguration: Sendable {
  /// What reply topics begin with where the broker does not say; the client identifier follows.
  var replyPrefix = "bridge/replies"
  /// Requests that wait at a time; after that they are answered 429.
  var outstanding = 1000
}
