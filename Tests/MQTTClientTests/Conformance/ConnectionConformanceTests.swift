import TestSupport
import Testing

@testable import MQTTClient

/// Chapters 3 and 4: how a connection begins and ends.
@Suite struct ConnectionConformanceTests {
  static let refusals: [ReasonCode] = [
    0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95, 0x97, 0x99,
    0x9A, 0x9B, 0x9C, 0x9D, 0x9F,
  ].map { ReasonCode(rawValue: $0) }

  /// By the return code of MQTT 3.1.1.
  static let returnCodes: [(UInt8, ReasonCode)] = [
    (1, .unsupportedProtocolVersion), (2, .clientIdentifierNotValid), (3, .serverUnavailable),
    (4, .badUsernameOrPassword), (5, .notAuthorized),
  ]

  @Test(arguments: DeliveryConformanceTests.versions)
  func `before CONNACK nothing but CONNECT goes out`(version: ProtocolVersion) {
    var harness = SessionHarness { $0.version = version }
    _ = harness.start()
    let opened = harness.open()
    #expect(opened.sends.count == 1)
    guard case .send(.connect) = opened.first else {
      Issue.record("\(opened)")
      return
    }
    #expect(harness.publish(SessionTests.request(1)).sends.isEmpty)
    #expect(harness.publish(SessionTests.request(2, .atMostOnce)).sends.isEmpty)
    _ = harness.subscribe(3, "a")
    #expect(harness.flush().sends.isEmpty)
    #expect(harness.advance(.seconds(9)).sends.isEmpty)
  }

  @Test(arguments: refusals)
  func `a refused connection is closed and the reason reported`(code: ReasonCode) throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = BrokerPeer(try listener.accept())
    guard case .connect = try peer.next() else {
      Issue.record("no CONNECT")
      return
    }
    try peer.send(.connectAck(ConnectAck(sessionPresent: false, reasonCode: code)))
    #expect(try peer.nextIfAny() == nil)
    #expect(try test.events.down().reason == .refused(code, reasonString: nil))
  }

  @Test(arguments: returnCodes)
  func `a connection refused by MQTT 3_1_1 is closed and the reason reported`(
    returnCode: UInt8, code: ReasonCode
  ) throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port, version: .v311))
    let peer = BrokerPeer(try listener.accept())
    guard case .connect = try peer.next() else {
      Issue.record("no CONNECT")
      return
    }
    try peer.socket.send([0x20, 2, 0, returnCode])
    #expect(try peer.nextIfAny() == nil)
    #expect(try test.events.down().reason == .refused(code, reasonString: nil))
  }

  @Test(arguments: ReasonCodeConformanceTests.tables.first { $0.type == .disconnect }?.codes ?? [])
  func `every DISCONNECT of the broker ends the connection`(byte: UInt8) {
    let code = ReasonCode(rawValue: byte)
    var harness = SessionHarness()
    _ = harness.connect()
    let actions = harness.receive(.disconnect(Disconnect(code, reasonString: "why")))
    #expect(actions.first == .closeLink(.immediately))
    let isDown = actions.contains { $0.isDown(.closedByBroker(code, reasonString: "why")) }
    #expect(isDown)
    #expect(actions.sends.isEmpty)
  }

  @Test(arguments: DeliveryConformanceTests.versions)
  func `after DISCONNECT nothing more goes out`(version: ProtocolVersion) {
    var harness = SessionHarness { $0.version = version }
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    let stopped = harness.stop()
    let sent = stopped.sends
    #expect(sent == [.send(.disconnect(Disconnect()))])
    #expect(stopped.contains(.closeLink(.afterWrites)))
    #expect(harness.publish(SessionTests.request(2)).sends.isEmpty)
    #expect(harness.receive(.publishReceived(PublishReply(1))).sends.isEmpty)
    #expect(harness.advance(.seconds(600)).sends.isEmpty)
  }

  @Test func `every topic alias that was offered is accepted`() {
    var harness = SessionHarness { $0.connect.topicAliasMaximum = .max }
    _ = harness.connect()
    for alias in [1, 2, 255, 256, 65_534, 65_535] as [UInt16] {
      let named = InboundTopicAliasesTests.publish("a/\(alias)", alias: alias)
      _ = harness.receive(.publish(named))
      let short = harness.receive(.publish(InboundTopicAliasesTests.publish("", alias: alias)))
      guard case .deliver(let publish, _) = short.first else {
        Issue.record("\(short)")
        return
      }
      #expect(publish.topic == "a/\(alias)")
    }
  }

  static let explained: [Packet] = [
    .publishAck(PublishReply(1, reasonString: "x")),
    .publishReceived(PublishReply(1, userProperties: [UserProperty("a", "b")])),
    .publishRelease(PublishReply(1, reasonString: "x")),
    .publishComplete(PublishReply(1, reasonString: "x")),
    .subscribeAck(SubscribeAck(packetID: 1, reasonCodes: [.success], reasonString: "x")),
    .unsubscribeAck(UnsubscribeAck(packetID: 1, reasonCodes: [.success], reasonString: "x")),
  ]

  @Test(arguments: explained)
  func `explanations that were not wanted end the connection`(packet: Packet) {
    for wanted in [nil, true, false] {
      var harness = SessionHarness { $0.connect.requestProblemInformation = wanted }
      _ = harness.connect()
      let isEnd = harness.receive(packet).contains(.send(.disconnect(Disconnect(.protocolError))))
      #expect(isEnd == (wanted == false))
    }
  }

  @Test func `a message may have user properties where explanations are not wanted`() {
    var harness = SessionHarness { $0.connect.requestProblemInformation = false }
    _ = harness.connect()
    var publish = Publish(topic: "t", payload: [])
    publish.properties.userProperties = [UserProperty("a", "b")]
    #expect(harness.receive(.publish(publish)).count == 1)
  }

  @Test(arguments: [(200, true, true), (40, true, false), (8, false, false)])
  func `DISCONNECT explains as much as the broker takes`(
    limit: UInt32, hasReason: Bool, hasProperties: Bool
  ) {
    var harness = SessionHarness()
    _ = harness.connect { $0.maximumPacketSize = limit }
    let reason = String(repeating: "r", count: 20)
    let property = UserProperty("name", String(repeating: "v", count: 60))
    let wish = Disconnect(.unspecifiedError, reasonString: reason, userProperties: [property])
    let sent = harness.run { $0.stop(.now(wish), at: $1, &$2) }.sends
    var expected = wish
    if !hasReason { expected.reasonString = nil }
    if !hasProperties { expected.userProperties = [] }
    #expect(sent == [.send(.disconnect(expected))])
  }
}
