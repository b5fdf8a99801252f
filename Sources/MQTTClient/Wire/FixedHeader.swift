/// The type of a packet and its length. [MQTT 5.0, 2.1]
struct FixedHeader {
  let type: PacketType
  /// Of this header.
  let length: Int
  /// With this header.
  let packetSize: Int

  /// Returns nil when more bytes are needed; refuses a packet at the first byte that shows why.
  init?(
    _ bytes: Bytes, role: PacketDecoder.Role, version: ProtocolVersion?
  ) throws(DecodeError) {
    guard let first = bytes.first else { return nil }
    guard let type = PacketType(rawValue: first >> 4), type != .auth || version != .v311 else {
      throw .malformed(.packetTypeReserved, at: 0)
    }
    guard type.mayArrive(at: role, version) else {
      throw .protocolError(.packetNotAllowed(type), at: 0)
    }
    if role == .server {
      try Self.checkOrder(type, version)
    }
    if let flags = type.fixedFlags, flags != first & 0x0F {
      throw .malformed(.flagsReserved, at: 0)
    }
    self.type = type
    switch VariableInteger.parse(bytes.dropFirst()) {
    case .value(let remainingLength, let length):
      self.length = 1 + length
      packetSize = 1 + length + remainingLength
    case .incomplete: return nil
    case .tooLong: throw .malformed(.variableIntegerTooLong, at: 1)
    case .notMinimal: throw .malformed(.variableIntegerNotMinimal, at: 1)
    }
  }

  /// CONNECT comes first and only once. [MQTT-3.1.0-1] [MQTT-3.1.0-2]
  private static func checkOrder(
    _ type: PacketType, _ version: ProtocolVersion?
  ) throws(DecodeError) {
    switch (type, version) {
    case (.connect, nil): break
    case (.connect, _): throw .protocolError(.connectRepeated, at: 0)
    case (_, nil): throw .protocolError(.packetBeforeConnect(type), at: 0)
    default: break
    }
  }
}

extension PacketType {
  fileprivate func mayArrive(
    at role: PacketDecoder.Role, _ version: ProtocolVersion?
  ) -> Bool {
    switch self {
    case .connect, .subscribe, .unsubscribe, .pingRequest: role == .server
    case .connectAck, .subscribeAck, .unsubscribeAck, .pingResponse: role == .client
    case .publish, .publishAck, .publishReceived, .publishRelease, .publishComplete, .auth: true
    case .disconnect: role == .server || version == .v5
    }
  }
}
