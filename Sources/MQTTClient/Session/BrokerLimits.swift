/// What the broker allows on the present connection.
package struct BrokerLimits: Equatable, Sendable {
  package var maximumQoS = QoS.exactlyOnce
  package var retainAvailable = true
  /// In bytes, the whole packet; the protocol's own limit if the broker names none.
  package var maximumPacketSize = Self.largestPacket
  package var receiveMaximum = 65_535
  package var topicAliasMaximum: UInt16 = 0
  package var wildcardSubscriptionsAvailable = true
  package var sharedSubscriptionsAvailable = true
  package var subscriptionIdentifiersAvailable = true
  /// In seconds; zero is off.
  package var keepAlive: UInt16 = 0
  package var sessionPresent = false
  /// In seconds, how long the broker keeps the session after the connection.
  package var sessionExpiryInterval: UInt32 = 0
  package var responseInformation: String?
  package var serverReference: String?

  /// The longest packet that MQTT can express: one type byte, four length bytes, and the rest.
  package static let largestPacket = 268_435_460

  package init() {}

  /// The limits that an accepting CONNACK sets; absent properties mean the protocol's defaults.
  init(_ ack: ConnectAck, options: SessionOptions) {
    let properties = ack.properties
    maximumQoS = properties.maximumQoS ?? .exactlyOnce
    retainAvailable = properties.retainAvailable ?? true
    maximumPacketSize = properties.maximumPacketSize.map(Int.init) ?? Self.largestPacket
    receiveMaximum = Int(properties.receiveMaximum ?? .max)
    topicAliasMaximum = properties.topicAliasMaximum ?? 0
    wildcardSubscriptionsAvailable = properties.wildcardSubscriptionAvailable ?? true
    sharedSubscriptionsAvailable = properties.sharedSubscriptionAvailable ?? true
    subscriptionIdentifiersAvailable =
      options.version == .v5 && properties.subscriptionIdentifiersAvailable ?? true
    keepAlive = properties.serverKeepAlive ?? options.keepAlive
    sessionPresent = ack.sessionPresent
    sessionExpiryInterval =
      options.version == .v5
      ? properties.sessionExpiryInterval ?? options.connect.sessionExpiryInterval ?? 0
      : options.cleanStart ? 0 : .max
    responseInformation = properties.responseInformation
    serverReference = properties.serverReference
  }
}

extension BrokerLimits {
  /// What keeps the broker from taking this message, if anything does.
  func obstacle(to publish: Publish, version: ProtocolVersion) -> PublishObstacle? {
    guard publish.isExpressible else { return .invalid }
    return obstacleToExpressible(publish, version: version)
  }

  /// The same for a message that `isExpressible`.
  func obstacleToExpressible(_ publish: Publish, version: ProtocolVersion) -> PublishObstacle? {
    if publish.qos > maximumQoS { return .maximumQoS(maximumQoS) }
    if publish.isRetained && !retainAvailable { return .retainUnavailable }
    let size = publish.expressibleSize(version)
    return size > maximumPacketSize ? .packetTooLarge(limit: maximumPacketSize) : nil
  }
}

extension Publish {
  /// The length of its packet, as `size` says, for one that `isExpressible`.
  fileprivate func expressibleSize(_ version: ProtocolVersion) -> Int {
    guard properties.isEmpty || version == .v311 else { return size(version) }
    let remainingLength =
      2 + topic.utf8.count + (qos == .atMostOnce ? 0 : 2) + (version == .v5 ? 1 : 0)
      + payload.count
    guard remainingLength <= VariableInteger.maximum else { return .max }
    return 1 + VariableInteger.length(of: remainingLength) + remainingLength
  }

  /// The length of its packet, with a packet identifier where one belongs; `Int.max` for a message
  /// that no packet can carry.
  func size(_ version: ProtocolVersion) -> Int {
    var packet = self
    packet.isDuplicate = false
    packet.packetID = qos == .atMostOnce ? nil : 1
    if version == .v311 { packet.properties = Properties() }
    return (try? PacketEncoder.encodedSize(of: .publish(packet), version: version)) ?? .max
  }
}
