/// A request for messages. [MQTT 5.0, 3.8]
package struct Subscribe: Equatable, Sendable {
  package var packetID: PacketID
  /// Never empty on the wire.
  package var subscriptions: [Subscription]
  /// 1 to 268,435,455.
  package var subscriptionIdentifier: UInt32?
  package var userProperties: [UserProperty]

  package init(
    packetID: PacketID, subscriptions: [Subscription], subscriptionIdentifier: UInt32? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.packetID = packetID
    self.subscriptions = subscriptions
    self.subscriptionIdentifier = subscriptionIdentifier
    self.userProperties = userProperties
  }
}

/// One topic filter with its options. [MQTT 5.0, 3.8.3.1]
package struct Subscription: Equatable, Hashable, Sendable {
  /// When the broker sends retained messages for a SUBSCRIBE.
  package enum RetainHandling: UInt8, Sendable {
    case send = 0
    case sendIfNew = 1
    case ignore = 2
  }

  package var filter: String
  package var maximumQoS: QoS
  package var noLocal: Bool
  package var retainAsPublished: Bool
  package var retainHandling: RetainHandling

  package init(
    _ filter: String, maximumQoS: QoS = .exactlyOnce, noLocal: Bool = false,
    retainAsPublished: Bool = false, retainHandling: RetainHandling = .send
  ) {
    self.filter = filter
    self.maximumQoS = maximumQoS
    self.noLocal = noLocal
    self.retainAsPublished = retainAsPublished
    self.retainHandling = retainHandling
  }
}

/// The broker's answer to SUBSCRIBE, one reason code per filter in order. [MQTT 5.0, 3.9]
package struct SubscribeAck: Equatable, Sendable {
  package var packetID: PacketID
  package var reasonCodes: [ReasonCode]
  package var reasonString: String?
  package var userProperties: [UserProperty]

  package init(
    packetID: PacketID, reasonCodes: [ReasonCode], reasonString: String? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.packetID = packetID
    self.reasonCodes = reasonCodes
    self.reasonString = reasonString
    self.userProperties = userProperties
  }
}

/// The end of subscriptions. [MQTT 5.0, 3.10]
package struct Unsubscribe: Equatable, Sendable {
  package var packetID: PacketID
  package var filters: [String]
  package var userProperties: [UserProperty]

  package init(packetID: PacketID, filters: [String], userProperties: [UserProperty] = []) {
    self.packetID = packetID
    self.filters = filters
    self.userProperties = userProperties
  }
}

/// The broker's answer to UNSUBSCRIBE; MQTT 3.1.1 sends no reason codes. [MQTT 5.0, 3.11]
package struct UnsubscribeAck: Equatable, Sendable {
  package var packetID: PacketID
  package var reasonCodes: [ReasonCode]
  package var reasonString: String?
  package var userProperties: [UserProperty]

  package init(
    packetID: PacketID, reasonCodes: [ReasonCode] = [], reasonString: String? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.packetID = packetID
    self.reasonCodes = reasonCodes
    self.reasonString = reasonString
    self.userProperties = userProperties
  }
}
