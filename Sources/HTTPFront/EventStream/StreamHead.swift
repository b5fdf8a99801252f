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
  package var whenBehind = WhenBehind.gap
  /// Whether the heartbeat of `StreamCommand.position` may stand in for `heartbeat`.
  package var heartbeatTellsPosition = false
  /// Of which kind that one must be.
  package var heartbeatKind = 0

  package init(
    headers: HeaderFields, opening: Frame? = nil, heartbeat: Frame,
    heartbeatInterval: Duration = .seconds(15), writeStallLimit: Duration = .seconds(60),
    whenBehind: WhenBehind = .gap, heartbeatTellsPosition: Bool = false
  ) {
    self.headers = headers
    self.opening = opening
    self.heartbeat = heartbeat
    self.heartbeatInterval = heartbeatInterval
    self.writeStallLimit = writeStallLimit
    self.whenBehind = whenBehind
    self.heartbeatTellsPosition = heartbeatTellsPosition
  }
}

/// What becomes of a stream that is so far behind that frames before it are gone.
package enum WhenBehind: Sendable {
  /// It gets `HTTPApplication.gapFrame` in their place, and goes on.
  case gap
  /// It leaves its group and stays open; `HTTPApplication.streamLagged` tells the application.
  case leave
  /// It ends, with this frame as its last.
  case end(Frame?)
}
