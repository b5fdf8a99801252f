extension Disconnect {
  /// Normal disconnection without properties may be left out, and so may properties.
  /// [MQTT 5.0, 3.14.2.1]
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init()
    guard reader.version == .v5, reader.remaining > 0 else { return }
    reasonCode = try reader.reasonCode(in: .disconnect)
    guard reader.remaining > 0 else { return }
    var block = try reader.beginProperties()
    while let id = try reader.nextProperty(&block) {
      switch id {
      // Only clients may set it. [MQTT-3.14.2-2]
      case .sessionExpiryInterval where reader.role == .server:
        sessionExpiryInterval = try reader.uint32()
      case .reasonString: reasonString = try reader.string()
      case .userProperty: userProperties.append(try reader.userProperty())
      case .serverReference: serverReference = try reader.string()
      default: throw reader.malformed(.propertyNotAllowed(id))
      }
    }
  }

  private var hasProperties: Bool {
    sessionExpiryInterval != nil || reasonString != nil || !userProperties.isEmpty
      || serverReference != nil
  }
}

extension Disconnect: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    guard version == .v5 else {
      guard reasonCode == .success, !hasProperties else { throw .requiresVersion5 }
      return
    }
    guard reasonCode.isAllowed(in: .disconnect) else { throw .reasonCodeNotAllowed(reasonCode) }
    if reasonCode == .success, !hasProperties { return }
    sink.byte(reasonCode.rawValue)
    if hasProperties { try sink.properties(self) }
  }
}

extension Disconnect: PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError) {
    sink.property(.sessionExpiryInterval, uint32: sessionExpiryInterval)
    try sink.property(.reasonString, string: reasonString)
    try sink.userProperties(userProperties)
    try sink.property(.serverReference, string: serverReference)
  }
}
