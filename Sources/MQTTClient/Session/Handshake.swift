/// Says CONNECT and judges the broker's answer.
///
/// Enhanced authentication would add its AUTH exchange here; without an authenticator an AUTH is a
/// protocol error, because CONNECT named no method. [MQTT-4.12.0-6]
struct Handshake: ~Copyable {
  enum Answer: Equatable {
    case accepted(ConnectAck)
    case refused(ReasonCode, reasonString: String?)
  }

  /// What an MQTT 5 broker named us because we came without a name.
  private(set) var assignedClientID: String?

  func connect(_ options: borrowing SessionOptions) -> Connect {
    let isVersion5 = options.version == .v5
    return Connect(
      version: options.version, clientID: assignedClientID ?? options.clientID,
      cleanStart: options.cleanStart, keepAlive: options.keepAlive, username: options.username,
      password: options.password, will: options.will,
      properties: isVersion5 ? options.connect : Connect.Properties())
  }

  /// The first packet of the broker must be CONNACK.
  mutating func received(
    _ packet: Packet, _ options: borrowing SessionOptions
  ) throws(ProtocolViolation) -> Answer {
    guard case .connectAck(let ack) = packet else { throw ProtocolViolation(.protocolError) }
    guard !ack.reasonCode.isFailure else {
      // A refusal has no session. [MQTT-3.2.2-6]
      guard !ack.sessionPresent else { throw ProtocolViolation(.protocolError) }
      return .refused(ack.reasonCode, reasonString: ack.properties.reasonString)
    }
    // The broker cannot have kept what we asked it to discard. [MQTT-3.2.2-2] [MQTT-3.2.2-4]
    guard !(ack.sessionPresent && options.cleanStart) else {
      throw ProtocolViolation(.protocolError)
    }
    if let assigned = ack.properties.assignedClientIdentifier {
      guard options.clientID.isEmpty, !assigned.isEmpty else {
        throw ProtocolViolation(.protocolError)
      }
      assignedClientID = assigned
    }
    return .accepted(ack)
  }
}
