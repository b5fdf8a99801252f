/// An application message on its way, in either direction. [MQTT 5.0, 3.3]
package struct Publish: Equatable, Sendable {
  /// Empty only when a topic alias stands for it.
  package var topic: String
  package var payload: Bytes
  package var qos: QoS
  package var isRetained: Bool
  package var isDuplicate: Bool
  /// Present exactly when the QoS is 1 or 2.
  package var packetID: PacketID?
  package var properties: Properties

  package init(
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
  package struct Properties: Equatable, Sendable {
    package var payloadIsUTF8: Bool?
    /// In seconds.
    package var messageExpiryInterval: UInt32?
    package var topicAlias: UInt16?
    package var responseTopic: String?
    package var correlationData: Bytes?
    package var userProperties: [UserProperty] = []
    /// Only in messages from the broker: the subscriptions that the message matched.
    package var subscriptionIdentifiers: [UInt32] = []
    package var contentType: String?

    package init() {}
  }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP. [MQTT 5.0, 3.4 to 3.7]
package struct PublishReply: Equatable, Sendable {
  package var packetID: PacketID
  package var reasonCode: ReasonCode
  package var reasonString: String?
  package var userProperties: [UserProperty]

  package init(
    _ packetID: PacketID, _ reasonCode: ReasonCode = .success, reasonString: String? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.packetID = packetID
    self.reasonCode = reasonCode
    self.reasonString = reasonString
    self.userProperties = userProperties
  }
}
