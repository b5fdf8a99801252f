import EventLoop
import MQTTClient
import TestSupport
import Testing

/// What a link makes of brokers that cannot be reached, or that do not behave.
@Suite struct LinkFailureTests {
  @Test func `a broker that never answers CONNECT is given up and tried again`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.connectTimeout = .milliseconds(500)
    let test = try TestLink(options)
    let silent = BrokerPeer(try listener.accept())
    guard case .connect = try silent.next() else {
      Issue.record("no CONNECT")
      return
    }
    let (reason, detail) = try test.events.down()
    #expect(reason == .connectTimeout)
    #expect(detail == .timedOut(.connecting))
    #expect(try silent.nextIfAny() == nil)
    _ = try BrokerPeer.accepted(by: listener)
    try test.events.up()
  }

  @Test func `a refused connection is reported with the address and tried again`() throws {
    let port = try FreePort.next()
    let test = try TestLink(.test(port: port))
    for _ in 0..<3 {
      let (reason, detail) = try test.events.down()
      #expect(reason == .linkFailed(.connectFailed(111)))
      #expect(detail?.description == "127.0.0.1:\(port) connect: Connection refused")
    }
  }

  @Test func `the next address is tried when one refuses`() throws {
    let listener = try LoopbackListener()
    let closedPort = try FreePort.next()
    let resolver = Resolver { _, port in
      .success([.loopback(port: closedPort), .loopback(port: port)])
    }
    let test = try TestLink(.test(port: listener.port, host: "broker"), resolver: resolver)
    _ = try BrokerPeer.accepted(by: listener)
    guard case .up = try test.events.next() else {
      Issue.record("something was reported before the connection")
      return
    }
  }

  @Test func `an address that does not answer does not hold up the next`() throws {
    let listener = try LoopbackListener()
    let silent = try SilentListener()
    let silentPort = silent.port
    let resolver = Resolver { _, port in
      .success([.loopback(port: silentPort), .loopback(port: port)])
    }
    var options = try ClientOptions.test(port: listener.port, host: "broker")
    options.dialStagger = .milliseconds(10)
    let test = try TestLink(options, resolver: resolver)
    _ = try BrokerPeer.accepted(by: listener)
    guard case .up = try test.events.next() else {
      Issue.record("something was reported before the connection")
      return
    }
    _ = silent
  }

  @Test func `an address that does not answer is reported as such`() throws {
    let silent = try SilentListener()
    var options = try ClientOptions.test(port: silent.port)
    options.session.connectTimeout = .milliseconds(50)
    let test = try TestLink(options)
    let (reason, detail) = try test.events.down()
    #expect(reason == .connectTimeout)
    #expect(detail?.description == "127.0.0.1:\(silent.port) no answer")
  }

  @Test func `a name without addresses is reported with the name`() throws {
    let failure = HostLookup.Failure(code: -2, description: "Name or service not known")
    let resolver = Resolver { _, _ in .failure(failure) }
    let test = try TestLink(.test(port: 1, host: "nowhere"), resolver: resolver)
    let (reason, detail) = try test.events.down()
    #expect(reason == .linkFailed(.nameNotResolved("Name or service not known")))
    #expect(detail == .nameNotResolved(host: "nowhere", .failed(failure)))
  }

  @Test func `a lookup that hangs holds up neither the time-out nor the end`() throws {
    let gate = try Mailbox<Int>(capacity: 1)
    let resolver = Resolver(lookupsMax: 2) { _, _ in
      gate.wait()
      return .success([.loopback(port: 1)])
    }
    var options = try ClientOptions.test(port: 1, host: "hangs")
    options.session.connectTimeout = .milliseconds(20)
    let test = try TestLink(options, resolver: resolver)
    for _ in 0..<2 {
      let (reason, detail) = try test.events.down()
      #expect(reason == .connectTimeout)
      #expect(detail == .timedOut(.resolving))
    }
    let (_, detail) = try test.events.down()
    #expect(detail == .nameNotResolved(host: "hangs", .busy(lookups: 2)))
    test.link.stop(within: .seconds(60))
    test.link.join()
    _ = gate.send(1)
  }

  @Test func `an answer that comes too late is ignored`() throws {
    let listener = try LoopbackListener()
    let closedPort = try FreePort.next()
    let gates = [try Mailbox<Int>(capacity: 1), try Mailbox<Int>(capacity: 1)]
    let lookups = Counter()
    let resolver = Resolver { _, port in
      let number = lookups.increment()
      if number <= gates.count { gates[number - 1].wait() }
      return .success([.loopback(port: number == 1 ? closedPort : port)])
    }
    var options = try ClientOptions.test(port: listener.port, host: "slow")
    options.session.connectTimeout = .milliseconds(500)
    let test = try TestLink(options, resolver: resolver)
    #expect(try test.events.down().reason == .connectTimeout)
    #expect(eventually { lookups.value > 1 })
    _ = gates[0].send(1)
    let roundTrips = Counter()
    for number in 1...20 {
      try test.perform { _ in roundTrips.increment() }
      #expect(eventually { roundTrips.value == number })
    }
    _ = gates[1].send(1)
    _ = try BrokerPeer.accepted(by: listener)
    while true {
      let event = try test.events.next()
      if case .up = event { break }
      guard case .down(.connectTimeout, _, _) = event else {
        Issue.record("the late answer was used: \(event)")
        return
      }
    }
  }

  @Test func `a broker that takes no bytes is given up`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.writeStallTimeout = .milliseconds(100)
    options.network.sendBufferBytes = 4096
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try test.perform { link in
      let payload = [UInt8](repeating: 0, count: 1 << 20)[...]
      for key in 0..<32 {
        link.publish(
          PublishRequest(key: UInt64(key), publish: Publish(topic: "a", payload: payload)))
      }
    }
    let (reason, detail) = try test.events.down()
    #expect(reason == .linkFailed(.writeStalled))
    #expect(detail == .writeStalled)
    _ = peer
  }

  @Test func `options that cannot be encoded are reported and not retried at all`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.username = String(repeating: "a", count: 70_000)
    let test = try TestLink(options)
    #expect(try test.events.down().reason == .optionsInvalid(.stringTooLong))
    #expect(try test.events.next() == .stopped)
    test.link.join()
  }

  @Test func `an endless packet is refused by its header alone`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.connect.maximumPacketSize = 1000
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try peer.socket.send([0x30, 0xFF, 0xFF, 0xFF, 0x7F])
    #expect(try peer.next() == .disconnect(Disconnect(.packetTooLarge)))
    #expect(try test.events.down().reason == .violation(.packetTooLarge))
  }
}
