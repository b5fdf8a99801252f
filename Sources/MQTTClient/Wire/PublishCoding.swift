extension Publish {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    let isDuplicate = reader.flags & 0b1000 != 0
    // [MQTT-3.3.1-4]
    guard let qos = QoS(rawValue: reader.flags >> 1 & 0b11) else {
      throw .malformed(.qosReserved, at: 0)
    }
    // [MQTT-3.3.1-2]
    guard qos != .atMostOnce || !isDuplicate else { throw .malformed(.duplicateAtQoS0, at: 0) }
    let topicOffset = reader.offset
    let topic = try reader.topicName()
    let packetID = qos == .atMostOnce ? nil : try reader.packetID()
    let properties = reader.version == .v5 ? try Properties(&reader) : Properties()
    if topic.isEmpty, properties.topicAlias == nil {
      throw .protocolError(.topicMissing, at: topicOffset)
    }
    self.init(
      topic: topic, payload: reader.rest(), qos: qos, isRetained: reader.flags & 1 != 0,
      isDuplicate: isDuplicate, packetID: packetID, properties: properties)
  }

  /// The lower half of the first byte. [MQTT 5.0, 3.3.1]
  var flags: UInt8 {
    (isDuplicate ? 0b1000 : 0) | qos.rawValue << 1 | (isRetained ? 1 : 0)
  }
}

/// Everything but the payload.
extension Publish: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    if topic.isEmpty {
      guard version == .v5, properties.topicAlias != nil else { throw .topicMissing }
    } else {
      guard topic.utf8.count <= UInt16.max else { throw .stringTooLong }
      guard TopicName.isValid(topic) else { throw .topicNameInvalid }
    }
    try sink.string(topic)
    switch (qos, packetID) {
    case (.atMostOnce, nil): guard !isDuplicate else { throw .duplicateAtQoS0 }
    case (.atMostOnce, _): throw .packetIDSuperfluous
    case (_, let id?): try sink.packetID(id)
    case (_, nil): throw .packetIDMissing
    }
    switch version {
    case .v5: try sink.properties(properties)
    case .v311: guard properties.isEmpty else { throw .requiresVersion5 }
    }
  }
}

extension Publish.Properties {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init()
    var block = try reader.beginProperties()
    // One for each subscription that the message matched. [MQTT 5.0, 3.3.2.3.8]
    block.allowRepeating(.subscriptionIdentifier)
    while let id = try reader.nextProperty(&block) {
      switch id {
      case .topicAlias:
        topicAlias = try reader.uint16()
        guard topicAlias != 0 else { throw .protocolError(.topicAliasZero, at: reader.offset - 2) }
      case .subscriptionIdentifier:
        // Clients never send it. [MQTT-3.3.4-6]
        guard reader.role == .client else { throw reader.malformed(.propertyNotAllowed(id)) }
        subscriptionIdentifiers.append(try reader.subscriptionIdentifier())
      default: try read(id, &reader)
      }
    }
  }

  /// Reads a property that messages and wills have in common.
  mutating func read(
    _ id: PropertyIdentifier, _ reader: inout PacketReader
  ) throws(DecodeError) {
    switch id {
    case .payloadFormatIndicator: payloadIsUTF8 = try reader.flag(id)
    case .messageExpiryInterval: messageExpiryInterval = try reader.uint32()
    case .contentType: contentType = try reader.string()
    case .responseTopic: responseTopic = try reader.responseTopic()
    case .correlationData: correlationData = try reader.binary()
    case .userProperty: userProperties.append(try reader.userProperty())
    default: throw reader.malformed(.propertyNotAllowed(id))
    }
  }
}

extension Publish.Properties: PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError) {
    if isEmpty { return }
    if let responseTopic, !TopicName.isValid(responseTopic) {
      throw .propertyValueNotAllowed(.responseTopic)
    }
    sink.property(.payloadFormatIndicator, flag: payloadIsUTF8)
    sink.property(.messageExpiryInterval, uint32: messageExpiryInterval)
    // [MQTT-3.3.2-8]
    try sink.property(.topicAlias, nonZero: topicAlias)
    try sink.property(.responseTopic, string: responseTopic)
    try sink.property(.correlationData, binary: correlationData)
    try sink.userProperties(userProperties)
    for identifier in subscriptionIdentifiers { try sink.subscriptionIdentifier(identifier) }
    try sink.property(.contentType, string: contentType)
  }
}
