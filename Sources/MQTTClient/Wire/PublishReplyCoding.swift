extension PublishReply {
  /// Success without properties may be left out, and so may properties. [MQTT 5.0, 3.4.2.1]
  init(_ type: PacketType, _ reader: inout PacketReader) throws(DecodeError) {
    self.init(try reader.packetID())
    guard reader.version == .v5, reader.remaining > 0 else { return }
    reasonCode = try reader.reasonCode(in: type)
    guard reader.remaining > 0 else { return }
    let explanation = try Explanation(&reader)
    reasonString = explanation.reasonString
    userProperties = explanation.userProperties
  }

  /// A reply as one of the four packets that share its form.
  struct Body: PacketBody {
    let reply: PublishReply
    let type: PacketType

    func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {
      let explanation = Explanation(
        reasonString: reply.reasonString, userProperties: reply.userProperties)
      try sink.packetID(reply.packetID)
      guard version == .v5 else {
        guard reply.reasonCode == .success, explanation.isEmpty else { throw .requiresVersion5 }
        return
      }
      guard reply.reasonCode.isAllowed(in: type) else {
        throw .reasonCodeNotAllowed(reply.reasonCode)
      }
      if reply.reasonCode == .success, explanation.isEmpty { return }
      sink.byte(reply.reasonCode.rawValue)
      if !explanation.isEmpty { try sink.properties(explanation) }
    }
  }
}
