import MQTTClient

/// How a message came from the broker: all that routing it needs, taken down before it is logged.
struct Arrival: Equatable, Sendable {
  /// The slots of the filters that the copy came through.
  var slots: [Int] = []
  /// Which SUBSCRIBEs asked for a retained message.
  var identifiers: [SubscriptionIdentifier] = []
  var origin = Origin()

  /// Whether it says a second time what another copy says to everybody who may know of it.
  ///
  /// That is a copy of a SUBSCRIBE that the broker has not confirmed, beside one that it has.
  var isRedundant: Bool {
    guard !origin.isAnonymous, !origin.served.isEmpty else { return false }
    return !origin.through.contains { $0.isShared || origin.served.contains($0) }
  }
}
