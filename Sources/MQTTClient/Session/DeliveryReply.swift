/// What the broker is told about a message that it delivered: PUBACK or PUBREC. [MQTT 5.0, 3.4, 3.5]
public struct DeliveryReply: Equatable, Sendable {
  /// Success, or a refusal of 0x80 and above; MQTT 3.1.1 knows no refusal.
  ///
  /// A code that these packets do not have becomes "unspecified error", or success.
  public var reasonCode: ReasonCode
  /// Left out, like the user properties, when the packet would be longer than the broker takes.
  /// [MQTT-3.4.2-2] [MQTT-3.5.2-2]
  public var reasonString: String?
  /// Names and values for the broker. [MQTT-3.4.2-3] [MQTT-3.5.2-3]
  public var userProperties: [UserProperty]

  /// A plain success by default.
  public init(
    _ reasonCode: ReasonCode = .success, reasonString: String? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.reasonCode = reasonCode
    self.reasonString = reasonString
    self.userProperties = userProperties
  }

  /// The packet's contents for a broker with these limits.
  func packet(
    _ id: PacketID, _ type: PacketType, _ version: ProtocolVersion, maximumSize: Int
  ) -> PublishReply {
    guard version == .v5 else { return PublishReply(id) }
    let code =
      reasonCode.isAllowed(in: type)
      ? reasonCode : reasonCode.isFailure ? .unspecifiedError : .success
    var reply = PublishReply(
      id, code, reasonString: reasonString, userProperties: userProperties)
    guard reasonString != nil || !userProperties.isEmpty else { return reply }
    func fits() -> Bool {
      let size = try? PacketEncoder.encodedSize(of: .publishAck(reply), version: .v5)
      return size.map { $0 <= maximumSize } ?? false
    }
    if !fits() { reply.userProperties = [] }
    if !fits() { reply.reasonString = nil }
    return reply
  }
}
