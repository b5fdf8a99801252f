import Testing

@testable import MQTTClient

@Suite struct HandshakeTests {
  var options = SessionOptions(clientID: "bridge")

  static func ack(
    _ code: ReasonCode = .success, sessionPresent: Bool = false, assigned: String? = nil
  ) -> Packet {
    var properties = ConnectAck.Properties()
    properties.assignedClientIdentifier = assigned
    return .connectAck(
      ConnectAck(sessionPresent: sessionPresent, reasonCode: code, properties: properties))
  }

  func answer(
    _ handshake: inout Handshake, _ packet: Packet
  ) -> Result<Handshake.Answer, ProtocolViolation> {
    Result { () throws(ProtocolViolation) in try handshake.received(packet, options) }
  }

  @Test func `CONNECT carries what the options say`() {
    var options = options
    options.username = "u"
    options.password = [1, 2]
    options.connect.receiveMaximum = 20
    let connect = Handshake().connect(options)
    #expect(connect.version == .v5)
    #expect(connect.clientID == "bridge")
    #expect(connect.username == "u")
    #expect(connect.password == [1, 2])
    #expect(!connect.cleanStart)
    #expect(connect.properties.receiveMaximum == 20)
  }

  @Test func `an MQTT 3 CONNECT has no properties`() {
    var options = SessionOptions(clientID: "bridge", version: .v311)
    options.connect.receiveMaximum = 20
    #expect(Handshake().connect(options).properties == Connect.Properties())
  }

  @Test func `an accepting CONNACK is accepted`() {
    var handshake = Handshake()
    let ack = ConnectAck(sessionPresent: true, reasonCode: .success)
    #expect(answer(&handshake, .connectAck(ack)) == .success(.accepted(ack)))
  }

  @Test func `a refusal is reported with its code`() {
    var handshake = Handshake()
    #expect(
      answer(&handshake, Self.ack(.notAuthorized))
        == .success(.refused(ConnectAck(sessionPresent: false, reasonCode: .notAuthorized))))
  }

  @Test(arguments: [
    Packet.auth(Auth()), .pingResponse, .publish(Publish(topic: "a", payload: [])),
    .disconnect(Disconnect()), ack(.notAuthorized, sessionPresent: true), ack(assigned: "other"),
  ]) func `anything else is a protocol error`(packet: Packet) {
    var handshake = Handshake()
    #expect(answer(&handshake, packet) == .failure(ProtocolViolation(.protocolError)))
  }

  @Test mutating func `a kept session after a clean start is a protocol error`() {
    options.cleanStart = true
    var handshake = Handshake()
    #expect(
      answer(&handshake, Self.ack(sessionPresent: true))
        == .failure(ProtocolViolation(.protocolError)))
  }

  @Test mutating func `an assigned client identifier stays for later connections`() {
    options.clientID = ""
    var handshake = Handshake()
    #expect(handshake.connect(options).clientID.isEmpty)
    _ = answer(&handshake, Self.ack(assigned: "auto-1"))
    #expect(handshake.connect(options).clientID == "auto-1")
  }
}
