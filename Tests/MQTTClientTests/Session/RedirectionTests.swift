import Testing

@testable import MQTTClient

@Suite struct RedirectionTests: ~Copyable {
  static func reference(_ text: String) -> ServerReference {
    guard let reference = ServerReference(text) else {
      preconditionFailure("no reference: \(text)")
    }
    return reference
  }

  static func target(_ text: String, sendsCredentials: Bool = false) -> SessionAction {
    .redirect(
      RedirectTarget(
        references: ServerReference.list(text), sendsCredentials: sendsCredentials))
  }

  static func request(_ text: String, isPermanent: Bool = false, followed: Int = 0)
    -> RedirectRequest
  {
    RedirectRequest(
      references: ServerReference.list(text), isPermanent: isPermanent, followed: followed)
  }

  var harness = SessionHarness {
    $0.redirect = .follow()
    $0.username = "ann"
    $0.password = [1]
  }

  /// Refuses the present attempt with a reference.
  mutating func refer(
    _ text: String?, _ code: ReasonCode = .useAnotherServer
  ) -> [SessionAction] {
    if case .waiting(let until) = harness.session.state { harness.now = until }
    _ = harness.session.state == .idle ? harness.start() : harness.advance(.zero)
    _ = harness.open()
    return harness.receive(.connectAck(SessionHarness.ack(code) { $0.serverReference = text }))
  }

  mutating func connectText() -> Connect? {
    if case .waiting(let until) = harness.session.state { harness.now = until }
    _ = harness.session.state == .idle ? harness.start() : harness.advance(.zero)
    guard case .send(.connect(let connect)) = harness.open().first else { return nil }
    return connect
  }

