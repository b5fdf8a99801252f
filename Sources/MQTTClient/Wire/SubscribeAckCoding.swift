extension SubscribeAck {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init(packetID: try reader.packetID(), reasonCodes: [])
    if reader.version == .v5 {
      let explanation = try Explanation(&reader)
      reasonString = explanation.reasonString
      userProperties = explanation.userProperties
    }
    guard reader.remaining > 0 else { throw reader.violation(.reasonCodesMissing) }
    while reader.remaining > 0 {
      let code = try reader.reasonCode(in: .subscribeAck)
      // [MQTT 3.1.1, MQTT-3.9.3-2]
      guard reader.version == .v5 || code.isSubscribeReturnCode else {
        throw .malformed(.reasonCodeNotAllowed(code), at: reader.offset - 1)
      }
      reasonCodes.append(code)
    }
  }
}

extension SubscribeAck: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    guard !reasonCodes.isEmpty else { throw .reasonCodesMissing }
    try sink.packetID(packetID)
    let explanation = Explanation(reasonString: reasonString, userProperties: userProperties)
    switch version {
    case .v5: try sink.properties(explanation)
    case .v311: guard explanation.isEmpty else { throw .requiresVersion5 }
    }
    for code in reasonCodes {
      guard code.isAllowed(in: .subscribeAck), version == .v5 || code.isSubscribeReturnCode else {
        throw .reasonCodeNotAllowed(code)
      }
      sink.byte(code.rawValue)
    }
  }
}

extension UnsubscribeAck {
  init(_ reader: inout PacketReader) throws(DecodeError) {
    self.init(packetID: try reader.packetID())
    guard reader.version == .v5 else { return }
    let explanation = try Explanation(&reader)
    reasonString = explanation.reasonString
    userProperties = explanation.userProperties
    guard reader.remaining > 0 else { throw reader.violation(.reasonCodesMissing) }
    while reader.remaining > 0 { reasonCodes.append(try reader.reasonCode(in: .unsubscribeAck)) }
  }
}

extension UnsubscribeAck: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
    try sink.packetID(packetID)
    let explanation = Explanation(reasonString: reasonString, userProperties: userProperties)
    guard version == .v5 else {
      guard explanation.isEmpty, reasonCodes.isEmpty else { throw .requiresVersion5 }
      return
    }
    guard !reasonCodes.isEmpty else { throw .reasonCodesMissing }
    try sink.properties(explanation)
    for code in reasonCodes {
      guard code.isAllowed(in: .unsubscribeAck) else { throw .reasonCodeNotAllowed(code) }
      sink.byte(code.rawValue)
    }
  }
}
