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

  @Test mutating func `a client without a name must get one, and one with a name keeps it`() {
    var handshake = Handshake()
    #expect(answer(&handshake, Self.ack(assigned: "bridge")).isSuccess)
    options.clientID = ""
    #expect(answer(&handshake, Self.ack()) == .failure(ProtocolViolation(.protocolError)))
    #expect(
      answer(&handshake, Self.ack(assigned: "")) == .failure(ProtocolViolation(.protocolError)))
    #expect(answer(&handshake, Self.ack(assigned: "auto")).isSuccess)
    #expect(answer(&handshake, Self.ack()).isSuccess)
    #expect(
      answer(&handshake, Self.ack(assigned: "new")) == .failure(ProtocolViolation(.protocolError)))
    #expect(handshake.assignedClientID == "auto")
  }

  @Test mutating func `response information is for who asked`() {
    let ack = SessionHarness.ack { $0.responseInformation = "reply/" }
    var handshake = Handshake()
    for wish in [nil, false] as [Bool?] {
      options.connect.requestResponseInformation = wish
      #expect(
        answer(&handshake, .connectAck(ack)) == .failure(ProtocolViolation(.protocolError)))
    }
    options.connect.requestResponseInformation = true
    #expect(answer(&handshake, .connectAck(ack)) == .success(.accepted(ack)))
  }

  @Test func `CONNECT carries the will with all its properties`() {
    var will = Will(topic: "w", payload: [1], qos: .exactlyOnce, isRetained: true, delayInterval: 9)
    will.properties.payloadIsUTF8 = false
    will.properties.messageExpiryInterval = 5
    will.properties.contentType = "text/plain"
    will.properties.responseTopic = "r"
    will.properties.correlationData = [2]
    will.properties.userProperties = [UserProperty("a", "b")]
    var options = options
    options.will = will
    #expect(Handshake().connect(options).will == will)
  }

  @Test func `credentials of the attempt take the place of the options'`() {
    var options = options
    options.username = "u"
    options.password = [1]
    let connect = Handshake().connect(options, ConnectOverrides(username: "v"))
    #expect(connect.username == "v")
    #expect(connect.password == nil)
  }

  @Test func `only MQTT 3 has a flag for bridges`() {
    var options = options
    options.isBridge = true
    #expect(!Handshake().connect(options).isBridge)
    options.version = .v311
    #expect(Handshake().connect(options).isBridge)
  }

  @Test func `options that no CONNECT can express are found before the first attempt`() {
    var options = SessionOptions(clientID: "", version: .v311)
    #expect(throws: EncodeError.clientIDMissing) { try options.validate() }
    options.cleanStart = true
    #expect(throws: Never.self) { try options.validate() }
    options.password = []
    #expect(throws: EncodeError.passwordWithoutUsername) { try options.validate() }
    options.password = nil
    options.will = Will(topic: "a/+", payload: [])
    #expect(throws: EncodeError.topicNameInvalid) { try options.validate() }
    options.will = Will(topic: "a", payload: [], delayInterval: 1)
    #expect(throws: EncodeError.requiresVersion5) { try options.validate() }
    options.version = .v5
    #expect(throws: Never.self) { try options.validate() }
    options.connect.receiveMaximum = 0
    #expect(throws: EncodeError.propertyValueNotAllowed(.receiveMaximum)) { try options.validate() }
  }

  @Test mutating func `an assigned client identifier stays for later connections`() {
    options.clientID = ""
    var handshake = Handshake()
    #expect(handshake.connect(options).clientID.isEmpty)
    _ = answer(&handshake, Self.ack(assigned: "auto-1"))
    #expect(handshake.connect(options).clientID == "auto-1")
  }
}

extension Result {
  fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
