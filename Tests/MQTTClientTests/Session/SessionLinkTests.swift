import Testing

@testable import MQTTClient

@Suite struct SessionLinkTests {
  @Test func `a failed attempt is tried again after a growing wait`() {
    var harness = SessionHarness()
    _ = harness.start()
    let failure = LinkFailure.connectFailed(111)
    #expect(
      harness.fail(failure) == [.down(.linkFailed(failure), retryIn: .milliseconds(200))])
    #expect(harness.advance(.milliseconds(199)).isEmpty)
    #expect(harness.advance(.milliseconds(1)) == [.openLink])
    #expect(
      harness.fail(failure) == [.down(.linkFailed(failure), retryIn: .milliseconds(400))])
  }

  @Test func `one deadline covers opening and greeting`() {
    var harness = SessionHarness()
    _ = harness.start()
    #expect(harness.advance(.seconds(6)).isEmpty)
    _ = harness.open()
    #expect(
      harness.advance(.seconds(4))
        == [.closeLink(.immediately), .down(.connectTimeout, retryIn: .milliseconds(200))])
  }

  @Test func `a refusal is reported and waits long`() {
    var harness = SessionHarness()
    _ = harness.start()
    _ = harness.open()
    let ack = SessionHarness.ack(.badUsernameOrPassword) { $0.reasonString = "no" }
    #expect(
      harness.receive(.connectAck(ack)) == [
        .closeLink(.immediately),
        .down(.refused(.badUsernameOrPassword, reasonString: "no"), retryIn: .seconds(30)),
      ])
  }

  @Test func `a session that another client took over waits long if the policy says so`() {
    var harness = SessionHarness { $0.reconnect.afterTakeOver = .waitLongest }
    _ = harness.connect()
    #expect(
      harness.receive(.disconnect(Disconnect(.sessionTakenOver, reasonString: "bye"))) == [
        .closeLink(.immediately),
        .down(.closedByBroker(.sessionTakenOver, reasonString: "bye"), retryIn: .seconds(30)),
      ])
    #expect(harness.receive(.pingResponse).isEmpty)
  }

  @Test func `something other than CONNACK first is a protocol error`() {
    var harness = SessionHarness()
    _ = harness.start()
    _ = harness.open()
    #expect(
      harness.receive(.auth(Auth(.continueAuthentication))) == [
        .send(.disconnect(Disconnect(.protocolError))), .closeLink(.afterWrites),
        .down(.violation(.protocolError), retryIn: .milliseconds(200)),
      ])
  }

  @Test(arguments: [
    Packet.connect(Connect(version: .v5, clientID: "x")), .connectAck(SessionHarness.ack()),
    .subscribe(Subscribe(packetID: 1, subscriptions: [])),
    .unsubscribe(Unsubscribe(packetID: 1, filters: [])), .pingRequest, .auth(Auth()),
    .publish(Publish(topic: "", payload: [])),
  ]) func `packets that a broker must not send end the link`(packet: Packet) {
    var harness = SessionHarness()
    _ = harness.connect()
    #expect(
      harness.receive(packet) == [
        .send(.disconnect(Disconnect(.protocolError))), .closeLink(.afterWrites),
        .down(.violation(.protocolError), retryIn: .milliseconds(200)),
      ])
  }

  @Test func `bytes that are no packet end the link with their reason`() {
    var harness = SessionHarness()
    #expect(harness.run { $0.receivedInvalid(.malformedPacket, at: $1, &$2) }.isEmpty)
    _ = harness.connect()
    #expect(
      harness.run { $0.receivedInvalid(.packetTooLarge, at: $1, &$2) } == [
        .send(.disconnect(Disconnect(.packetTooLarge))), .closeLink(.afterWrites),
        .down(.violation(.packetTooLarge), retryIn: .milliseconds(200)),
      ])
  }

  @Test(arguments: [ReceiveMaximumExcess.tolerate, .disconnect])
  func `more unacknowledged messages than offered are taken, or end the link by option`(
    excess: ReceiveMaximumExcess
  ) {
    var harness = SessionHarness {
      $0.connect.receiveMaximum = 1
      $0.receiveMaximumExcess = excess
    }
    _ = harness.connect()
    var message = OutgoingHarness.message()
    message.packetID = 1
    _ = harness.receive(.publish(message))
    message.packetID = 2
    let actions = harness.receive(.publish(message))
    let told = harness.flush()
    let counts = harness.session.counts
    if excess == .disconnect {
      #expect(actions.first == .send(.disconnect(Disconnect(.receiveMaximumExceeded))))
      #expect(told.isEmpty && counts.deliveriesBeyondReceiveMaximum == 0)
      return
    }
    guard case .deliver(_, let token)? = actions.first, actions.count == 1 else {
      Issue.record("\(actions)")
      return
    }
    #expect(told == [.receiveMaximumExceeded(by: 1, maximum: 1)])
    #expect(counts.deliveriesBeyondReceiveMaximum == 1 && token.packetID == 2)
    #expect(harness.flush().isEmpty)
  }

  @Test func `a poisoned delivery makes no hot loop`() {
    var harness = SessionHarness()
    var waits: [Duration] = []
    for _ in 0..<12 {
      _ = harness.connect(sessionPresent: true)
      let actions = harness.run { $0.receivedInvalid(.malformedPacket, at: $1, &$2) }
      if case .down(_, let wait?) = actions.last { waits.append(wait) }
    }
    #expect(waits.count == 12)
    #expect(waits.last == .seconds(30))
  }

  @Test func `silence is asked about and a dead broker is left`() {
    var harness = SessionHarness()
    _ = harness.connect()
    #expect(harness.session.nextDeadline == harness.now + .seconds(45))
    #expect(harness.advance(.seconds(44)).isEmpty)
    harness.session.wrote(at: harness.now)
    #expect(harness.advance(.seconds(1)) == [.send(.pingRequest)])
    harness.session.wrote(at: harness.now)
    #expect(harness.receive(.pingResponse).isEmpty)
    #expect(harness.advance(.seconds(45)) == [.send(.pingRequest)])
    #expect(harness.advance(.seconds(9)).isEmpty)
    harness.session.wrote(at: harness.now)
    #expect(
      harness.advance(.seconds(1))
        == [.closeLink(.immediately), .down(.pingTimeout, retryIn: .milliseconds(200))])
  }

  @Test func `the broker's keep-alive wins`() {
    var harness = SessionHarness()
    _ = harness.connect { $0.serverKeepAlive = 8 }
    #expect(harness.advance(.seconds(6)) == [.send(.pingRequest)])
  }

  @Test func `without a keep-alive there is no deadline`() {
    var harness = SessionHarness { $0.keepAlive = 0 }
    _ = harness.connect()
    #expect(harness.session.nextDeadline == nil)
  }

  @Test func `a broker that never acknowledges is left although it answers pings`() {
    var harness = SessionHarness {
      $0.keepAlive = 10
      $0.pingFraction = 1
    }
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    for _ in 0..<2 {
      #expect(harness.advance(.seconds(10)) == [.send(.pingRequest)])
      _ = harness.receive(.pingResponse)
    }
    #expect(
      harness.advance(.seconds(10)) == [
        .closeLink(.immediately), .down(.acknowledgementTimeout, retryIn: .milliseconds(200)),
      ])
    #expect(
      harness.connect(sessionPresent: true).last == .publish(1, isDuplicate: true))
  }

  @Test func `a broker that never answers SUBSCRIBE is left`() {
    var harness = SessionHarness { $0.keepAlive = 0 }
    _ = harness.connect()
    _ = harness.subscribe(1, "a")
    _ = harness.flush()
    #expect(harness.advance(.seconds(30)).last?.isDown(.acknowledgementTimeout) == true)
  }

  @Test func `a session that nobody knows is refused if so wished, and used otherwise`() {
    var strict = SessionHarness { $0.unknownSession = .refuse }
    let actions = strict.connect(sessionPresent: true)
    #expect(actions.contains(.send(.disconnect(Disconnect(.protocolError)))))
    #expect(actions.last?.isDown(.violation(.protocolError)) == true)
    _ = strict.connect()
    _ = strict.fail()
    #expect(
      strict.connect(sessionPresent: true).last == .up(SessionHarness.ack(sessionPresent: true)))
    var restored = SessionHarness { $0.unknownSession = .refuse }
    var request = SessionTests.request(1)
    request.progress = .maybeSent
    _ = restored.publish(request)
    #expect(restored.connect(sessionPresent: true).first?.isUp == true)
    var usual = SessionHarness()
    #expect(usual.connect(sessionPresent: true).first?.isUp == true)
  }

  @Test(arguments: [
    Packet.publishAck(PublishReply(1, .success, reasonString: "x")),
    .publishReceived(PublishReply(1, .success, userProperties: [UserProperty("a", "b")])),
    .publishRelease(PublishReply(1, .success, reasonString: "x")),
    .publishComplete(PublishReply(1, .success, reasonString: "x")),
    .subscribeAck(SubscribeAck(packetID: 1, reasonCodes: [.success], reasonString: "x")),
    .unsubscribeAck(UnsubscribeAck(packetID: 1, reasonCodes: [.success], reasonString: "x")),
  ]) func `problem information that was declined is a protocol error`(packet: Packet) {
    var quiet = SessionHarness { $0.connect.requestProblemInformation = false }
    _ = quiet.connect()
    #expect(quiet.receive(packet).last?.isDown(.violation(.protocolError)) == true)
    var usual = SessionHarness()
    _ = usual.connect()
    #expect(usual.receive(packet).contains { $0.isDown(.violation(.protocolError)) } == false)
  }

  @Test func `options that cannot be expressed end the session before any link`() {
    var harness = SessionHarness {
      $0.version = .v311
      $0.clientID = ""
    }
    _ = harness.publish(SessionTests.request(1))
    #expect(
      harness.start() == [
        .down(.optionsInvalid(.clientIDMissing), retryIn: nil), .finished(1, .notSent(.stopped)),
        .stopped,
      ])
  }

  @Test func `a session that gives up answers everything and can start again`() {
    var harness = SessionHarness { $0.reconnect = .never }
    _ = harness.publish(SessionTests.request(1))
    _ = harness.start()
    #expect(
      harness.fail() == [
        .down(.linkFailed(.closedByPeer), retryIn: nil), .finished(1, .notSent(.stopped)), .stopped,
      ])
    #expect(harness.session.nextDeadline == nil)
    #expect(harness.start() == [.openLink])
  }

  @Test func `work that the broker confirmed keeps the waits short`() {
    var harness = SessionHarness { $0.reconnect.backoff.maximumAfterProgress = .seconds(1) }
    var waits: [Duration] = []
    for key in 1...12 {
      _ = harness.connect(sessionPresent: true)
      _ = harness.publish(SessionTests.request(UInt64(key)))
      _ = harness.receive(.publishAck(PublishReply(PacketID(key))))
      // An acknowledgement of nothing is no progress.
      if case .down(_, let wait?) = harness.fail().last { waits.append(wait) }
    }
    #expect(waits.last == .seconds(1))
    for _ in 0..<12 {
      _ = harness.connect(sessionPresent: true)
      _ = harness.receive(.publishAck(PublishReply(1)))
      if case .down(_, let wait?) = harness.fail().last { waits.append(wait) }
    }
    #expect(waits.last == .seconds(30))
  }

  @Test func `credentials of an attempt are for that attempt`() {
    var harness = SessionHarness { $0.username = "u" }
    for name in ["v", "u"] {
      _ = harness.session.state == .idle ? harness.start() : harness.advance(.seconds(1))
      if name == "v" { harness.session.prepared(ConnectOverrides(username: name)) }
      guard case .send(.connect(let connect)) = harness.open().first else {
        Issue.record("no CONNECT")
        return
      }
      #expect(connect.username == name)
      _ = harness.fail()
    }
  }

  @Test func `events of a link that is gone change nothing`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.fail()
    #expect(harness.fail().isEmpty)
    #expect(harness.open().isEmpty)
    #expect(harness.receive(.publish(OutgoingHarness.message("t", .atMostOnce))).isEmpty)
    #expect(harness.run { $0.receivedInvalid(.malformedPacket, at: $1, &$2) }.isEmpty)
  }

  @Test func `after a CONNECT without an answer a present session proves nothing`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.subscribe(1, "a")
    _ = harness.flush()
    _ = harness.receive(.subscribeAck(SubscribeAck(packetID: 65_535, reasonCodes: [.success])))
    _ = harness.fail()
    let ack = SessionHarness.ack(sessionPresent: true)
    #expect(harness.connect(sessionPresent: true) == [.up(ack)])
    _ = harness.fail()
    harness.now += .seconds(1)
    _ = harness.advance(.zero)
    _ = harness.open()
    _ = harness.fail()
    #expect(
      harness.connect(sessionPresent: true)
        == [.up(ack), SubscriptionsTests.subscribe(65_534, "a", retainHandling: .ignore)])
    _ = harness.receive(.subscribeAck(SubscribeAck(packetID: 65_534, reasonCodes: [.success])))
    _ = harness.fail()
    #expect(harness.connect(sessionPresent: true) == [.up(ack)])
  }

  @Test func `an assigned client identifier is used again`() {
    var harness = SessionHarness { $0.clientID = "" }
    _ = harness.connect { $0.assignedClientIdentifier = "auto" }
    #expect(harness.session.clientID == "auto")
    _ = harness.fail()
    harness.now += .seconds(1)
    _ = harness.advance(.zero)
    guard case .send(.connect(let connect)) = harness.open().first else {
      Issue.record("no CONNECT")
      return
    }
    #expect(connect.clientID == "auto")
  }
}

extension SessionAction {
  var isUp: Bool { if case .up = self { true } else { false } }

  func isDown(_ reason: DownReason) -> Bool {
    if case .down(reason, _) = self { true } else { false }
  }
}
