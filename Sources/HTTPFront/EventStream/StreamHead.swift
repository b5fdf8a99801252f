/// How a stream begins, and how it is kept alive.
package struct StreamHead: Sendable {
  /// Headers of the 200 answer, such as `Content-Type`.
  package var headers: HeaderFields
  /// Written at once after the head, such as a first comment.
  package var opening: Frame?
  /// Written whenever nothing else was for `heartbeatInterval`.
  package var heartbeat: Frame
  package var heartbeatInterval: Duration
  /// A stream whose client takes no byte for this long, while some wait, is closed.
  package var writeStallLimit: Duration

  package init(
    headers: HeaderFields, opening: Frame? = nil, heartbeat: Frame,
    heartbeatInterval: Duration = .seconds(15), writeStallLimit: Duration = .seconds(60)
  ) {
    self.headers = headers
    self.opening = opening
    self.heartbeat = heartbeat
    self.heartbeatInterval = heartbeatInterval
    self.writeStallLimit = writeStallLimit
  }
}
