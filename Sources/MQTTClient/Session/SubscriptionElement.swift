/// One topic filter on its way into a SUBSCRIBE or UNSUBSCRIBE packet.
struct SubscriptionElement {
  enum Operation: Equatable { case subscribe, unsubscribe }

  /// Whose answer this is part of.
  enum Owner: Equatable {
    /// The place among the reason codes of the request with this key.
    case request(key: UInt64, index: Int)
    /// The session itself restores the subscription.
    case restoration
  }

  let operation: Operation
  let subscription: Subscription
  let extras: Extras
  let owner: Owner

  /// What a whole packet has, so that filters share one only if these are equal.
  struct Extras: Hashable {
    static let none = Extras(subscriptionIdentifier: nil, userProperties: [])

    var subscriptionIdentifier: UInt32?
    let userProperties: [UserProperty]

    /// What the user properties add to a packet.
    var bytes: Int {
      userProperties.reduce(0) { $0 + 5 + $1.name.utf8.count + $1.value.utf8.count }
    }
  }

  /// What the filter adds to a packet.
  var bytes: Int {
    2 + subscription.filter.utf8.count + (operation == .subscribe ? 1 : 0)
  }

  /// Why the broker cannot serve this filter, by what it said in CONNACK.
  func refusal(_ limits: BrokerLimits, version: ProtocolVersion) -> ReasonCode? {
    let filter = subscription.filter
    guard (1...65_535).contains(filter.utf8.count), !filter.utf8.contains(0) else {
      return .topicFilterInvalid
    }
    if SubscriptionPacket.overhead + extras.bytes + bytes > limits.maximumPacketSize {
      return .packetTooLarge
    }
    guard operation == .subscribe, version == .v5 else { return nil }
    if !limits.sharedSubscriptionsAvailable, filter.hasPrefix("$share/") {
      return .sharedSubscriptionsNotSupported
    }
    let isWildcard = filter.utf8.contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }
    if !limits.wildcardSubscriptionsAvailable, isWildcard {
      return .wildcardSubscriptionsNotSupported
    }
    return nil
  }
}

/// One SUBSCRIBE or UNSUBSCRIBE that waits for its answer.
struct SubscriptionPacket {
  /// Upper bound of all bytes but the filters: fixed header, packet identifier, properties.
  static let overhead = 1 + 4 + 2 + 4 + 5

  let packetID: PacketID
  let elements: [SubscriptionElement]
  let sentAt: Duration
  /// One code per element, once the broker has answered.
  var codes: [ReasonCode]?
  var reasonString: String?
}
