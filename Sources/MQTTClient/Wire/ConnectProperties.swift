extension Connect.Properties {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init()
    var block = try reader.beginProperties()
    while let id = try reader.nextProperty(&block) {
      switch id {
      case .sessionExpiryInterval: sessionExpiryInterval = try reader.uint32()
      case .receiveMaximum: receiveMaximum = try reader.nonZeroUInt16(id)
      case .maximumPacketSize: maximumPacketSize = try reader.nonZeroUInt32(id)
      case .topicAliasMaximum: topicAliasMaximum = try reader.uint16()
      case .requestResponseInformation: requestResponseInformation = try reader.flag(id)
      case .requestProblemInformation: requestProblemInformation = try reader.flag(id)
      case .userProperty: userProperties.append(try reader.userProperty())
      case .authenticationMethod: authenticationMethod = try reader.string()
      case .authenticationData: authenticationData = try reader.binary()
      default: throw reader.malformed(.propertyNotAllowed(id))
      }
    }
    // [MQTT 5.0, 3.1.2.11.10]
    guard authenticationMethod != nil || authenticationData == nil else {
      throw reader.violation(.authenticationMethodMissing)
    }
  }
}

extension Connect.Properties: PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError) {
    guard authenticationMethod != nil || authenticationData == nil else {
      throw .authenticationMethodMissing
    }
    sink.property(.sessionExpiryInterval, uint32: sessionExpiryInterval)
    try sink.property(.receiveMaximum, nonZero: receiveMaximum)
    try sink.property(.maximumPacketSize, nonZero: maximumPacketSize)
    sink.property(.topicAliasMaximum, uint16: topicAliasMaximum)
    sink.property(.requestResponseInformation, flag: requestResponseInformation)
    sink.property(.requestProblemInformation, flag: requestProblemInformation)
    try sink.userProperties(userProperties)
    try sink.property(.authenticationMethod, string: authenticationMethod)
    try sink.property(.authenticationData, binary: authenticationData)
  }
}

/// The properties of a will: those of a message and one more. [MQTT 5.0, 3.1.3.2]
struct WillProperties: Equatable {
  var delayInterval: UInt32?
  var message = Publish.Properties()
}

extension WillProperties {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init()
    var block = try reader.beginProperties()
    while let id = try reader.nextProperty(&block) {
      switch id {
      case .willDelayInterval: delayInterval = try reader.uint32()
      case .topicAlias, .subscriptionIdentifier:
        throw reader.malformed(.propertyNotAllowed(id))
      default: try message.read(id, &reader)
      }
    }
  }
}

extension WillProperties: PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError) {
    guard message.topicAlias == nil else { throw .propertyNotAllowed(.topicAlias) }
    guard message.subscriptionIdentifiers.isEmpty else {
      throw .propertyNotAllowed(.subscriptionIdentifier)
    }
    sink.property(.willDelayInterval, uint32: delayInterval)
    try message.write(into: &sink)
  }
}
