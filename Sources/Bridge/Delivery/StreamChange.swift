import Access
import HTTPFront
import MQTTClient

/// What an open socket wants to follow from now on.
struct StreamChange: Equatable, Sendable {
  let stream: StreamID
  /// Filters that it does not have, each with the QoS that it asks for.
  var added: [TopicFilter] = []
  var qosOfFilter: [TopicFilter: QoS] = [:]
  var removed: [TopicFilter] = []
  /// The named subscription that it consumes from now on.
  var consumed: Consumption?
  var wantsRetained = false
  /// Where it begins with the new filters.
  var start = StreamStart.live

  // How it is with all its filters.
  var representation: Representation
  var policy: OverflowPolicy
  var rateMaximum: Int?
  var `guard`: DeliveryGuard?
  /// Who asked, and is answered when the broker has; nil for nobody.
  var reply: SocketReply?
  /// The client is told nothing.
  var isSilent = false
}

/// An open socket has what it asked for.
struct StreamChanged: Equatable, Sendable {
  /// With all its filters.
  let request: StreamRequest
  /// The new ones that the broker granted, and those that it did not.
  let added: [TopicFilter]
  let refused: [TopicFilter]
  let start: StreamStart
  /// Nil while it is not live.
  let group: GroupID?
  /// What the broker said to the new ones.
  let opening: StreamOpening
}
