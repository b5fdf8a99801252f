import MQTTClient

/// A named subscription, as a socket is about to consume it.
struct Consumption: Equatable, Sendable {
  let name: String
  let filters: [TopicFilter]
  let maximumQoS: QoS
  /// Everything up to here is acknowledged.
  let cursor: Int64
  /// What the broker said to its filters.
  let opening: StreamOpening

  init(_ subscription: NamedSubscription) {
    name = subscription.name
    filters = subscription.terms.filters
    maximumQoS = subscription.terms.maximumQoS
    cursor = subscription.cursor
    var opening = subscription.currentOpening
    opening.isConsumed = true
    self.opening = opening
  }
}
