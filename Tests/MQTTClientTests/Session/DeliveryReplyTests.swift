import Testing

@testable import MQTTClient

/// What PUBACK and PUBREC say beyond "yes", and brokers that repeat themselves.
@Suite struct DeliveryReplyTests {
  private static func deliver(
    _ harness: inout SessionHarness, _ qos: QoS, isDuplicate: Bool = false
  ) -> AckToken? {
    let message = Publish(
      topic: "t", payload: [], qos: qos, isDuplicate: isDuplicate, packetID: 4)
    for case .deliver(_, let token) in harness.receive(.publish(message)) { return token }
    return nil
  }

  private static func acknowledge(
    _ harness: inout SessionHarness, _ token: AckToken?, _ reply: DeliveryReply
  ) -> [SessionAction] {
    guard let token else { return [] }
    return harness.run { $0.acknowledge(token, reply, at: $1, &$2) }
  }

  @Test func `reason and properties go to the broker`() {
    var harness = SessionHarness()
    _ = harness.connect()
    let reply = DeliveryReply(
      .quotaExceeded, reasonString: "full", userProperties: [UserProperty("a", "b")])
    let packet = PublishReply(
      4, .quotaExceeded, reasonString: "full", userProperties: [UserProperty("a", "b")])
    let first = Self.deliver(&harness, .atLeastOnce)
    #expect(Self.acknowledge(&harness, first, reply) == [.send(.publishAck(packet))])
    let second = Self.deliver(&harness, .exactlyOnce)
    #expect(Self.acknowledge(&harness, second, reply) == [.send(.publishReceived(packet))])
    #expect(harness.session.counts.unacknowledgedDeliveries == 0, "a refusal has no PUBREL")
  }

  @Test func `what would make the packet too long is left out`() {
    var harness = SessionHarness()
    _ = harness.connect { $0.maximumPacketSize = 20 }
    let property = UserProperty("name", "a long value")
    let both = Self.deliver(&harness, .atLeastOnce)
    #expect(
      Self.acknowledge(
        &harness, both, DeliveryReply(.success, reasonString: "ok", userProperties: [property]))
        == [.send(.publishAck(PublishReply(4, .success, reasonString: "ok")))])
    let long = Self.deliver(&harness, .atLeastOnce)
    #expect(
      Self.acknowledge(
        &harness, long, DeliveryReply(.success, reasonString: "more than twenty bytes"))
        == [.send(.publishAck(PublishReply(4)))])
  }

  @Test func `a code that the packet does not have becomes a plain one`() {
    var harness = SessionHarness()
    _ = harness.connect()
    let failed = Self.deliver(&harness, .atLeastOnce)
    #expect(
      Self.acknowledge(&harness, failed, DeliveryReply(.serverBusy))
        == [.send(.publishAck(PublishReply(4, .unspecifiedError)))])
    let fine = Self.deliver(&harness, .atLeastOnce)
    #expect(
      Self.acknowledge(&harness, fine, DeliveryReply(.grantedQoS1))
        == [.send(.publishAck(PublishReply(4)))])
  }

  @Test func `MQTT 3 says yes and nothing else`() {
    var harness = SessionHarness { $0.version = .v311 }
    _ = harness.connect()
    let token = Self.deliver(&harness, .atLeastOnce)
    #expect(
      Self.acknowledge(&harness, token, DeliveryReply(.quotaExceeded, reasonString: "full"))
        == [.send(.publishAck(PublishReply(4)))])
  }

  @Test(arguments: [QoS.atLeastOnce, .exactlyOnce])
  func `a repetition on the same connection is harmless, or by option the end of it`(qos: QoS) {
    var tolerant = SessionHarness()
    _ = tolerant.connect()
    let first = Self.deliver(&tolerant, qos)
    #expect(first != nil)
    #expect(Self.deliver(&tolerant, qos, isDuplicate: true) == nil)
    #expect(tolerant.session.state == .up)
    #expect(Self.acknowledge(&tolerant, first, DeliveryReply()).count == 1)
    var strict = SessionHarness { $0.delivery.acceptsRedelivery = false }
    _ = strict.connect()
    _ = Self.deliver(&strict, qos)
    let again = Publish(topic: "t", payload: [], qos: qos, isDuplicate: true, packetID: 4)
    #expect(
      strict.receive(.publish(again)).contains(.send(.disconnect(Disconnect(.protocolError)))))
  }

  @Test func `a token counts once, and on its link only`() {
    var harness = SessionHarness()
    _ = harness.connect()
    guard let token = Self.deliver(&harness, .atLeastOnce) else { return }
    let isOpen = harness.session.isOpen(token)
    #expect(isOpen)
    #expect(Self.acknowledge(&harness, token, DeliveryReply()).count == 1)
    let isStillOpen = harness.session.isOpen(token)
    #expect(!isStillOpen)
    #expect(Self.acknowledge(&harness, token, DeliveryReply()).isEmpty)
    guard let old = Self.deliver(&harness, .atLeastOnce) else { return }
    _ = harness.fail()
    _ = harness.connect(sessionPresent: true)
    let new = Self.deliver(&harness, .atLeastOnce, isDuplicate: true)
    #expect(new != nil)
    #expect(Self.acknowledge(&harness, old, DeliveryReply()).isEmpty, "the old token is stale")
    #expect(
      Self.acknowledge(&harness, new, DeliveryReply()) == [.send(.publishAck(PublishReply(4)))])
  }
}
