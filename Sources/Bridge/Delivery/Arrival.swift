import MQTTClient

/// How a message comes from the broker: all that routing it needs, taken down before it is logged.
struct Arrival: Equatable, Sendable {
  /// The slots of the filters that the copy came through.
  var slots: [Int] = []
  /// Which SUBSCRIBEs asked for a retained message.
  var identifiers: [SubscriptionIdentifier] = []
  var origin = Origin()
  /// The slots of all filters that match the topic, and of which version of the index that is.
  var matching: [Int] = []
  var indexVersion = 0
}
