import Testing

@testable import MQTTClient

/// The ways in which a session ends by its owner's wish.
@Suite struct DrainTests: ~Copyable {
  var harness = SessionHarness()

  mutating func drain(
    _ packet: Disconnect = Disconnect(), within time: Duration? = .seconds(60)
  ) -> [SessionAction] {
    let until = time.map { harness.now + $0 }
    return harness.run { $0.stop(.drain(packet), until: until, at: $1, &$2) }
  }

  mutating func stop(_ ending: SessionEnding) -> [SessionAction] {
    harness.run { $0.stop(ending, at: $1, &$2) }
  }

  static let goodbye: [SessionAction] = [
    .send(.disconnect(Disconnect())), .closeLink(.afterWrites), .stopped,
  ]

  @Test mutating func `a session with nothing to do ends at once`() {
    _ = harness.connect()
    #expect(drain() == Self.goodbye)
  }

  @Test mutating func `what was published is acknowledged before DISCONNECT`() {
    harness = SessionHarness { $0.inflightMaximum = 1 }
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = harness.publish(SessionTests.request(2))
    #expect(drain().isEmpty)
    #expect(harness.flush().isEmpty)
    #expect(
      harness.receive(.publishAck(PublishReply(1))) == [.acknowledged(1), .publish(2), .sent(2)])
    #expect(harness.flush().isEmpty)
    #expect(harness.receive(.publishAck(PublishReply(2))) == [.acknowledged(2)])
    #expect(harness.flush() == Self.goodbye)
    #expect(harness.session.nextDeadline == nil)
  }

  @Test mutating func `requests that wait for their flush go out and are answered first`() {
    _ = harness.connect()
    _ = harness.subscribe(1, "a")
    #expect(drain() == [SubscriptionsTests.subscribe(65_535, "a")])
    _ = harness.receive(.subscribeAck(SubscribeAck(packetID: 65_535, reasonCodes: [.success])))
    #expect(harness.flush() == Self.goodbye)
  }

  @Test mutating func `a re-authentication is finished first`() {
    harness = SessionHarness(authenticator: NamedAuthenticator())
    harness.authenticate()
    _ = harness.reauthenticate(1)
    #expect(drain().isEmpty)
    _ = harness.answer(5)
    _ = harness.receive(SessionHarness.auth("", .success))
    #expect(harness.flush().isEmpty)
    #expect(harness.answer(6).last == .reauthenticated(1, .succeeded))
    #expect(harness.flush() == Self.goodbye)
  }

  @Test mutating func `nothing new is taken meanwhile`() {
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = drain()
    #expect(harness.publish(SessionTests.request(2)) == [.finished(2, .notSent(.stopped))])
    #expect(
      harness.publish(SessionTests.request(3, .atMostOnce)) == [.finished(3, .notSent(.stopped))])
    #expect(
      harness.subscribe(4, "a") == [SubscriptionsTests.answer(4, .implementationSpecificError)])
    #expect(
      harness.run { $0.unsubscribe(key: 5, filters: ["a"], at: $1, &$2) }
        == [.unsubscribed(5, [.implementationSpecificError], reasonString: nil)])
  }

  @Test mutating func `pings go on, and so do deliveries and their acknowledgements`() {
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    harness = SessionHarness { $0.acknowledgementTimeout = .seconds(1000) }
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = drain(within: .seconds(500))
    #expect(harness.advance(.seconds(45)) == [.send(.pingRequest)])
    var message = OutgoingHarness.message("t", .atLeastOnce)
    message.packetID = 9
    let token = AckToken(epoch: 0, serial: 0, packetID: 9, qos: .atLeastOnce)
    #expect(harness.receive(.publish(message)) == [.deliver(message, token)])
    #expect(
      harness.run { $0.acknowledge(token, at: $1, &$2) } == [.send(.publishAck(PublishReply(9)))])
    #expect(harness.advance(.seconds(45)) == [.send(.pingRequest)])
    #expect(harness.advance(.seconds(10)).last?.isDown(.pingTimeout) == true)
  }

  @Test mutating func `a lost link is opened again for what is left`() {
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = drain()
    #expect(harness.fail().last?.isDown(.linkFailed(.closedByPeer)) == true)
    #expect(harness.flush().isEmpty)
    _ = harness.connect(sessionPresent: true)
    _ = harness.receive(.publishAck(PublishReply(1)))
    #expect(harness.flush() == Self.goodbye)
  }

  @Test mutating func `without anything left no link is opened`() {
    _ = harness.connect()
    _ = harness.fail()
    #expect(drain() == [.stopped])
    harness = SessionHarness()
    #expect(drain() == [.stopped])
    #expect(harness.start() == [.openLink])
    #expect(drain() == [.closeLink(.immediately), .stopped])
  }

  @Test mutating func `at the deadline everything left is reported, and the will is the broker's`()
  {
    harness = SessionHarness { $0.inflightMaximum = 1 }
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = harness.publish(SessionTests.request(2))
    _ = drain(within: .seconds(5))
    #expect(harness.session.nextDeadline == harness.now + .seconds(5))
    let counts = harness.session.counts
    #expect(
      harness.advance(.seconds(5)) == [
        .drainExpired(counts), .closeLink(.immediately), .finished(1, .maybeSent(.stopped)),
        .finished(2, .notSent(.stopped)), .stopped,
      ])
  }

  @Test mutating func `the deadline counts without a link, too`() {
    _ = harness.publish(SessionTests.request(1))
    _ = harness.start()
    _ = drain(within: .seconds(5))
    _ = harness.fail()
    _ = harness.advance(.seconds(1))
    let actions = harness.advance(.seconds(4))
    #expect(actions.contains(.finished(1, .notSent(.stopped))))
    #expect(actions.last == .stopped)
  }

  @Test mutating func `a second wish can only be faster`() {
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = drain(Disconnect(.disconnectWithWill), within: .seconds(60))
    _ = drain(within: .seconds(100))
    #expect(harness.session.nextDeadline ?? .zero <= harness.now + .seconds(60))
    _ = drain(within: .seconds(5))
    #expect(harness.session.nextDeadline == harness.now + .seconds(5))
    #expect(
      stop(.now(Disconnect())) == [
        .send(.disconnect(Disconnect())), .closeLink(.afterWrites),
        .finished(1, .maybeSent(.stopped)), .stopped,
      ])
  }

  @Test mutating func `a drained session can start again`() {
    _ = harness.connect()
    _ = drain()
    #expect(harness.start() == [.openLink])
    #expect(harness.session.isDraining == false)
  }

  @Test mutating func `DISCONNECT says what the caller wants`() {
    let packet = Disconnect(
      .disconnectWithWill, sessionExpiryInterval: 5, reasonString: "bye",
      userProperties: [UserProperty("a", "b")])
    _ = harness.connect()
    #expect(stop(.now(packet)).first == .send(.disconnect(packet)))
    harness = SessionHarness()
    _ = harness.connect()
    #expect(drain(packet).first == .send(.disconnect(packet)))
  }

  @Test mutating func `an abort ends the link without a word`() {
    _ = harness.connect()
    #expect(stop(.abort) == [.closeLink(.immediately), .stopped])
  }

  @Test mutating func `MQTT 3 keeps the will by ending without DISCONNECT`() {
    harness = SessionHarness { $0.version = .v311 }
    _ = harness.connect()
    #expect(
      stop(.now(Disconnect(.disconnectWithWill))) == [.closeLink(.afterWrites), .stopped])
  }

  @Test func `what the protocol forbids in DISCONNECT is refused`() throws {
    var options = SessionOptions(clientID: "c")
    try options.check(Disconnect(.disconnectWithWill, sessionExpiryInterval: 10))
    #expect(throws: DisconnectError.serverReference) {
      try options.check(Disconnect(serverReference: "b"))
    }
    #expect(throws: DisconnectError.reasonCode(.notAuthorized)) {
      try options.check(Disconnect(.notAuthorized))
    }
    for expiry in [nil, 0] as [UInt32?] {
      options.connect.sessionExpiryInterval = expiry
      try options.check(Disconnect(sessionExpiryInterval: 0))
      #expect(throws: DisconnectError.sessionExpiryWasZero) {
        try options.check(Disconnect(sessionExpiryInterval: 1))
      }
    }
    options.version = .v311
    try options.check(Disconnect())
    try options.check(Disconnect(.disconnectWithWill))
    #expect(throws: DisconnectError.requiresVersion5) {
      try options.check(Disconnect(reasonString: "bye"))
    }
  }

  @Test mutating func `a forbidden DISCONNECT never leaves`() {
    harness = SessionHarness { $0.connect.sessionExpiryInterval = 0 }
    _ = harness.connect()
    #expect(stop(.now(Disconnect(sessionExpiryInterval: 5))) == Self.goodbye)
  }
}
