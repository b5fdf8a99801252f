import Testing

@testable import MQTTClient

/// Publishes whose time runs out, and publishes that are taken back.
@Suite struct PublishDeadlineTests {
  private static func request(
    _ key: UInt64, _ qos: QoS = .atLeastOnce, deadline: Duration? = nil, expiry: UInt32? = nil,
    progress: PublishRequest.Progress = .new
  ) -> PublishRequest {
    var message = OutgoingHarness.message("t", qos)
    message.properties.messageExpiryInterval = expiry
    return PublishRequest(
      key: key, publish: message, packetID: PacketID(key), progress: progress,
      deadline: deadline)
  }

  @Test func `a waiting publish whose deadline passes was not sent`() {
    var harness = OutgoingHarness()
    #expect(harness.publish(Self.request(1, deadline: .seconds(5))).isEmpty)
    #expect(harness.publish(Self.request(2, deadline: .seconds(3))).isEmpty)
    #expect(harness.publishes.nextTimer == .seconds(3))
    #expect(harness.advance(.seconds(3)) == [.finished(2, .notSent(.deadlinePassed))])
    #expect(harness.advance(.seconds(2)) == [.finished(1, .notSent(.deadlinePassed))])
    #expect(harness.publishes.nextTimer == nil)
    #expect(harness.connect().isEmpty)
  }

  @Test(arguments: [QoS.atLeastOnce, .exactlyOnce])
  func `after its deadline a sent publish is answered and finished on the wire`(qos: QoS) {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(Self.request(1, qos, deadline: .seconds(5)))
    #expect(harness.advance(.seconds(5)) == [.finished(1, .maybeSent(.deadlinePassed))])
    #expect(harness.publishes.inFlightCount == 1)
    harness.lose()
    #expect(harness.connect() == [.publish(1, qos, isDuplicate: true)])
    if qos == .exactlyOnce {
      #expect(harness.received(1) == [.received(1), .release(1)])
      #expect(harness.complete(1) == [.settled(1)])
    } else {
      #expect(harness.ack(1) == [.settled(1)])
    }
    #expect(harness.ids.count == 0)
    #expect(harness.publishes.deadlineSlots.isEmpty)
  }

  @Test func `an acknowledged publish has no deadline any more`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(Self.request(1, deadline: .seconds(5)))
    #expect(harness.ack(1) == [.acknowledged(1)])
    _ = harness.publish(Self.request(1, deadline: .seconds(50)))
    #expect(harness.advance(.seconds(10)).isEmpty, "the key is in use again, by another publish")
    #expect(harness.ack(1) == [.acknowledged(1)])
  }

  @Test func `deadlines of what has ended do not pile up`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for _ in 0..<10_000 {
      _ = harness.publish(Self.request(1, deadline: .seconds(60)))
      _ = harness.ack(1)
    }
    #expect(harness.publishes.deadlines.count < 100)
  }

  @Test func `a publish of an earlier process is answered at its deadline and goes on`() {
    var harness = OutgoingHarness()
    _ = harness.publish(Self.request(1, deadline: .seconds(1), progress: .maybeSent))
    #expect(harness.advance(.seconds(1)) == [.finished(1, .maybeSent(.deadlinePassed))])
    #expect(harness.connect() == [.publish(1, isDuplicate: true), .sent(1)])
    #expect(harness.ack(1) == [.settled(1)])
  }

  @Test func `an expired message ends while it waits, whether there is a link or not`() {
    var harness = SessionHarness()
    _ = harness.publish(Self.request(1, expiry: 4))
    #expect(harness.session.nextDeadline == harness.now + .seconds(4))
    #expect(harness.advance(.seconds(4)) == [.finished(1, .expired)])
    _ = harness.start()
    _ = harness.publish(Self.request(2, expiry: 1))
    #expect(harness.advance(.seconds(1)) == [.finished(2, .expired)])
    #expect(harness.session.state == .opening(until: harness.now + .seconds(9)))
  }

  @Test func `the time that a message waited elsewhere counts for its expiry`() {
    var harness = OutgoingHarness()
    var request = Self.request(1, expiry: 10)
    request.age = .seconds(8)
    _ = harness.publish(request)
    #expect(harness.advance(.seconds(2)) == [.finished(1, .expired)])
  }

  @Test func `taking back what was sent answers it and lets the exchange go on`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    #expect(harness.cancel(1).isEmpty)
    #expect(harness.cancel(1, answersSent: true) == [.finished(1, .maybeSent(.cancelled))])
    #expect(harness.cancel(1, answersSent: true).isEmpty)
    #expect(harness.cancel(7, answersSent: true).isEmpty)
    #expect(harness.ack(1) == [.settled(1)])
  }

  @Test func `everything can be taken back at once`() {
    var harness = SessionHarness { $0.inflightMaximum = 1 }
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(Self.request(UInt64(key))) }
    #expect(
      harness.run { session, _, actions in session.cancelAll(answersSent: true, &actions) }
        == [
          .finished(1, .maybeSent(.cancelled)), .finished(2, .cancelled), .finished(3, .cancelled),
        ]
    )
    #expect(harness.receive(.publishAck(PublishReply(1))) == [.settled(1)])
    #expect(harness.session.counts.waitingPublishes == 0)
  }

  @Test func `stopping settles what was answered before`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    _ = harness.cancel(1, answersSent: true)
    #expect(harness.stop() == [.settled(1)])
  }
}