  @Test mutating func `by default a reference is told and not followed`() {
    harness = SessionHarness()
    let reason = DownReason.refused(.useAnotherServer, reasonString: nil)
    #expect(
      refer("b:1") == [
        .closeLink(.immediately), .referred(Self.request("b:1")),
        .down(reason, retryIn: .seconds(30)),
      ])
  }

  @Test(arguments: [ReasonCode.useAnotherServer, .serverMoved])
  mutating func `a refusal that names a server is followed soon`(code: ReasonCode) {
    let actions = refer("b:1 c:2", code)
    #expect(
      actions == [
        .closeLink(.immediately),
        .referred(Self.request("b:1 c:2", isPermanent: code == .serverMoved)),
        Self.target("b:1 c:2"),
        .down(.refused(code, reasonString: nil), retryIn: .milliseconds(200)),
      ])
    #expect(harness.advance(.milliseconds(200)) == [.openLink])
  }

  @Test mutating func `a DISCONNECT that names a server is followed too`() {
    _ = harness.connect()
    let actions = harness.receive(
      .disconnect(Disconnect(.serverMoved, serverReference: "b:1")))
    #expect(actions.contains(Self.target("b:1")))
  }

  @Test mutating func `the other server gets no credentials`() {
    #expect(connectText()?.username == "ann")
    _ = harness.fail()
    _ = refer("b:1")
    let connect = connectText()
    #expect(connect?.clientID == "bridge")
    #expect(connect?.username == nil)
    #expect(connect?.password == nil)
  }

  @Test mutating func `the other server gets the credentials that are meant for it`() {
    _ = refer("b:1")
    _ = harness.advance(.milliseconds(200))
    harness.session.prepared(ConnectOverrides(username: "bob"))
    guard case .send(.connect(let connect)) = harness.open().first else {
      Issue.record("no CONNECT")
      return
    }
    #expect(connect.username == "bob")
    #expect(connect.password == nil)
  }

  @Test mutating func `the other server gets no authentication, and must not ask for it`() {
    harness = SessionHarness(authenticator: NamedAuthenticator()) { $0.redirect = .follow() }
    _ = harness.start()
    _ = harness.open()
    _ = harness.answer(1)
    let ack = SessionHarness.ack(.useAnotherServer) { $0.serverReference = "b:1" }
    _ = harness.receive(.connectAck(ack))
    _ = harness.advance(.milliseconds(200))
    guard case .send(.connect(let connect)) = harness.open().first else {
      Issue.record("no CONNECT")
      return
    }
    #expect(connect.properties.authenticationMethod == nil)
    #expect(
      harness.receive(SessionHarness.auth("x")).last?.isDown(.violation(.protocolError)) == true)
  }

  @Test mutating func `credentials are sent where that is allowed`() {
    harness = SessionHarness {
      $0.redirect = .follow(sendsCredentials: true)
      $0.username = "ann"
    }
    #expect(refer("b:1").contains(Self.target("b:1", sendsCredentials: true)))
    #expect(connectText()?.username == "ann")
  }

  @Test mutating func `use another server is for one connection`() {
    _ = refer("b:1")
    _ = harness.connect()
    #expect(harness.fail().first == .redirect(nil))
    #expect(connectText()?.username == "ann")
  }

  @Test mutating func `server moved is for good once that server has accepted`() {
    _ = refer("b:1", .serverMoved)
    _ = harness.connect()
    #expect(!harness.fail().contains(.redirect(nil)))
    #expect(connectText()?.username == nil)
  }

  @Test mutating func `server moved is taken back if that server does not accept`() {
    _ = refer("b:1", .serverMoved)
    _ = harness.advance(.milliseconds(200))
    #expect(harness.fail().first == .redirect(nil))
  }

  @Test mutating func `a loop is not followed`() {
    _ = refer("b:1")
    #expect(refer("c:1").contains(Self.target("c:1")))
    let actions = refer("b:1")
    #expect(actions.contains(.redirect(nil)))
    let reason = DownReason.refused(.useAnotherServer, reasonString: nil)
    #expect(actions.last == .down(reason, retryIn: .seconds(30)))
    // Later the same way may have become right.
    #expect(refer("b:1").contains(Self.target("b:1")))
  }

  @Test mutating func `the row of redirections is bounded, and starts again when one accepted`() {
    for number in 1...3 { #expect(refer("b:\(number)").contains(Self.target("b:\(number)"))) }
    #expect(!refer("b:4").contains(Self.target("b:4")))
    for number in 1...3 {
      #expect(refer("b:\(number)").contains(Self.target("b:\(number)")))
      _ = harness.connect()
      _ = harness.fail()
    }
    #expect(refer("b:9").contains(.referred(Self.request("b:9", followed: 0))))
  }

  @Test(arguments: [nil, "", "http://x", "?"])
  mutating func `without a usable reference a refusal is a refusal`(text: String?) {
    let actions = refer(text)
    #expect(
      actions == [
        .closeLink(.immediately),
        .down(.refused(.useAnotherServer, reasonString: nil), retryIn: .seconds(30)),
      ])
  }

  @Test mutating func `another reason's reference is not followed`() {
    #expect(refer("b:1", .serverBusy).count == 2)
  }

  @Test mutating func `the application decides where to`() {
    harness = SessionHarness { $0.redirect = .ask { _ in .stay } }
    let request = Self.request("b:1")
    #expect(
      refer("b:1") == [
        .closeLink(.immediately), .referred(request), .askRedirect(number: 1, request),
        .down(.refused(.useAnotherServer, reasonString: nil), retryIn: .seconds(10)),
      ])
    let wanted = RedirectDecision.follow([Self.reference("d:5")], sendsCredentials: true)
    #expect(decide(1, wanted) == [Self.target("d:5", sendsCredentials: true), .openLink])
    #expect(decide(1, wanted).isEmpty)
  }

  @Test mutating func `the application can stay`() {
    harness = SessionHarness { $0.redirect = .ask { _ in .stay } }
    _ = refer("b:1")
    #expect(decide(7, .stay).isEmpty)
    #expect(decide(1, .stay).isEmpty)
    #expect(harness.session.state == .waiting(until: harness.now + .seconds(30)))
  }

  @Test mutating func `an application that does not decide in time stays`() {
    harness = SessionHarness { $0.redirect = .ask { _ in .stay } }
    _ = refer("b:1")
    #expect(harness.advance(.seconds(10)) == [.openLink])
    #expect(decide(1, .follow([Self.reference("d:5")], sendsCredentials: true)).isEmpty)
  }

  @Test mutating func `a decision after the end changes nothing`() {
    harness = SessionHarness { $0.redirect = .ask { _ in .stay } }
    _ = refer("b:1")
    #expect(harness.stop() == [.stopped])
    #expect(decide(1, .follow([Self.reference("d:5")], sendsCredentials: true)).isEmpty)
  }

  mutating func decide(_ number: UInt64, _ decision: RedirectDecision) -> [SessionAction] {
    harness.run { $0.redirectDecided(number, decision, at: $1, &$2) }
  }
}
