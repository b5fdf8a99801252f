import Testing

@testable import MQTTClient

/// Enhanced authentication on a connection that is up, as the session sees it.
@Suite struct ReauthenticationTests: ~Copyable {
  var harness = SessionHarness(authenticator: NamedAuthenticator())

  @Test mutating func `the client can authenticate again`() {
    harness.authenticate()
    let purpose = AuthenticationPurpose.reauthentication
    #expect(
      harness.reauthenticate(7) == [.authentication(.started(purpose)), .ask(5, .begin(purpose))])
    #expect(harness.answer(5, "one") == [.send(SessionHarness.auth("one", .reauthenticate))])
    #expect(
      harness.receive(SessionHarness.auth("two"))
        == [.authentication(.challenged), .ask(6, .respond(AuthenticationMessage("two")))])
    #expect(harness.answer(6, "three") == [.send(SessionHarness.auth("three"))])
    #expect(
      harness.receive(SessionHarness.auth("four", .success))
        == [.ask(7, .finish(AuthenticationMessage("four")))])
    #expect(
      harness.answer(7) == [.authentication(.succeeded(purpose)), .reauthenticated(7, .succeeded)])
    #expect(harness.session.state == .up)
    // And again.
    #expect(harness.reauthenticate(8).count == 2)
  }

  @Test mutating func `the session goes on meanwhile`() {
    harness.authenticate()
    _ = harness.reauthenticate(7)
    #expect(harness.publish(SessionTests.request(1)) == [.publish(1), .sent(1)])
    _ = harness.answer(5)
    #expect(harness.receive(.publishAck(PublishReply(1))) == [.acknowledged(1)])
    let ping = harness.advance(.seconds(9))
    #expect(ping.isEmpty)
  }

  @Test mutating func `only one can go on at a time`() {
    harness.authenticate()
    _ = harness.reauthenticate(7)
    #expect(harness.reauthenticate(8) == [.reauthenticated(8, .notStarted(.inProgress))])
  }

  @Test func `without a connection or an authenticator there is none`() {
    var harness = SessionHarness(authenticator: NamedAuthenticator())
    #expect(harness.reauthenticate(1) == [.reauthenticated(1, .notStarted(.notConnected))])
    var plain = SessionHarness()
    _ = plain.connect()
    #expect(plain.reauthenticate(1) == [.reauthenticated(1, .notStarted(.noAuthenticator))])
  }

  @Test mutating func `an authenticator that cannot begin leaves the connection alone`() {
    harness.authenticate()
    _ = harness.reauthenticate(7)
    let failure = AuthenticationFailure.authenticator("no")
    #expect(
      harness.refuse(5) == [
        .endAuthentication(failure), .authentication(.failed(.reauthentication, failure)),
        .reauthenticated(7, .failed(failure)),
      ])
    #expect(harness.session.state == .up)
  }

  @Test mutating func `a failure in the middle ends the connection`() {
    harness.authenticate()
    _ = harness.reauthenticate(7)
    _ = harness.answer(5)
    _ = harness.receive(SessionHarness.auth("two", .success))
    let failure = AuthenticationFailure.authenticator("no")
    #expect(
      harness.refuse(6) == [
        .endAuthentication(failure), .authentication(.failed(.reauthentication, failure)),
        .reauthenticated(7, .failed(failure)),
        .send(.disconnect(Disconnect(.unspecifiedError))), .closeLink(.afterWrites),
        .down(.authenticationFailed(failure), retryIn: .seconds(30)),
      ])
  }

  @Test mutating func `the broker's refusal is the answer`() {
    harness.authenticate()
    _ = harness.reauthenticate(7)
    _ = harness.answer(5)
    let actions = harness.receive(.disconnect(Disconnect(.notAuthorized)))
    #expect(actions.contains(.reauthenticated(7, .failed(.refused(.notAuthorized)))))
    #expect(actions.last?.isDown(.closedByBroker(.notAuthorized, reasonString: nil)) == true)
  }

  @Test mutating func `a broker that does not answer is left at the deadline`() {
    harness.authenticate()
    _ = harness.reauthenticate(7)
    _ = harness.answer(5)
    #expect(harness.session.nextDeadline == harness.now + .seconds(10))
    let actions = harness.advance(.seconds(10))
    #expect(actions.contains(.reauthenticated(7, .failed(.timedOut))))
    #expect(actions.contains(.send(.disconnect(Disconnect(.unspecifiedError)))))
    #expect(actions.last?.isDown(.authenticationFailed(.timedOut)) == true)
  }

  @Test mutating func `an authenticator that does not begin in time leaves the connection alone`() {
    harness.authenticate()
    _ = harness.reauthenticate(7)
    #expect(harness.advance(.seconds(10)).contains(.reauthenticated(7, .failed(.timedOut))))
    #expect(harness.session.state == .up)
    #expect(harness.answer(5).isEmpty)
  }

  @Test mutating func `the end of the link and a stop are answers`() {
    harness.authenticate()
    _ = harness.reauthenticate(7)
    #expect(harness.fail().contains(.reauthenticated(7, .failed(.connectionLost))))
    harness = SessionHarness(authenticator: NamedAuthenticator())
    harness.authenticate()
    _ = harness.reauthenticate(8)
    #expect(harness.stop().contains(.reauthenticated(8, .failed(.stopped))))
  }

  @Test(arguments: [ReasonCode.continueAuthentication, .reauthenticate, .success])
  mutating func `an exchange that the broker begins breaks the protocol`(code: ReasonCode) {
    harness.authenticate()
    let actions = harness.receive(SessionHarness.auth("x", code))
    #expect(actions.contains(.send(.disconnect(Disconnect(.protocolError)))))
    #expect(actions.last?.isDown(.violation(.protocolError)) == true)
  }

  @Test(arguments: [ReasonCode.continueAuthentication, .reauthenticate])
  mutating func `an exchange that the broker begins is answered if that is allowed`(
    code: ReasonCode
  ) {
    harness = SessionHarness(authenticator: NamedAuthenticator()) {
      $0.allowsBrokerReauthentication = true
    }
    harness.authenticate()
    let purpose = AuthenticationPurpose.requestOfBroker
    #expect(
      harness.receive(SessionHarness.auth("x", code)) == [
        .authentication(.started(purpose)), .ask(5, .answerBroker(AuthenticationMessage("x"))),
      ])
    #expect(harness.answer(5, "y") == [.send(SessionHarness.auth("y"))])
    #expect(
      harness.receive(SessionHarness.auth("", .success))
        == [.ask(6, .finish(AuthenticationMessage("")))])
    #expect(harness.answer(6) == [.authentication(.succeeded(purpose))])
    // Success out of the blue stays wrong.
    #expect(
      harness.receive(SessionHarness.auth("", .success)).last?.isDown(.violation(.protocolError))
        == true)
  }
}
