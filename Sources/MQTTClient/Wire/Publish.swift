/// An application message on its way, in either direction. [MQTT 5.0, 3.3]
public struct Publish: Equatable, Sendable {
  /// Empty only when a topic alias stands for it.
  public var topic: String
  public var payload: Bytes
  public var qos: QoS
  public var isRetained: Bool
  public var isDuplicate: Bool
  /// Present exactly when the QoS is 1 or 2.
  public var packetID: PacketID?
  public var properties: Properties

  public init(
    topic: String, payload: Bytes, qos: QoS = .atMostOnce, isRetained: Bool = false,
    isDuplicate: Bool = false, packetID: PacketID? = nil, properties: Properties = Properties()
  ) {
    self.topic = topic
    self.payload = payload
    self.qos = qos
    self.isRetained = isRetained
    self.isDuplicate = isDuplicate
    self.packetID = packetID
    self.properties = properties
  }

  /// What MQTT 5 adds to a message. [MQTT 5.0, 3.3.2.3]
  public struct Properties: Equatable, Sendable {
    public var payloadIsUTF8: Bool?
    /// In seconds.
    public var messageExpiryInterval: UInt32?
    public var topicAlias: UInt16?
    public var responseTopic: String?
    public var correlationData: Bytes?
    public var userProperties: [UserProperty] = []
    /// Only in messages from the broker: the subscriptions that the message matched.
    public var subscriptionIdentifiers: [UInt32] = []
    public var contentType: String?

    public init() {}
  }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP. [MQTT 5.0, 3.4 to 3.7]
public struct PublishReply: Equatable, Sendable {
  public var packetID: PacketID
  public var reasonCode: ReasonCode
  public var reasonString: String?
  public var userProperties: [UserProperty]

  public init(
    _ packetID: PacketID, _ reasonCode: ReasonCode = .success, reasonString: String? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.packetID = packetID
    self.reasonCode = reasonCode
    self.reasonString = reasonString
    self.userProperties = userProperties
  }
}
