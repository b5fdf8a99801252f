/// The wish for one or more subscriptions.
package struct SubscribeRequest: Equatable, Sendable {
  /// The caller's name for the request, unique among all unanswered SUBSCRIBE and UNSUBSCRIBE wishes.
  package var key: UInt64
  /// An empty list is answered with an empty list.
  package var subscriptions: [Subscription]
  /// Left out when the broker has no subscription identifiers.
  package var subscriptionIdentifier: UInt32?
  /// MQTT 5 only; they go into the packet of these filters, also when it is repeated.
  package var userProperties: [UserProperty]

  package init(
    key: UInt64, subscriptions: [Subscription], subscriptionIdentifier: UInt32? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.userProperties = userProperties
    self.key = key
    self.subscriptions = subscriptions
    self.subscriptionIdentifier = subscriptionIdentifier
  }
}
