import Testing

@testable import MQTTClient

@Suite struct SessionTests {
  static func request(_ key: UInt64, _ qos: QoS = .atLeastOnce) -> PublishRequest {
    let id = qos == .atMostOnce ? nil : PacketID(key)
    return PublishRequest(key: key, publish: OutgoingHarness.message("t", qos), packetID: id)
  }

  @Test func `a start opens a link, says CONNECT and is up after CONNACK`() {
    var harness = SessionHarness()
    #expect(harness.session.nextDeadline == nil)
    #expect(harness.start() == [.openLink])
    #expect(harness.start().isEmpty)
    #expect(harness.session.nextDeadline == harness.now + .seconds(10))
    let connect = Handshake().connect(harness.session.options)
    #expect(harness.open() == [.send(.connect(connect))])
    let ack = SessionHarness.ack { $0.receiveMaximum = 5 }
    #expect(harness.receive(.connectAck(ack)) == [.up(ack)])
    #expect(harness.session.state == .up)
    #expect(harness.session.limits?.receiveMaximum == 5)
  }

  @Test func `absent limits mean the protocol's defaults, at each CONNACK anew`() {
    var harness = SessionHarness()
    _ = harness.connect {
      $0.maximumQoS = .atMostOnce
      $0.retainAvailable = false
      $0.maximumPacketSize = 100
      $0.wildcardSubscriptionAvailable = false
      $0.sharedSubscriptionAvailable = false
      $0.subscriptionIdentifiersAvailable = false
      $0.topicAliasMaximum = 7
      $0.serverKeepAlive = 5
    }
    let narrow = harness.session.limits
    #expect(narrow?.maximumQoS == .atMostOnce)
    #expect(narrow?.retainAvailable == false)
    #expect(narrow?.maximumPacketSize == 100)
    #expect(narrow?.wildcardSubscriptionsAvailable == false)
    #expect(narrow?.sharedSubscriptionsAvailable == false)
    #expect(narrow?.subscriptionIdentifiersAvailable == false)
    #expect(narrow?.topicAliasMaximum == 7)
    #expect(narrow?.keepAlive == 5)
    _ = harness.fail()
    #expect(harness.session.limits == nil)
    _ = harness.connect()
    var defaults = BrokerLimits()
    defaults.keepAlive = 60
    defaults.sessionExpiryInterval = .max
    #expect(harness.session.limits == defaults)
  }

