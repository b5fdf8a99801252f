import EventLoop
import MQTTClient
import Testing

@Suite struct ResolverTests {
  private typealias Answer = Result<[SocketAddress], ResolutionError>

  @Test func `addresses in digits need no lookup`() throws {
    let resolver = Resolver { _, _ in fatalError("a lookup of digits") }
    #expect(resolver.resolve("127.0.0.1", port: 1) { _ in } == .known(.loopback(port: 1)))
    guard case .known(let address) = resolver.resolve("::1", port: 1, answer: { _ in }) else {
      Issue.record("::1 needs a lookup")
      return
    }
    #expect(address.isVersion6)
  }

  @Test func `the answer comes from a thread of its own`() throws {
    let answers = try Mailbox<Answer>(capacity: 4)
    let identity = ThreadIdentity()
    identity.adoptCurrentThread()
    let resolver = Resolver { host, port in
      precondition(!identity.isCurrent, "the lookup blocks the asker")
      return .success([SocketAddress(.v4(UInt32(host.count)), port: port)])
    }
    #expect(resolver.resolve("four", port: 9) { answers.sendReserved($0) } == .asked)
    #expect(try next(answers) == .success([SocketAddress(.v4(4), port: 9)]))
  }

  @Test func `failures and empty answers are told apart`() throws {
    let answers = try Mailbox<Answer>(capacity: 4)
    let failure = HostLookup.Failure(code: -2, description: "unknown")
    let failing = Resolver { _, _ in .failure(failure) }
    #expect(failing.resolve("a", port: 1) { answers.sendReserved($0) } == .asked)
    #expect(try next(answers) == .failure(.failed(failure)))
    let empty = Resolver { _, _ in .success([]) }
    #expect(empty.resolve("a", port: 1) { answers.sendReserved($0) } == .asked)
    #expect(try next(answers) == .failure(.noAddress))
  }

  @Test func `hanging lookups are bounded, and an answer makes room`() throws {
    let answers = try Mailbox<Answer>(capacity: 4)
    let gate = try Mailbox<Int>(capacity: 4)
    let resolver = Resolver(lookupsMax: 2) { host, _ in
      if host == "hangs" { gate.wait() }
      return .success([.loopback(port: 1)])
    }
    #expect(resolver.resolve("hangs", port: 1) { answers.sendReserved($0) } == .asked)
    #expect(resolver.resolve("hangs", port: 1) { answers.sendReserved($0) } == .asked)
    #expect(resolver.resolve("third", port: 1) { _ in } == .refused(.busy(lookups: 2)))
    #expect(resolver.resolve("127.0.0.1", port: 1) { _ in } == .known(.loopback(port: 1)))
    _ = gate.send(1)
    _ = try next(answers)
    #expect(resolver.resolve("third", port: 1) { answers.sendReserved($0) } == .asked)
  }

  /// The next answer; the wait has a deadline.
  private func next(_ answers: Mailbox<Answer>) throws -> Answer {
    answers.wait(atMost: .seconds(20))
    var received: [Answer] = []
    _ = answers.receive(into: &received)
    return try #require(received.first)
  }
}
