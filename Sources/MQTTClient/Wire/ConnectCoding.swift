/// The bits of CONNECT's flags. [MQTT 5.0, 3.1.2.3]
private enum ConnectFlag {
  static let reserved: UInt8 = 0x01
  static let cleanStart: UInt8 = 0x02
  static let will: UInt8 = 0x04
  static let willQoS: UInt8 = 0x18
  static let willRetain: UInt8 = 0x20
  static let password: UInt8 = 0x40
  static let username: UInt8 = 0x80
}

extension Connect {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    let (version, isBridge) = try Self.version(&reader)
    let flags = try Self.flags(&reader, version)
    let keepAlive = try reader.uint16()
    let properties = version == .v5 ? try Properties(&reader) : Properties()
    let clientID = try reader.string()
    let cleanStart = flags & ConnectFlag.cleanStart != 0
    // MQTT 3.1.1 can keep no session for a client without name. [MQTT 3.1.1, 3.1.3.1]
    guard version == .v5 || cleanStart || !clientID.isEmpty else {
      throw reader.violation(.clientIDMissing)
    }
    let will =
      flags & ConnectFlag.will == 0 ? nil : try Will(&reader, flags: flags, version: version)
    let username = flags & ConnectFlag.username == 0 ? nil : try reader.string()
    let password = flags & ConnectFlag.password == 0 ? nil : try reader.binary()
    self.init(
      version: version, clientID: clientID, cleanStart: cleanStart, keepAlive: keepAlive,
      username: username, password: password, will: will, isBridge: isBridge,
      properties: properties)
  }

  /// Another protocol name or level is for the server to refuse politely. [MQTT-3.1.2-1]
  /// [MQTT-3.1.2-2]
  private static func version(
    _ reader: inout PacketReader
  ) throws(DecodeError) -> (ProtocolVersion, isBridge: Bool) {
    let name = try reader.string()
    let level = try reader.byte()
    let isBridge = level == ProtocolVersion.v311.rawValue | bridgeLevel
    guard name.utf8.elementsEqual("MQTT".utf8),
      let version = isBridge ? .v311 : ProtocolVersion(rawValue: level)
    else { throw .unsupportedProtocol(level: level) }
    return (version, isBridge)
  }

  private static let bridgeLevel: UInt8 = 0x80

  private static func flags(
    _ reader: inout PacketReader, _ version: ProtocolVersion
  ) throws(DecodeError) -> UInt8 {
    let start = reader.offset
    let flags = try reader.byte()
    // [MQTT-3.1.2-3]
    guard flags & ConnectFlag.reserved == 0 else {
      throw .malformed(.connectFlagsReserved, at: start)
    }
    // [MQTT-3.1.2-11] [MQTT-3.1.2-13]
    if flags & ConnectFlag.will == 0, flags & (ConnectFlag.willQoS | ConnectFlag.willRetain) != 0 {
      throw .malformed(.willFlagsWithoutWill, at: start)
    }
    // [MQTT-3.1.2-12]
    guard flags & ConnectFlag.willQoS != ConnectFlag.willQoS else {
      throw .malformed(.qosReserved, at: start)
    }
    // Only MQTT 3.1.1 forbids this. [MQTT 3.1.1, MQTT-3.1.2-22]
    if version == .v311,
      flags & (ConnectFlag.password | ConnectFlag.username)
        == ConnectFlag.password
    {
      throw .malformed(.passwordWithoutUsername, at: start)
    }
    return flags
  }
}

extension Connect: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    guard version == self.version else { throw .versionMismatch }
    guard version == .v5 || username != nil || password == nil else {
      throw .passwordWithoutUsername
    }
    guard version == .v5 || cleanStart || !clientID.isEmpty else { throw .clientIDMissing }
    try sink.string("MQTT")
    guard !isBridge || version == .v311 else { throw .bridgeFlagInVersion5 }
    sink.byte(isBridge ? version.rawValue | Self.bridgeLevel : version.rawValue)
    sink.byte(flags)
    sink.uint16(keepAlive)
    switch version {
    case .v5: try sink.properties(properties)
    case .v311: guard properties == Properties() else { throw .requiresVersion5 }
    }
    try sink.string(clientID)
    if let will { try will.write(into: &sink, version) }
    if let username { try sink.string(username) }
    if let password { try sink.binary(password) }
  }

  private var flags: UInt8 {
    var flags = cleanStart ? ConnectFlag.cleanStart : 0
    if let will {
      flags |= ConnectFlag.will | will.qos.rawValue << 3
      flags |= will.isRetained ? ConnectFlag.willRetain : 0
    }
    flags |= password == nil ? 0 : ConnectFlag.password
    flags |= username == nil ? 0 : ConnectFlag.username
    return flags
  }
}

extension Will {
  fileprivate init(
    _ reader: inout PacketReader, flags: UInt8, version: ProtocolVersion
  ) throws(DecodeError) {
    guard let qos = QoS(rawValue: (flags & ConnectFlag.willQoS) >> 3) else {
      throw reader.malformed(.qosReserved)
    }
    let properties = version == .v5 ? try WillProperties(&reader) : WillProperties()
    let start = reader.offset
    let topic = try reader.string()
    guard TopicName.isValid(topic) else { throw .protocolError(.topicNameInvalid, at: start) }
    let payload = try reader.binary()
    self.init(
      topic: topic, payload: payload, qos: qos, isRetained: flags & ConnectFlag.willRetain != 0,
      delayInterval: properties.delayInterval, properties: properties.message)
  }

  fileprivate func write(
    into sink: inout some PacketSink, _ version: ProtocolVersion
  ) throws(EncodeError) {
    let list = WillProperties(delayInterval: delayInterval, message: properties)
    switch version {
    case .v5: try sink.properties(list)
    case .v311: guard list == WillProperties() else { throw .requiresVersion5 }
    }
    guard TopicName.isValid(topic) else { throw .topicNameInvalid }
    try sink.string(topic)
    try sink.binary(payload)
  }
}
