extension Auth {
  /// Success without properties may be left out. [MQTT 5.0, 3.15.2.1]
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init()
    guard reader.remaining > 0 else { return }
    reasonCode = try reader.reasonCode(in: .auth)
    var block = try reader.beginProperties()
    while let id = try reader.nextProperty(&block) {
      switch id {
      case .authenticationMethod: authenticationMethod = try reader.string()
      case .authenticationData: authenticationData = try reader.binary()
      case .reasonString: reasonString = try reader.string()
      case .userProperty: userProperties.append(try reader.userProperty())
      default: throw reader.malformed(.propertyNotAllowed(id))
      }
    }
    // [MQTT 5.0, 3.15.2.2.2]
    guard authenticationMethod != nil else {
      throw reader.violation(.authenticationMethodMissing)
    }
  }
}

extension Auth: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    guard version == .v5 else { throw .requiresVersion5 }
    guard reasonCode.isAllowed(in: .auth) else { throw .reasonCodeNotAllowed(reasonCode) }
    if self == Auth() { return }
    guard authenticationMethod != nil else { throw .authenticationMethodMissing }
    sink.byte(reasonCode.rawValue)
    try sink.properties(self)
  }
}

extension Auth: PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError) {
    try sink.property(.authenticationMethod, string: authenticationMethod)
    try sink.property(.authenticationData, binary: authenticationData)
    try sink.property(.reasonString, string: reasonString)
    try sink.userProperties(userProperties)
  }
}
