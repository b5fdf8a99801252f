import Testing

@testable import MQTTClient

/// Enhanced authentication before CONNACK, as the session sees it.
@Suite struct AuthenticationTests: ~Copyable {
  static let wait = Duration.milliseconds(200)
  var harness = SessionHarness(authenticator: NamedAuthenticator())

  @Test mutating func `the exchange goes through CONNECT, AUTH and CONNACK`() {
    _ = harness.start()
    #expect(
      harness.open() == [.authentication(.started(.connection)), .ask(1, .begin(.connection))])
    let sent = harness.answer(1, "first")
    guard case .send(.connect(let connect)) = sent.first, sent.count == 1 else {
      Issue.record("no CONNECT but \(sent)")
      return
    }
    #expect(connect.properties.authenticationMethod == "TEST")
    #expect(connect.properties.authenticationData == Bytes("first".utf8))
    #expect(
      harness.receive(SessionHarness.auth("challenge"))
        == [.authentication(.challenged), .ask(2, .respond(AuthenticationMessage("challenge")))])
    #expect(harness.answer(2, "proof") == [.send(SessionHarness.auth("proof"))])
    let ack = SessionHarness.authenticatedAck("last")
    #expect(
      harness.receive(.connectAck(ack)) == [.ask(3, .finish(AuthenticationMessage("last")))])
    #expect(harness.session.isChecking == true)
    #expect(harness.answer(3) == [.authentication(.succeeded(.connection)), .up(ack)])
    #expect(harness.session.state == .up)
    #expect(harness.session.isChecking == false)
  }

  @Test mutating func `nothing of the application goes out before the broker is accepted`() {
    _ = harness.publish(SessionTests.request(1))
    _ = harness.subscribe(2, "a")
    _ = harness.start()
    #expect(harness.open().count == 2)
    #expect(harness.flush().isEmpty)
    _ = harness.answer(1)
    #expect(harness.publish(SessionTests.request(3)).isEmpty)
    _ = harness.receive(.connectAck(SessionHarness.authenticatedAck()))
    #expect(harness.flush().isEmpty)
    let actions = harness.answer(2)
    #expect(actions.contains(.publish(1)) && actions.contains(.publish(3)))
  }

  @Test mutating func `what follows CONNACK waits until the broker is accepted`() {
    _ = harness.start()
    _ = harness.open()
    _ = harness.answer(1)
    _ = harness.receive(.connectAck(SessionHarness.authenticatedAck()))
    let message = OutgoingHarness.message("t", .atMostOnce)
    #expect(harness.receive(.publish(message)).isEmpty)
    let token = AckToken(epoch: 0, serial: 0, packetID: 0, qos: .atMostOnce)
    #expect(harness.answer(2).last == .deliver(message, token))
  }

  @Test mutating func `a broker cannot fill the memory while it is checked`() {
    _ = harness.start()
    _ = harness.open()
    _ = harness.answer(1)
    _ = harness.receive(.connectAck(SessionHarness.authenticatedAck()))
    for _ in 0..<Session.heldPacketsMaximum { #expect(harness.receive(.pingResponse).isEmpty) }
    #expect(harness.receive(.pingResponse).last?.isDown(.violation(.quotaExceeded)) == true)
    #expect(harness.answer(2).isEmpty)
  }

  @Test mutating func `a broker whose proof is wrong is left at once`() {
    _ = harness.start()
    _ = harness.open()
    _ = harness.answer(1)
    _ = harness.receive(.connectAck(SessionHarness.authenticatedAck("wrong")))
    let failure = AuthenticationFailure.authenticator("no")
    #expect(
      harness.refuse(2) == [
        .endAuthentication(failure), .authentication(.failed(.connection, failure)),
        .send(.disconnect(Disconnect(.unspecifiedError))), .closeLink(.afterWrites),
        .down(.authenticationFailed(failure), retryIn: .seconds(30)),
      ])
    #expect(harness.receive(.pingResponse).isEmpty)
  }

  @Test mutating func `an authenticator that cannot begin fails the attempt without CONNECT`() {
    _ = harness.start()
    _ = harness.open()
    let failure = AuthenticationFailure.authenticator("no")
    #expect(
      harness.refuse(1) == [
        .endAuthentication(failure), .authentication(.failed(.connection, failure)),
        .closeLink(.immediately), .down(.authenticationFailed(failure), retryIn: .seconds(30)),
      ])
  }

  @Test mutating func `an authenticator that gives up at a challenge ends the link`() {
    _ = harness.start()
    _ = harness.open()
    _ = harness.answer(1)
    _ = harness.receive(SessionHarness.auth("challenge"))
    let actions = harness.refuse(2)
    #expect(actions.contains(.send(.disconnect(Disconnect(.unspecifiedError)))))
    #expect(actions.last?.isDown(.authenticationFailed(.authenticator("no"))) == true)
  }

  @Test mutating func `answers of an earlier attempt change nothing`() {
    _ = harness.start()
    _ = harness.open()
    #expect(harness.fail().contains(.endAuthentication(.connectionLost)))
    #expect(harness.answer(1).isEmpty)
    _ = harness.advance(.seconds(1))
    #expect(harness.answer(1).isEmpty)
    #expect(harness.open().contains(.ask(3, .begin(.connection))))
    #expect(harness.answer(1).isEmpty)
    #expect(harness.refuse(2).isEmpty)
    #expect(harness.answer(3).count == 1)
    #expect(harness.answer(3).isEmpty)
  }

  @Test(arguments: [
    SessionHarness.auth("x", .success), SessionHarness.auth("x", .reauthenticate),
    SessionHarness.auth("x", method: "OTHER"), SessionHarness.auth("x", method: nil),
    .connectAck(SessionHarness.ack()),
    .connectAck(SessionHarness.ack { $0.authenticationMethod = "OTHER" }), .pingResponse,
  ]) mutating func `a broker that leaves the exchange breaks the protocol`(packet: Packet) {
    _ = harness.start()
    _ = harness.open()
    _ = harness.answer(1)
    let actions = harness.receive(packet)
    #expect(actions.contains(.send(.disconnect(Disconnect(.protocolError)))))
    #expect(actions.contains(.authentication(.failed(.connection, .connectionLost))))
    #expect(actions.last?.isDown(.violation(.protocolError)) == true)
  }

  @Test mutating func `a second challenge before our answer breaks the protocol`() {
    _ = harness.start()
    _ = harness.open()
    _ = harness.answer(1)
    _ = harness.receive(SessionHarness.auth("one"))
    #expect(
      harness.receive(SessionHarness.auth("two")).last?.isDown(.violation(.protocolError)) == true)
  }

  @Test mutating func `a broker that speaks before CONNECT is left without a word`() {
    _ = harness.start()
    _ = harness.open()
    let actions = harness.receive(.connectAck(SessionHarness.ack()))
    #expect(actions.contains(.closeLink(.immediately)))
    #expect(actions.last?.isDown(.violation(.protocolError)) == true)
  }

  @Test mutating func `a refusal ends the exchange with the broker's reason`() {
    _ = harness.start()
    _ = harness.open()
    _ = harness.answer(1)
    _ = harness.receive(SessionHarness.auth("challenge"))
    let actions = harness.receive(.connectAck(SessionHarness.ack(.notAuthorized)))
    #expect(actions.contains(.endAuthentication(.refused(.notAuthorized))))
    #expect(actions.last?.isDown(.refused(.notAuthorized, reasonString: nil)) == true)
    #expect(harness.answer(2).isEmpty)
  }

  @Test mutating func `the authentication has a deadline inside that of the connection`() {
    harness = SessionHarness(authenticator: NamedAuthenticator()) {
      $0.authenticationTimeout = .seconds(3)
    }
    _ = harness.start()
    _ = harness.open()
    #expect(harness.session.nextDeadline == harness.now + .seconds(3))
    let actions = harness.advance(.seconds(3))
    #expect(actions.contains(.endAuthentication(.timedOut)))
    #expect(actions.last?.isDown(.authenticationFailed(.timedOut)) == true)
    #expect(harness.answer(1).isEmpty)
  }

  @Test mutating func `the deadline of the connection counts for the authentication`() {
    harness = SessionHarness(authenticator: NamedAuthenticator()) {
      $0.authenticationTimeout = .seconds(100)
    }
    _ = harness.start()
    _ = harness.advance(.seconds(9))
    _ = harness.open()
    let actions = harness.advance(.seconds(1))
    #expect(actions.contains(.endAuthentication(.timedOut)))
    #expect(actions.last?.isDown(.connectTimeout) == true)
  }

  @Test mutating func `a stop ends the exchange`() {
    _ = harness.start()
    _ = harness.open()
    #expect(
      harness.stop() == [
        .closeLink(.immediately), .endAuthentication(.stopped),
        .authentication(.failed(.connection, .stopped)), .stopped,
      ])
    #expect(harness.answer(1).isEmpty)
  }

  @Test func `a broker must not authenticate a client that did not ask`() {
    var harness = SessionHarness()
    _ = harness.start()
    _ = harness.open()
    let ack = SessionHarness.ack { $0.authenticationMethod = "TEST" }
    #expect(
      harness.receive(.connectAck(ack)).last?.isDown(.violation(.protocolError)) == true)
  }

  @Test func `a method of one message needs no authenticator`() {
    var harness = SessionHarness {
      $0.connect.authenticationMethod = "TOKEN"
      $0.connect.authenticationData = [1, 2]
    }
    let ack = SessionHarness.ack { $0.authenticationMethod = "TOKEN" }
    _ = harness.start()
    guard case .send(.connect(let connect)) = harness.open().first else {
      Issue.record("no CONNECT")
      return
    }
    #expect(connect.properties.authenticationData == [1, 2])
    #expect(harness.receive(.connectAck(ack)) == [.up(ack)])
    let actions = harness.receive(SessionHarness.auth("x", method: "TOKEN"))
    #expect(actions.last?.isDown(.violation(.protocolError)) == true)
  }

  @Test func `MQTT 3 has no authentication by exchange`() {
    var harness = SessionHarness(authenticator: NamedAuthenticator()) { $0.version = .v311 }
    #expect(
      harness.start() == [.down(.optionsInvalid(.requiresVersion5), retryIn: nil), .stopped])
  }
}
