import MQTTClient
import Testing

@Suite struct PacketEncoderTests {
  struct Refusal: Sendable, CustomTestStringConvertible {
    let name: String
    let version: ProtocolVersion
    let packet: Packet
    let error: EncodeError

    init(_ name: String, _ version: ProtocolVersion, _ packet: Packet, _ error: EncodeError) {
      self.name = name
      self.version = version
      self.packet = packet
      self.error = error
    }

    var testDescription: String { "\(version) \(packet.type.name): \(name)" }
  }

  @Test(arguments: Refusal.all)
  func `a forbidden packet is refused and leaves the buffer alone`(refusal: Refusal) {
    var buffer: [UInt8] = [1, 2, 3]
    #expect(throws: refusal.error) {
      try PacketEncoder.encode(refusal.packet, version: refusal.version, into: &buffer)
    }
    #expect(buffer == [1, 2, 3])
    #expect(throws: refusal.error) {
      try PacketEncoder.encodedSize(of: refusal.packet, version: refusal.version)
    }
  }

  @Test func `a PUBLISH header and its payload make the packet`() throws {
    let publish = Publish(topic: "a/b", payload: [1, 2, 3], qos: .atLeastOnce, packetID: 9)
    var whole: [UInt8] = []
    try PacketEncoder.encode(.publish(publish), version: .v5, into: &whole)
    var parts: [UInt8] = []
    try PacketEncoder.encodePublishHeader(publish, version: .v5, into: &parts)
    #expect(parts.count == whole.count - 3)
    #expect(parts + publish.payload == whole)
  }

  @Test func `the longest strings and binary values are accepted`() throws {
    let name = String(repeating: "n", count: 65_535)
    let connect = Connect(
      version: .v5, clientID: name, username: name, password: Bytes(repeating: 0, count: 65_535))
    var buffer: [UInt8] = []
    try PacketEncoder.encode(.connect(connect), version: .v5, into: &buffer)
    var decoder = PacketDecoder(serverWithMaximumPacketSize: buffer.count)
    decoder.append(buffer)
    #expect(try decoder.next() == .connect(connect))
  }
}

extension PacketEncoderTests.Refusal {
  static let all = connects + publishes + subscriptions + answers

  private static let long = String(repeating: "x", count: 65_536)

  private static func connect(_ change: (inout Connect) -> Void) -> Packet {
    var packet = Connect(version: .v5, clientID: "c")
    change(&packet)
    return .connect(packet)
  }

  private static let connects: [Self] = [
    Self("client identifier too long", .v5, connect { $0.clientID = long }, .stringTooLong),
    Self("U+0000", .v5, connect { $0.username = "a\0" }, .stringContainsNUL),
    Self(
      "password too long", .v5, connect { $0.password = Bytes(repeating: 0, count: 65_536) },
      .binaryTooLong),
    Self("bridge in MQTT 5", .v5, connect { $0.isBridge = true }, .bridgeFlagInVersion5),
    Self("another version", .v311, connect { _ in }, .versionMismatch),
    Self(
      "password without user name", .v311,
      connect {
        $0.version = .v311
        $0.password = []
      }, .passwordWithoutUsername),
    Self(
      "session to resume without client identifier", .v311,
      .connect(Connect(version: .v311, clientID: "", cleanStart: false)), .clientIDMissing),
    Self(
      "properties", .v311,
      connect {
        $0.version = .v311
        $0.properties.receiveMaximum = 1
      }, .requiresVersion5),
    Self(
      "will delay", .v311,
      connect {
        $0.version = .v311
        $0.will = Will(topic: "t", payload: [], delayInterval: 1)
      }, .requiresVersion5),
    Self(
      "receive maximum 0", .v5, connect { $0.properties.receiveMaximum = 0 },
      .propertyValueNotAllowed(.receiveMaximum)),
    Self(
      "maximum packet size 0", .v5, connect { $0.properties.maximumPacketSize = 0 },
      .propertyValueNotAllowed(.maximumPacketSize)),
    Self(
      "authentication data without method", .v5,
      connect { $0.properties.authenticationData = [] }, .authenticationMethodMissing),
    Self(
      "wildcard in the will topic", .v5, connect { $0.will = Will(topic: "a/+", payload: []) },
      .topicNameInvalid),
    Self(
      "will with a topic alias", .v5,
      connect {
        $0.will = Will(topic: "t", payload: [])
        $0.will?.properties.topicAlias = 1
      }, .propertyNotAllowed(.topicAlias)),
    Self(
      "will with a subscription identifier", .v5,
      connect {
        $0.will = Will(topic: "t", payload: [])
        $0.will?.properties.subscriptionIdentifiers = [1]
      }, .propertyNotAllowed(.subscriptionIdentifier)),
  ]

  private static func publish(
    _ topic: String = "t", _ change: (inout Publish) -> Void = { _ in }
  ) -> Packet {
    var packet = Publish(topic: topic, payload: [])
    change(&packet)
    return .publish(packet)
  }

