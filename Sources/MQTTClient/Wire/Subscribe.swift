/// A request for messages. [MQTT 5.0, 3.8]
public struct Subscribe: Equatable, Sendable {
  /// What SUBACK names; never zero on the wire. [MQTT-2.2.1-3]
  public var packetID: PacketID
  /// The filters with their options; never empty on the wire. [MQTT-3.8.3-2]
  public var subscriptions: [Subscription]
  /// A number that comes with every message of these subscriptions.
  ///
  /// From 1 to 268,435,455; MQTT 5 only. [MQTT 5.0, 3.8.2.1.2]
  public var subscriptionIdentifier: UInt32?
  /// The application's own names and values, in order.
  public var userProperties: [UserProperty]

  /// Makes a SUBSCRIBE; every argument is the field of its name.
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
  /// When the broker sends retained messages for a SUBSCRIBE. [MQTT 5.0, 3.3.1.3]
  public enum RetainHandling: UInt8, Sendable {
    /// For every SUBSCRIBE. [MQTT-3.3.1-9]
    case send = 0
    /// Only for a subscription that did not exist yet. [MQTT-3.3.1-10]
    case sendIfNew = 1
    /// Never. [MQTT-3.3.1-11]
    case ignore = 2
  }

  /// Which topics: a topic filter, `$share/group/` in front if shared. [MQTT 5.0, 4.7, 4.8.2]
  public var filter: String
  /// The highest QoS at which the broker delivers.
  public var maximumQoS: QoS
  /// Whether the client's own publishes stay away; MQTT 5 only, and never if shared.
  ///
  /// [MQTT-3.8.3-3] [MQTT-3.8.3-4]
  public var noLocal: Bool
  /// Whether deliveries keep the retain flag they were published with; MQTT 5 only.
  ///
  /// [MQTT-3.3.1-12] [MQTT-3.3.1-13]
  public var retainAsPublished: Bool
  /// When the broker sends retained messages; MQTT 5 only.
  public var retainHandling: RetainHandling

  /// Makes a subscription; every argument is the field of its name.
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
  /// The packet identifier of the SUBSCRIBE. [MQTT-2.2.1-6]
  public var packetID: PacketID
  /// The granted QoS or the failure of each filter, in its order. [MQTT-3.9.3-1]
  public var reasonCodes: [ReasonCode]
  /// An explanation for people; programs must not read it.
  public var reasonString: String?
  /// The broker's own names and values, in order.
  public var userProperties: [UserProperty]

  /// Makes a SUBACK; every argument is the field of its name.
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
  /// What UNSUBACK names; never zero on the wire. [MQTT-2.2.1-3]
  public var packetID: PacketID
  /// The filters as they were subscribed, byte by byte; never empty. [MQTT-3.10.3-2]
  public var filters: [String]
  /// The application's own names and values, in order.
  public var userProperties: [UserProperty]

  /// Makes an UNSUBSCRIBE; every argument is the field of its name.
  public init(packetID: PacketID, filters: [String], userProperties: [UserProperty] = []) {
    self.packetID = packetID
    self.filters = filters
    self.userProperties = userProperties
  }
}

/// The broker's answer to UNSUBSCRIBE; MQTT 3.1.1 sends no reason codes. [MQTT 5.0, 3.11]
public struct UnsubscribeAck: Equatable, Sendable {
  /// The packet identifier of the UNSUBSCRIBE. [MQTT-2.2.1-6]
  public var packetID: PacketID
  /// What became of each filter, in its order; empty in 3.1.1. [MQTT-3.11.3-1]
  public var reasonCodes: [ReasonCode]
  /// An explanation for people; programs must not read it.
  public var reasonString: String?
  /// The broker's own names and values, in order.
  public var userProperties: [UserProperty]

  /// Makes an UNSUBACK; every argument is the field of its name.
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
