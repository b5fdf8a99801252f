extension ConnectAck {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    let start = reader.offset
    let flags = try reader.byte()
    // [MQTT-3.2.2-1]
    guard flags <= 1 else { throw .malformed(.flagsReserved, at: start) }
    // A broker that knows only MQTT 3.1.1 refuses an MQTT 5 client in its own format: return code
    // 1 and no properties. Reading it lets the client say so, or try again with 3.1.1.
    let isLegacy = reader.version == .v311 || (reader.remaining == 1 && reader.packet.last == 1)
    let code = isLegacy ? try reader.returnCode() : try reader.reasonCode(in: .connectAck)
    // [MQTT-3.2.2-6]
    guard flags == 0 || code == .success else {
      throw .protocolError(.sessionPresentWithFailure, at: start)
    }
    self.init(
      sessionPresent: flags == 1, reasonCode: code,
      properties: isLegacy ? Properties() : try Properties(&reader))
  }
}

extension PacketReader {
  /// The second byte of a 3.1.1 CONNACK. [MQTT 3.1.1, 3.2.2.3]
  fileprivate mutating func returnCode() throws(DecodeError) -> ReasonCode {
    let value = try byte()
    guard let code = ReasonCode(connectReturnCode: value) else {
      throw .malformed(.reasonCodeNotAllowed(ReasonCode(rawValue: value)), at: offset - 1)
    }
    return code
  }
}

extension ConnectAck: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    guard !sessionPresent || reasonCode == .success else { throw .sessionPresentWithFailure }
    sink.byte(sessionPresent ? 1 : 0)
    switch version {
    case .v311:
      guard let code = reasonCode.connectReturnCode else {
        throw .reasonCodeNotAllowed(reasonCode)
      }
      guard properties == Properties() else { throw .requiresVersion5 }
      sink.byte(code)
    case .v5:
      guard reasonCode.isAllowed(in: .connectAck) else { throw .reasonCodeNotAllowed(reasonCode) }
      sink.byte(reasonCode.rawValue)
      try sink.properties(properties)
    }
  }
}

extension ConnectAck.Properties {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init()
    var block = try reader.beginProperties()
    while let id = try reader.nextProperty(&block) {
      switch id {
      case .sessionExpiryInterval: sessionExpiryInterval = try reader.uint32()
      case .receiveMaximum: receiveMaximum = try reader.nonZeroUInt16(id)
      case .maximumQoS: maximumQoS = try reader.flag(id) ? .atLeastOnce : .atMostOnce
      case .retainAvailable: retainAvailable = try reader.flag(id)
      case .maximumPacketSize: maximumPacketSize = try reader.nonZeroUInt32(id)
      case .assignedClientIdentifier: assignedClientIdentifier = try reader.string()
      case .topicAliasMaximum: topicAliasMaximum = try reader.uint16()
      case .reasonString: reasonString = try reader.string()
      case .userProperty: userProperties.append(try reader.userProperty())
      case .wildcardSubscriptionAvailable: wildcardSubscriptionAvailable = try reader.flag(id)
      case .subscriptionIdentifiersAvailable: subscriptionIdentifiersAvailable = try reader.flag(id)
      case .sharedSubscriptionAvailable: sharedSubscriptionAvailable = try reader.flag(id)
      case .serverKeepAlive: serverKeepAlive = try reader.uint16()
      case .responseInformation: responseInformation = try reader.string()
      case .serverReference: serverReference = try reader.string()
      case .authenticationMethod: authenticationMethod = try reader.string()
      case .authenticationData: authenticationData = try reader.binary()
      default: throw reader.malformed(.propertyNotAllowed(id))
      }
    }
  }
}

extension ConnectAck.Properties: PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError) {
    // Absent means QoS 2. [MQTT 5.0, 3.2.2.3.4]
    guard maximumQoS != .exactlyOnce else { throw .propertyValueNotAllowed(.maximumQoS) }
    sink.property(.sessionExpiryInterval, uint32: sessionExpiryInterval)
    try sink.property(.receiveMaximum, nonZero: receiveMaximum)
    sink.property(.maximumQoS, flag: maximumQoS.map { $0 == .atLeastOnce })
    sink.property(.retainAvailable, flag: retainAvailable)
    try sink.property(.maximumPacketSize, nonZero: maximumPacketSize)
    try sink.property(.assignedClientIdentifier, string: assignedClientIdentifier)
    sink.property(.topicAliasMaximum, uint16: topicAliasMaximum)
    try sink.property(.reasonString, string: reasonString)
    try sink.userProperties(userProperties)
    sink.property(.wildcardSubscriptionAvailable, flag: wildcardSubscriptionAvailable)
    sink.property(.subscriptionIdentifiersAvailable, flag: subscriptionIdentifiersAvailable)
    sink.property(.sharedSubscriptionAvailable, flag: sharedSubscriptionAvailable)
    sink.property(.serverKeepAlive, uint16: serverKeepAlive)
    try sink.property(.responseInformation, string: responseInformation)
    try sink.property(.serverReference, string: serverReference)
    try sink.property(.authenticationMethod, string: authenticationMethod)
    try sink.property(.authenticationData, binary: authenticationData)
  }
}