  private static let publishes: [Self] = [
    Self("empty topic", .v311, publish(""), .topicMissing),
    Self("empty topic without alias", .v5, publish(""), .topicMissing),
    Self("plus in the topic", .v311, publish("a/+"), .topicNameInvalid),
    Self("hash in the topic", .v5, publish("a#"), .topicNameInvalid),
    Self("topic too long", .v5, publish(long), .stringTooLong),
    Self("duplicate at QoS 0", .v5, publish { $0.isDuplicate = true }, .duplicateAtQoS0),
    Self("packet identifier at QoS 0", .v5, publish { $0.packetID = 1 }, .packetIDSuperfluous),
    Self("no packet identifier", .v5, publish { $0.qos = .atLeastOnce }, .packetIDMissing),
    Self(
      "packet identifier 0", .v311,
      publish {
        $0.qos = .exactlyOnce
        $0.packetID = 0
      }, .packetIDZero),
    Self(
      "topic alias 0", .v5, publish { $0.properties.topicAlias = 0 },
      .propertyValueNotAllowed(.topicAlias)),
    Self(
      "wildcard in the response topic", .v5, publish { $0.properties.responseTopic = "#" },
      .propertyValueNotAllowed(.responseTopic)),
    Self(
      "subscription identifier 0", .v5, publish { $0.properties.subscriptionIdentifiers = [0] },
      .propertyValueNotAllowed(.subscriptionIdentifier)),
    Self(
      "properties", .v311, publish { $0.properties.contentType = "text/plain" },
      .requiresVersion5),
    Self(
      "packet too large", .v311,
      publish { $0.payload = Bytes(repeating: 0, count: 268_435_455) }, .packetTooLarge),
  ]

  private static func subscribe(_ filter: String, noLocal: Bool = false) -> Packet {
    .subscribe(Subscribe(packetID: 1, subscriptions: [Subscription(filter, noLocal: noLocal)]))
  }

  private static let subscriptions: [Self] = [
    Self(
      "nothing", .v5, .subscribe(Subscribe(packetID: 1, subscriptions: [])),
      .subscriptionsMissing),
    Self("invalid filter", .v311, subscribe("a/#/b"), .topicFilterInvalid),
    Self("filter too long", .v311, subscribe(long), .stringTooLong),
    Self("no local", .v311, subscribe("a", noLocal: true), .requiresVersion5),
    Self(
      "no local on a shared subscription", .v5, subscribe("$share/g/a", noLocal: true),
      .noLocalOnSharedSubscription),
    Self(
      "packet identifier 0", .v5,
      .subscribe(Subscribe(packetID: 0, subscriptions: [Subscription("a")])), .packetIDZero),
    Self(
      "subscription identifier 0", .v5,
      .subscribe(
        Subscribe(packetID: 1, subscriptions: [Subscription("a")], subscriptionIdentifier: 0)),
      .propertyValueNotAllowed(.subscriptionIdentifier)),
    Self(
      "subscription identifier above four bytes", .v5,
      .subscribe(
        Subscribe(
          packetID: 1, subscriptions: [Subscription("a")], subscriptionIdentifier: 268_435_456)),
      .propertyValueNotAllowed(.subscriptionIdentifier)),
    Self(
      "subscription identifier", .v311,
      .subscribe(
        Subscribe(packetID: 1, subscriptions: [Subscription("a")], subscriptionIdentifier: 1)),
      .requiresVersion5),
    Self(
      "nothing", .v311, .unsubscribe(Unsubscribe(packetID: 1, filters: [])),
      .subscriptionsMissing),
    Self(
      "invalid filter", .v5, .unsubscribe(Unsubscribe(packetID: 1, filters: ["$share/g"])),
      .topicFilterInvalid),
  ]

  private static let answers: [Self] = [
    Self(
      "session present with a refusal", .v5,
      .connectAck(ConnectAck(sessionPresent: true, reasonCode: .notAuthorized)),
      .sessionPresentWithFailure),
    Self(
      "reason code without 3.1.1 return code", .v311,
      .connectAck(ConnectAck(sessionPresent: false, reasonCode: .banned)),
      .reasonCodeNotAllowed(.banned)),
    Self(
      "maximum QoS 2", .v5,
      .connectAck(
        ConnectAck(
          sessionPresent: false, reasonCode: .success,
          properties: ConnectAck.Properties { $0.maximumQoS = .exactlyOnce })),
      .propertyValueNotAllowed(.maximumQoS)),
    Self(
      "reason code of another packet", .v5, .publishAck(PublishReply(1, .sessionTakenOver)),
      .reasonCodeNotAllowed(.sessionTakenOver)),
    Self("reason code", .v311, .publishAck(PublishReply(1, .notAuthorized)), .requiresVersion5),
    Self("packet identifier 0", .v5, .publishRelease(PublishReply(0)), .packetIDZero),
    Self(
      "reason string", .v311, .publishReceived(PublishReply(1, reasonString: "x")),
      .requiresVersion5),
    Self(
      "no reason codes", .v5, .subscribeAck(SubscribeAck(packetID: 1, reasonCodes: [])),
      .reasonCodesMissing),
    Self(
      "MQTT 5 reason code", .v311,
      .subscribeAck(SubscribeAck(packetID: 1, reasonCodes: [.notAuthorized])),
      .reasonCodeNotAllowed(.notAuthorized)),
    Self(
      "no reason codes", .v5, .unsubscribeAck(UnsubscribeAck(packetID: 1)), .reasonCodesMissing),
    Self(
      "reason codes", .v311,
      .unsubscribeAck(UnsubscribeAck(packetID: 1, reasonCodes: [.success])), .requiresVersion5),
    Self("reason code", .v311, .disconnect(Disconnect(.protocolError)), .requiresVersion5),
    Self(
      "reason code of another packet", .v5, .disconnect(Disconnect(.grantedQoS1)),
      .reasonCodeNotAllowed(.grantedQoS1)),
    Self("any", .v311, .auth(Auth()), .requiresVersion5),
    Self("no method", .v5, .auth(Auth(.reauthenticate)), .authenticationMethodMissing),
  ]
}