  @Test func `QoS 0 goes out at once or not at all`() {
    var harness = SessionHarness()
    #expect(harness.publish(Self.request(1, .atMostOnce)) == [.finished(1, .notSent(.linkDown))])
    _ = harness.connect { $0.retainAvailable = false }
    let message = OutgoingHarness.message("t", .atMostOnce)
    #expect(
      harness.publish(Self.request(2, .atMostOnce))
        == [.sendOnce(2, message), .sent(2)])
    var retained = message
    retained.isRetained = true
    #expect(
      harness.publish(PublishRequest(key: 3, publish: retained))
        == [.finished(3, .notSent(.retainUnavailable))])
  }

  @Test func `QoS 0 does not wait behind a full window`() {
    var harness = SessionHarness { $0.inflightMaximum = 1 }
    _ = harness.connect()
    _ = harness.publish(Self.request(1))
    #expect(harness.publish(Self.request(2)).isEmpty)
    #expect(harness.publish(Self.request(3, .atMostOnce)).count == 2)
  }

  @Test func `publishes wait for a connection and go out with it`() {
    var harness = SessionHarness()
    #expect(harness.publish(Self.request(1)).isEmpty)
    let ack = SessionHarness.ack()
    #expect(harness.connect() == [.up(ack), .publish(1), .sent(1)])
    #expect(harness.session.counts.inFlightPublishes == 1)
  }

  @Test func `control packets pass a publish that waits for its identifier`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.publish(Self.request(1))
    #expect(
      harness.publish(
        PublishRequest(key: 2, publish: OutgoingHarness.message(), packetID: 1)
      ).isEmpty)
    _ = harness.subscribe(3, "a")
    #expect(harness.flush() == [SubscriptionsTests.subscribe(65_535, "a")])
    var incoming = OutgoingHarness.message("t", .atLeastOnce)
    incoming.packetID = 9
    let token = AckToken(epoch: 0, serial: 0, packetID: 9, qos: .atLeastOnce)
    #expect(harness.receive(.publish(incoming)) == [.deliver(incoming, token)])
    #expect(
      harness.run { $0.acknowledge(token, at: $1, &$2) }
        == [.send(.publishAck(PublishReply(9)))])
    #expect(
      harness.receive(.publishAck(PublishReply(1))) == [.acknowledged(1), .publish(1), .sent(2)])
  }

  @Test func `a publish that waits for a SUBSCRIBE's identifier goes out after SUBACK`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.subscribe(1, "a")
    _ = harness.flush()
    let request = PublishRequest(key: 2, publish: OutgoingHarness.message(), packetID: 65_535)
    #expect(harness.publish(request).isEmpty)
    #expect(
      harness.receive(.subscribeAck(SubscribeAck(packetID: 65_535, reasonCodes: [.success])))
        == [SubscriptionsTests.answer(1, .success), .publish(65_535), .sent(2)])
  }

  @Test func `a new session restores subscriptions before publishes go out again`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.subscribe(1, "a")
    _ = harness.flush()
    _ = harness.receive(.subscribeAck(SubscribeAck(packetID: 65_535, reasonCodes: [.success])))
    _ = harness.publish(Self.request(7))
    _ = harness.fail()
    #expect(
      harness.connect() == [
        .up(SessionHarness.ack()),
        SubscriptionsTests.subscribe(65_534, "a", retainHandling: .ignore), .publish(7),
      ])
  }

  @Test func `aliases are resolved before delivery and forgotten with the link`() {
    var harness = SessionHarness { $0.connect.topicAliasMaximum = 5 }
    _ = harness.connect()
    let named = InboundTopicAliasesTests.publish("a", alias: 1)
    let short = InboundTopicAliasesTests.publish("", alias: 1)
    let token = AckToken(epoch: 0, serial: 0, packetID: 0, qos: .atMostOnce)
    let plain = Publish(topic: "a", payload: [])
    #expect(harness.receive(.publish(named)) == [.deliver(plain, token)])
    #expect(harness.receive(.publish(short)) == [.deliver(plain, token)])
    _ = harness.fail()
    _ = harness.connect(sessionPresent: true)
    #expect(
      harness.receive(.publish(short)).contains(.send(.disconnect(Disconnect(.protocolError)))))
  }

  @Test func `MQTT 3 sends no properties and no DISCONNECT reason`() {
    var harness = SessionHarness { $0.version = .v311 }
    _ = harness.connect()
    #expect(harness.session.limits?.subscriptionIdentifiersAvailable == false)
    var message = OutgoingHarness.message()
    message.properties.contentType = "text/plain"
    #expect(
      harness.publish(PublishRequest(key: 1, publish: message, packetID: 1))
        == [.publish(1), .sent(1)])
    #expect(
      harness.receive(.pingRequest) == [
        .closeLink(.afterWrites), .down(.violation(.protocolError), retryIn: .milliseconds(200)),
      ])
  }

  @Test func `stopping says goodbye, answers everything and ends`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.publish(Self.request(1))
    _ = harness.subscribe(2, "a")
    _ = harness.flush()
    #expect(
      harness.stop() == [
        .send(.disconnect(Disconnect())), .closeLink(.afterWrites),
        .finished(1, .maybeSent(.stopped)),
        SubscriptionsTests.answer(2, .implementationSpecificError), .stopped,
      ])
    #expect(harness.session.nextDeadline == nil)
    #expect(harness.stop().isEmpty)
    #expect(harness.fail().isEmpty)
    #expect(harness.receive(.pingResponse).isEmpty)
    #expect(harness.publish(Self.request(3)) == [.finished(3, .notSent(.stopped))])
    #expect(harness.start() == [.openLink])
  }

  @Test func `stopping before the connection is up only ends the attempt`() {
    var harness = SessionHarness()
    #expect(harness.stop() == [.stopped])
    _ = harness.start()
    #expect(harness.stop() == [.closeLink(.immediately), .stopped])
    _ = harness.start()
    _ = harness.fail()
    #expect(harness.stop() == [.stopped])
  }
}
