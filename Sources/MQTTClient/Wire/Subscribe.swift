/// A request for messages. [MQTT 5.0, 3.8]
public struct Subscribe: Equatable, Sendable {
  public var packetID: PacketID
  /// Never empty on the wire.
  public var subscriptions: [Subscription]
  /// 1 to 268,435,455.
  public var subscriptionIdentifier: UInt32?
  public var userProperties: [UserProperty]

  public init(
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
public struct Subscription: Equatable, Hashable, Sendable {
  /// When the broker sends retained messages for a SUBSCRIBE.
  public enum RetainHandling: UInt8, Sendable {
    case send = 0
    case sendIfNew = 1
    case ignore = 2
  }

  public var filter: String
  public var maximumQoS: QoS
  public var noLocal: Bool
  public var retainAsPublished: Bool
  public var retainHandling: RetainHandling

  public init(
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
public struct SubscribeAck: Equatable, Sendable {
  public var packetID: PacketID
  public var reasonCodes: [ReasonCode]
  public var reasonString: String?
  public var userProperties: [UserProperty]

  public init(
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
public struct Unsubscribe: Equatable, Sendable {
  public var packetID: PacketID
  public var filters: [String]
  public var userProperties: [UserProperty]

  public init(packetID: PacketID, filters: [String], userProperties: [UserProperty] = []) {
    self.packetID = packetID
    self.filters = filters
    self.userProperties = userProperties
  }
}

/// The broker's answer to UNSUBSCRIBE; MQTT 3.1.1 sends no reason codes. [MQTT 5.0, 3.11]
public struct UnsubscribeAck: Equatable, Sendable {
  public var packetID: PacketID
  public var reasonCodes: [ReasonCode]
  public var reasonString: String?
  public var userProperties: [UserProperty]

  public init(
    packetID: PacketID, reasonCodes: [ReasonCode] = [], reasonString: String? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.packetID = packetID
    self.reasonCodes = reasonCodes
    self.reasonString = reasonString
    self.userProperties = userProperties
  }
}
