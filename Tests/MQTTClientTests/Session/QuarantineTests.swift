import Testing

@testable import MQTTClient

/// Messages over which the broker ends the link.
@Suite struct QuarantineTests {
  private static let broken = PoisonEvidence.suspicious(nil)

  @Test func `a message over which the broker ends two links in a row is taken out`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    harness.lose(Self.broken)
    #expect(harness.connect() == [.publish(1, isDuplicate: true)])
    harness.lose(Self.broken)
    #expect(
      harness.connect() == [.finished(1, .maybeSent(.quarantined(nil)))])
    #expect(harness.publish(2) == [.publish(2), .sent(2)])
  }

  @Test func `a code that only a message can cause convicts at once`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    harness.lose(.certain(.packetTooLarge))
    #expect(
      harness.connect() == [.finished(1, .maybeSent(.quarantined(.packetTooLarge)))])
  }

  @Test func `among several the one is found by sending them one at a time`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(UInt64(key)) }
    harness.lose(.certain(.malformedPacket))
    #expect(harness.connect() == [.publish(1, isDuplicate: true)])
    #expect(harness.publish(4).isEmpty)
    #expect(harness.ack(1) == [.acknowledged(1), .publish(2, isDuplicate: true)])
    harness.lose(.certain(.malformedPacket))
    #expect(
      harness.connect()
        == [
          .finished(2, .maybeSent(.quarantined(.malformedPacket))), .publish(3, isDuplicate: true),
        ])
    #expect(
      harness.ack(3) == [.acknowledged(3), .publish(4), .sent(4)])
    #expect(harness.publish(5) == [.publish(5), .sent(5)], "the window is open again")
  }

  @Test func `links that end without any progress make the session careful`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(UInt64(key)) }
    harness.lose(Self.broken)
    #expect(harness.connect() == [.publish(1, isDuplicate: true)])
    harness.lose(Self.broken)
    #expect(harness.connect() == [.publish(1, isDuplicate: true)])
    harness.lose(Self.broken)
    #expect(
      harness.connect()
        == [.finished(1, .maybeSent(.quarantined(nil))), .publish(2, isDuplicate: true)])
  }

  @Test func `a link with progress keeps the window open`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(UInt64(key)) }
    _ = harness.ack(1)
    harness.lose(Self.broken)
    #expect(harness.connect().count == 2)
  }

  @Test func `a broker that is merely broken costs few messages`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(UInt64(key)) }
    var taken = 0
    // Careless, careful twice, and then eight times for the next one.
    for _ in 0..<10 {
      harness.lose(Self.broken)
      for case .finished in harness.connect() { taken += 1 }
    }
    #expect(taken == 1)
    harness.lose(Self.broken)
    for case .finished in harness.connect() { taken += 1 }
    #expect(taken == 2, "a second one does not hold the queue up for ever")
    #expect(harness.ack(3).count == 1)
    _ = harness.publish(4)
    harness.lose(Self.broken)
    _ = harness.connect()
    harness.lose(Self.broken)
    #expect(
      harness.connect() == [.finished(4, .maybeSent(.quarantined(nil)))],
      "an acknowledgement makes suspicions count again")
  }

  @Test func `no evidence is a link that the network or we ended`() {
    let reasons: [DownReason] = [
      .linkFailed(.transferFailed(110)), .linkFailed(.timedOut), .linkFailed(.writeStalled),
      .pingTimeout, .acknowledgementTimeout, .connectTimeout, .violation(.malformedPacket),
      .closedByBroker(.serverShuttingDown, reasonString: nil),
      .closedByBroker(.sessionTakenOver, reasonString: nil),
      .refused(.notAuthorized, reasonString: nil),
    ]
    for reason in reasons { #expect(PoisonEvidence(reason) == .none) }
    #expect(PoisonEvidence(nil) == .none)
    #expect(PoisonEvidence(.linkFailed(.closedByPeer)) == .suspicious(nil))
    #expect(PoisonEvidence(.linkFailed(.transferFailed(104))) == .suspicious(nil))
    #expect(
      PoisonEvidence(.closedByBroker(.notAuthorized, reasonString: nil))
        == .suspicious(.notAuthorized))
    #expect(
      PoisonEvidence(.closedByBroker(.packetTooLarge, reasonString: nil))
        == .certain(.packetTooLarge))
  }

  @Test func `another packet that could be the reason acquits`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    for _ in 0..<5 {
      _ = harness.publish(
        PublishRequest(key: 9, publish: OutgoingHarness.message("t", .atMostOnce)))
      harness.lose(.certain(.malformedPacket))
      #expect(harness.connect() == [.publish(1, isDuplicate: true)])
      harness.lose(.certain(.malformedPacket), isQuiet: false)
      #expect(harness.connect() == [.publish(1, isDuplicate: true)])
      harness.publishes.poison.heard()
      harness.lose(.certain(.malformedPacket))
      #expect(harness.connect() == [.publish(1, isDuplicate: true)])
    }
  }

  @Test func `a taken out QoS 2 message lets go of its identifier first`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1, .exactlyOnce)
    harness.lose(.certain(.packetTooLarge))
    #expect(harness.connect() == [.release(1)])
    #expect(
      harness.complete(1, .packetIdentifierNotFound)
        == [.finished(1, .maybeSent(.quarantined(.packetTooLarge)))])
  }

  @Test func `zero never takes a message out`() {
    var harness = OutgoingHarness { $0.delivery.quarantineAfter = 0 }
    _ = harness.connect()
    _ = harness.publish(1)
    for _ in 0..<10 {
      harness.lose(.certain(.packetTooLarge))
      #expect(harness.connect() == [.publish(1, isDuplicate: true)])
    }
  }

  @Test func `a session tells the evidence from the reason`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    for _ in 0..<2 {
      _ = harness.fail()
      _ = harness.connect(sessionPresent: true)
    }
    #expect(harness.session.counts.inFlightPublishes == 0)
  }

  @Test func `what the broker delivers on every link acquits no message`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    for _ in 0..<2 {
      _ = harness.receive(
        .publish(
          Publish(topic: "in", payload: [], qos: .atLeastOnce, isDuplicate: true, packetID: 7)))
      _ = harness.receive(.publishRelease(PublishReply(8)))
      _ = harness.fail()
      _ = harness.connect(sessionPresent: true)
    }
    #expect(harness.session.counts.inFlightPublishes == 0)
  }

  @Test func `an answer acquits`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    for _ in 0..<5 {
      _ = harness.receive(.pingResponse)
      _ = harness.fail()
      _ = harness.connect(sessionPresent: true)
    }
    #expect(harness.session.counts.inFlightPublishes == 1)
  }

  @Test func `a suspect waits for the answers to other requests`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = harness.subscribe(8, "f")
    _ = harness.flush()
    _ = harness.fail()
    for key in 9...10 {
      _ = harness.subscribe(UInt64(key), "g")
      let greeting = harness.connect(sessionPresent: true)
      guard greeting.count == 2, case .send(.subscribe(let subscribe)) = greeting.last else {
        Issue.record("not just SUBSCRIBE: \(greeting)")
        return
      }
      let codes = subscribe.subscriptions.map { _ in ReasonCode.success }
      let answered = harness.receive(
        .subscribeAck(SubscribeAck(packetID: subscribe.packetID, reasonCodes: codes)))
      #expect(answered.last == .publish(1, isDuplicate: true))
      _ = harness.fail()
    }
    _ = harness.connect(sessionPresent: true)
    #expect(harness.session.counts.inFlightPublishes == 0)
  }

  @Test func `a DISCONNECT that names a fault of the message convicts at once`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = harness.receive(.disconnect(Disconnect(.packetTooLarge)))
    _ = harness.connect(sessionPresent: true)
    #expect(harness.session.counts.inFlightPublishes == 0)
  }

  @Test(arguments: [true, false])
  func `a re-authentication acquits once the broker knows of it`(isKnown: Bool) {
    var harness = SessionHarness(authenticator: NamedAuthenticator())
    harness.authenticate()
    _ = harness.publish(SessionTests.request(1))
    _ = harness.reauthenticate(7)
    if isKnown { #expect(harness.answer(5).count == 1, "AUTH") }
    _ = harness.receive(.disconnect(Disconnect(.malformedPacket)))
    let isCareful = harness.session.outgoing.isCareful
    #expect(isCareful == isKnown)
  }
}
