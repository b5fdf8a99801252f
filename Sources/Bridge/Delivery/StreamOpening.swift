import MQTTClient

/// What the broker said to the filters of one stream: a part of `bridge.open`.
struct StreamOpening: Equatable, Sendable {
  struct Filter: Equatable, Sendable {
    let filter: String
    let reasonCode: ReasonCode
  }

  let filters: [Filter]
  /// How the stream is told.
  var form = Representation.Form.events
  /// What the stream missed is not for its caller.
  var forbidsHistory = false
  /// It is of a named subscription, which brings what is in the log, whatever the broker says.
  var isConsumed = false
  /// What the socket is answered that asked for the filters.
  var reply: SocketReply?
}
