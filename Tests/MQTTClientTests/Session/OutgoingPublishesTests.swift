import Testing

@testable import MQTTClient

@Suite struct OutgoingPublishesTests {
  @Test func `a PUBACK finishes a QoS 1 publish`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    #expect(harness.publish(1) == [.publish(1), .sent(1)])
    #expect(harness.ack(1, .noMatchingSubscribers) == [.acknowledged(1, .noMatchingSubscribers)])
    #expect(harness.publishes.inFlightCount == 0)
    #expect(harness.ids.count == 0)
  }

  @Test func `a QoS 2 publish goes through all four steps`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    #expect(harness.publish(1, .exactlyOnce) == [.publish(1, .exactlyOnce), .sent(1)])
    #expect(harness.received(1) == [.received(1), .release(1)])
    #expect(harness.complete(1) == [.acknowledged(1)])
  }

  @Test func `a failing PUBACK rejects this publish only`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    #expect(
      harness.ack(1, .notAuthorized)
        == [.finished(1, .rejected(.notAuthorized, reasonString: nil))])
  }

  @Test func `a failing PUBREC ends the exchange without PUBREL and frees the window`() {
    var harness = OutgoingHarness { $0.inflightMaximum = 1 }
    _ = harness.connect()
    _ = harness.publish(1, .exactlyOnce)
    #expect(harness.publish(2).isEmpty)
    #expect(
      harness.received(1, .packetIdentifierInUse) == [
        .finished(1, .rejected(.packetIdentifierInUse, reasonString: nil)), .publish(2), .sent(2),
      ])
  }

  @Test func `the window is the smaller of ours and the broker's`() {
    var harness = OutgoingHarness { $0.inflightMaximum = 3 }
    _ = harness.connect { $0.receiveMaximum = 2 }
    #expect(!harness.publish(1, .exactlyOnce).isEmpty)
    #expect(!harness.publish(2).isEmpty)
    #expect(harness.publish(3).isEmpty)
    // A QoS 2 publish keeps its place until PUBCOMP.
    #expect(harness.received(1) == [.received(1), .release(1)])
    #expect(harness.complete(1) == [.acknowledged(1), .publish(3), .sent(3)])
  }

  @Test func `PUBREL waits until the application has recorded PUBREC`() {
    var harness = OutgoingHarness { $0.recordsReceived = true }
    _ = harness.connect()
    _ = harness.publish(1, .exactlyOnce)
    _ = harness.publish(2, .exactlyOnce)
    #expect(harness.received(1) == [.received(1)])
    #expect(harness.received(2) == [.received(2)])
    #expect(harness.recorded(2).isEmpty, "PUBRELs keep the order of the PUBRECs")
    #expect(harness.recorded(1) == [.release(1), .release(2)])
    #expect(harness.recorded(1).isEmpty)
    #expect(harness.recorded(99).isEmpty)
  }

  @Test func `a publish waits for the packet identifier it must have, and so do all behind it`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    let isFree = harness.ids.claim(7)
    #expect(isFree)
    #expect(harness.publish(1, id: 7).isEmpty)
    #expect(harness.publish(2, id: 8).isEmpty)
    harness.ids.release(7)
    #expect(
      harness.publish(3, id: 9)
        == [.publish(7), .sent(1), .publish(8), .sent(2), .publish(9), .sent(3)])
  }

  @Test func `an older publish with the same identifier is waited for`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1, id: 7)
    #expect(harness.publish(2, id: 7).isEmpty)
    #expect(harness.ack(7) == [.acknowledged(1), .publish(7), .sent(2)])
  }

  @Test func `without a chosen identifier one comes from the session's own range`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    let request = PublishRequest(key: 1, publish: OutgoingHarness.message())
    #expect(harness.publish(request) == [.publish(65_535), .sent(1)])
  }

  @Test func `unknown PUBREC is answered and other unknown acknowledgements change nothing`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    #expect(harness.received(5) == [.release(5, .packetIdentifierNotFound)])
    #expect(harness.received(5, .unspecifiedError).isEmpty)
    #expect(harness.ack(5).isEmpty)
    #expect(harness.complete(5).isEmpty)
    #expect(harness.ack(0).isEmpty)
    #expect(harness.publishes.strayCount == 5)
  }

  @Test func `an unknown PUBREC in MQTT 3 is answered without a reason`() {
    var harness = OutgoingHarness { $0.version = .v311 }
    _ = harness.connect()
    #expect(harness.received(5) == [.release(5)])
  }

  @Test func `an acknowledgement of the wrong kind changes nothing`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    _ = harness.publish(2, .exactlyOnce)
    #expect(harness.received(1).isEmpty)
    #expect(harness.complete(1).isEmpty)
    #expect(harness.ack(2).isEmpty)
    #expect(harness.complete(2).isEmpty)
    #expect(harness.ack(1) == [.acknowledged(1)])
    #expect(harness.received(2) == [.received(2), .release(2)])
    #expect(harness.received(2) == [.release(2)], "a repeated PUBREC is answered again")
    #expect(harness.received(2, .unspecifiedError).isEmpty)
    #expect(harness.complete(2) == [.acknowledged(2)])
    #expect(harness.complete(2).isEmpty)
  }

  @Test func `acknowledgements in any order finish the right publishes`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for key in 1...100 { _ = harness.publish(UInt64(key)) }
    for key in stride(from: 100, through: 1, by: -1) {
      #expect(harness.ack(PacketID(key)) == [.acknowledged(UInt64(key))])
    }
    #expect(harness.publishes.inFlightCount == 0 && harness.ids.count == 0)
  }

  @Test func `a full queue refuses`() {
    var harness = OutgoingHarness { $0.queuedPublishesMaximum = 1 }
    #expect(harness.publish(1).isEmpty)
    #expect(harness.publish(2) == [.finished(2, .notSent(.queueFull))])
  }

  @Test func `a waiting publish can be taken back and a sent one cannot`() {
    var harness = OutgoingHarness()
    #expect(harness.publish(1).isEmpty)
    #expect(harness.publish(2).isEmpty)
    #expect(harness.publish(3, progress: .maybeSent).isEmpty)
    #expect(harness.cancel(1) == [.finished(1, .cancelled)])
    #expect(harness.cancel(1).isEmpty)
    #expect(harness.cancel(3).isEmpty, "the broker may have this one")
    #expect(
      harness.connect() == [.publish(2), .sent(2), .publish(3, isDuplicate: true), .sent(3)])
    #expect(harness.cancel(2).isEmpty)
  }

  @Test func `what the broker cannot take ends alone`() {
    var harness = OutgoingHarness()
    _ = harness.connect {
      $0.maximumQoS = .atLeastOnce
      $0.retainAvailable = false
      $0.maximumPacketSize = 20
    }
    var retained = OutgoingHarness.message()
    retained.isRetained = true
    let big = OutgoingHarness.message("t", payload: Bytes(repeating: 0, count: 20))
    let requests = [
      PublishRequest(key: 1, publish: OutgoingHarness.message("t", .exactlyOnce)),
      PublishRequest(key: 2, publish: retained), PublishRequest(key: 3, publish: big),
      PublishRequest(key: 4, publish: OutgoingHarness.message("a/#")),
    ]
    let obstacles: [PublishObstacle] = [
      .maximumQoS(.atLeastOnce), .retainUnavailable, .packetTooLarge(limit: 20), .invalid,
    ]
    for (request, obstacle) in zip(requests, obstacles) {
      #expect(harness.publish(request) == [.finished(request.key, .notSent(obstacle))])
    }
    #expect(harness.publish(5, id: 5) == [.publish(5), .sent(5)])
    #expect(harness.ids.count == 1)
  }

  @Test func `what an earlier process accepted is judged when it goes out`() {
    var harness = OutgoingHarness()
    _ = harness.connect { $0.maximumQoS = .atLeastOnce }
    let request = PublishRequest(
      key: 1, publish: OutgoingHarness.message("t", .exactlyOnce), progress: .maybeSent)
    #expect(
      harness.publish(request) == [.finished(1, .maybeSent(.maximumQoS(.atLeastOnce)))])
  }

  @Test func `a message that expired while it waited is not sent`() {
    var harness = OutgoingHarness()
    var message = OutgoingHarness.message()
    message.properties.messageExpiryInterval = 10
    #expect(harness.publish(PublishRequest(key: 1, publish: message, packetID: 1)).isEmpty)
    harness.now = .seconds(4)
    #expect(harness.publish(PublishRequest(key: 2, publish: message, packetID: 2)).isEmpty)
    harness.now = .seconds(10)
    message.properties.messageExpiryInterval = 4
    message.packetID = 2
    #expect(
      harness.connect()
        == [.finished(1, .expired), .send(.publish(message)), .sent(2)])
  }

  @Test func `the oldest unanswered packet decides when the broker is late`() {
    var harness = OutgoingHarness { $0.acknowledgementTimeout = .seconds(30) }
    _ = harness.connect()
    #expect(harness.publishes.nextDeadline == nil)
    _ = harness.publish(1, .exactlyOnce)
    harness.now = .seconds(5)
    _ = harness.publish(2)
    #expect(harness.publishes.nextDeadline == .seconds(30))
    harness.now = .seconds(6)
    _ = harness.received(1)
    #expect(harness.publishes.nextDeadline == .seconds(35))
    _ = harness.ack(2)
    #expect(harness.publishes.nextDeadline == .seconds(36))
    _ = harness.complete(1)
    #expect(harness.publishes.nextDeadline == nil)
  }
}
