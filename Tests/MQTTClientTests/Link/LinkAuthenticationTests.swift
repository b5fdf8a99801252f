import EventLoop
import TestSupport
import Testing

@testable import MQTTClient

/// Enhanced authentication over a real connection, with a broker played step by step.
@Suite struct LinkAuthenticationTests {
  static let scram = ScramSHA256Authenticator(username: "ann", password: "pencil")

  func options(
    _ listener: LoopbackListener, _ authenticator: any Authenticator = scram
  ) throws -> ClientOptions {
    var options = try ClientOptions.test(port: listener.port)
    options.session.authenticator = authenticator
    return options
  }

  func auth(_ data: Bytes?, _ code: ReasonCode = .continueAuthentication) -> Packet {
    .auth(Auth(code, authenticationMethod: "SCRAM-SHA-256", authenticationData: data))
  }

  /// The broker's part up to the proof of the client; returns its own proof.
  func challenge(_ peer: BrokerPeer, _ first: Bytes?) throws -> Bytes? {
    var server = ScramServer(password: "pencil")
    try peer.send(auth(server.challenge(first ?? [])))
    guard case .auth(let answer) = try peer.next() else { throw TestFailure("no AUTH") }
    #expect(answer.reasonCode == .continueAuthentication)
    return try server.verify(answer.authenticationData ?? [])
  }

  func connect(_ listener: LoopbackListener) throws -> (peer: BrokerPeer, proof: Bytes?) {
    let peer = BrokerPeer(try listener.accept())
    guard case .connect(let connect) = try peer.next() else { throw TestFailure("no CONNECT") }
    #expect(connect.properties.authenticationMethod == "SCRAM-SHA-256")
    return (peer, try challenge(peer, connect.properties.authenticationData))
  }

  func ack(_ proof: Bytes?) -> Packet {
    var ack = ConnectAck(sessionPresent: false, reasonCode: .success)
    ack.properties.authenticationMethod = "SCRAM-SHA-256"
    ack.properties.authenticationData = proof
    return .connectAck(ack)
  }

  @Test func `client and broker prove the password to each other, and again later`() async throws {
    try await onOwnThread {
      let listener = try LoopbackListener()
      let test = try TestLink(options(listener))
      let (peer, proof) = try connect(listener)
      #expect(proof != nil)
      // What is behind CONNACK in the same segment waits for the check.
      let message = Publish(topic: "t", payload: [7])
      try peer.socket.send(try peer.encoded(ack(proof)) + peer.encoded(.publish(message)))
      try test.events.up()
      #expect(try test.events.delivered().publish == message)

      try test.perform { $0.reauthenticate(key: 5) }
      guard case .auth(let first) = try peer.next() else { throw TestFailure("no AUTH") }
      #expect(first.reasonCode == .reauthenticate)
      let again = try challenge(peer, first.authenticationData)
      try peer.send(auth(again, .success))
      #expect(try outcome(test) == .succeeded)
    }
  }

  func outcome(_ test: TestLink) throws -> ReauthenticationOutcome {
    try test.events.first { if case .reauthenticated(5, let outcome) = $0 { outcome } else { nil } }
  }

  @Test func `a broker that does not know the password is left`() async throws {
    try await onOwnThread {
      let listener = try LoopbackListener()
      let test = try TestLink(options(listener))
      let (peer, _) = try connect(listener)
      try peer.send(ack(Bytes("v=AAAA".utf8)))
      #expect(try peer.next() == .disconnect(Disconnect(.unspecifiedError)))
      let failure = AuthenticationFailure.authenticator("\(ScramError.serverNotProved)")
      #expect(try test.events.down().reason == .authenticationFailed(failure))
    }
  }

  @Test func `a broker that does not know the password any more is left, too`() async throws {
    try await onOwnThread {
      let listener = try LoopbackListener()
      let test = try TestLink(options(listener))
      let (peer, proof) = try connect(listener)
      try peer.send(ack(proof))
      try test.events.up()
      try test.perform { $0.reauthenticate(key: 5) }
      _ = try peer.next()
      try peer.send(auth(Bytes("r=other,s=AAAA,i=4096".utf8)))
      #expect(try peer.next() == .disconnect(Disconnect(.unspecifiedError)))
      let failure = AuthenticationFailure.authenticator("\(ScramError.nonceMismatch)")
      #expect(try outcome(test) == .failed(failure))
    }
  }

  @Test func `every attempt has an exchange of its own`() async throws {
    try await onOwnThread {
      let listener = try LoopbackListener()
      let test = try TestLink(options(listener))
      var firsts = Set<Bytes>()
      for _ in 0..<3 {
        let peer = BrokerPeer(try listener.accept())
        guard case .connect(let connect) = try peer.next() else { throw TestFailure("no CONNECT") }
        firsts.insert(connect.properties.authenticationData ?? [])
        peer.socket.close()
        _ = try test.events.down()
      }
      #expect(firsts.count == 3)
      let (peer, proof) = try connect(listener)
      try peer.send(ack(proof))
      try test.events.up()
    }
  }

  @Test func `an authenticator that never answers is cancelled at the deadline and at the end`()
    async throws
  {
    try await onOwnThread {
      let listener = try LoopbackListener()
      let hanging = HangingAuthenticator()
      var options = try options(listener, hanging)
      options.session.authenticationTimeout = .milliseconds(50)
      let test = try TestLink(options)
      #expect(try test.events.down().reason == .authenticationFailed(.timedOut))
      #expect(eventually { hanging.cancelled.value >= 1 && hanging.failed.value >= 1 })

      options.session.authenticationTimeout = .seconds(1000)
      options.session.connectTimeout = .seconds(1000)
      let other = HangingAuthenticator()
      options.session.authenticator = other
      let stopped = try TestLink(options)
      #expect(eventually { other.started.value == 1 })
      stopped.link.stop(within: .seconds(60))
      stopped.link.join()
      #expect(eventually { other.cancelled.value == 1 })
    }
  }

  @Test func `a broker without the method refuses, and the client says why`() async throws {
    try await onOwnThread {
      let broker = try Mosquitto()
      var options = try ClientOptions.test(port: broker.port)
      options.session.authenticator = Self.scram
      options.session.reconnect.refusalsMaximum = 2
      let test = try TestLink(options)
      for _ in 0..<2 {
        guard case .refused(.badAuthenticationMethod, _) = try test.events.down().reason else {
          Issue.record("mosquitto did not refuse the method")
          return
        }
      }
      #expect(try test.events.first { if case .stopped = $0 { true } else { nil } })
      test.link.join()
    }
  }
}

/// An authenticator whose exchange only ends by being cancelled.
private struct HangingAuthenticator: Authenticator {
  let method = "HANG"
  let started = Counter()
  let cancelled = Counter()
  let failed = Counter()

  func makeExchange(for purpose: AuthenticationPurpose) -> any AuthenticationExchange {
    Exchange(owner: self)
  }

  private struct Exchange: AuthenticationExchange {
    let owner: HangingAuthenticator

    func start() async -> Bytes? {
      owner.started.increment()
      let (never, continuation) = AsyncStream.makeStream(of: Void.self)
      for await _ in never {}
      owner.cancelled.increment()
      continuation.finish()
      return nil
    }

    func respond(to challenge: AuthenticationMessage) -> AuthenticationMessage { challenge }

    func finish(_ last: AuthenticationMessage) {}

    func failed(_ failure: AuthenticationFailure) { owner.failed.increment() }
  }
}
