extension Packet {
  /// Refuses an explanation that CONNECT asked the broker to leave out.
  ///
  /// With Request Problem Information 0 only PUBLISH, CONNACK and DISCONNECT may have a reason
  /// string or user properties. [MQTT-3.1.2-29]
  func checkProblemInformation(_ wanted: Bool?) throws(ProtocolViolation) {
    guard wanted == false, isExplained else { return }
    throw ProtocolViolation(.protocolError)
  }

  private var isExplained: Bool {
    switch self {
    case .publishAck(let reply), .publishReceived(let reply), .publishRelease(let reply),
      .publishComplete(let reply):
      reply.reasonString != nil || !reply.userProperties.isEmpty
    case .subscribeAck(let ack): ack.reasonString != nil || !ack.userProperties.isEmpty
    case .unsubscribeAck(let ack): ack.reasonString != nil || !ack.userProperties.isEmpty
    case .auth(let auth): auth.reasonString != nil || !auth.userProperties.isEmpty
    case .connect, .connectAck, .publish, .subscribe, .unsubscribe, .pingRequest, .pingResponse,
      .disconnect:
      false
    }
  }
}
