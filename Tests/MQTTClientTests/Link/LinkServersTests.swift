import EventLoop
import TestSupport
import Testing

@testable import MQTTClient

/// A link that has several servers to choose from.
@Suite struct LinkServersTests {
  private func options(_ urls: String..., patience: Duration = .seconds(20)) throws
    -> ClientOptions
  {
    var options = try ClientOptions.test(port: 1)
    options.servers = try urls.map { try BrokerURL($0) }
    options.session.connectTimeout = patience
    return options
  }

  private func url(_ listener: LoopbackListener) -> String { "mqtt://127.0.0.1:\(listener.port)" }

  /// Nothing was reported between the start and the connection.
  private func expectUpAtOnce(_ test: TestLink) throws {
    while true {
      switch try test.events.next() {
      case .connecting(let attempt): #expect(attempt == 1)
      case .up: return
      case let event:
        Issue.record("\(event) came before the connection")
        return
      }
    }
  }

  @Test func `the next server is tried when one refuses the connection`() throws {
    let listener = try LoopbackListener()
    let closed = try FreePort.next()
    let test = try TestLink(options("mqtt://127.0.0.1:\(closed)", url(listener)))
    _ = try BrokerPeer.accepted(by: listener)
    try expectUpAtOnce(test)
  }

  @Test func `the next server is tried when one closes before it has answered`() throws {
    let (first, second) = (try LoopbackListener(), try LoopbackListener())
    let test = try TestLink(options(url(first), url(second)))
    let peer = BrokerPeer(try first.accept())
    guard case .connect = try peer.next() else { throw TestFailure("no CONNECT") }
    peer.socket.close()
    _ = try BrokerPeer.accepted(by: second)
    try expectUpAtOnce(test)
  }

  @Test func `a server that hangs does not use up the time of the next`() throws {
    let (silent, first, last) = (
      try SilentListener(), try LoopbackListener(), try LoopbackListener()
    )
    let test = try TestLink(
      options(
        "mqtt://127.0.0.1:\(silent.port)", url(first), url(last), patience: .seconds(12)))
    let peer = BrokerPeer(try first.accept())
    guard case .connect = try peer.next() else { throw TestFailure("no CONNECT") }
    _ = try BrokerPeer.accepted(by: last)
    #expect(try peer.nextIfAny() == nil)
    try expectUpAtOnce(test)
    _ = silent
  }

  @Test func `the report names every server and what became of it`() throws {
    let (a, b) = (try FreePort.next(), try FreePort.next())
    let resolver = Resolver(lookup: { host, port in
      .failure(HostLookup.Failure(code: -2, description: "no such host as \(host)"))
    })
    let test = try TestLink(
      options(
        "mqtt://127.0.0.1:\(a)", "mqtt://nowhere", "unix:///nowhere/s", "ws://127.0.0.1:\(b)"),
      resolver: resolver)
    let (reason, detail) = try test.events.down()
    #expect(reason == .linkFailed(.connectFailed(111)))
    #expect(
      detail?.description == "mqtt://127.0.0.1:\(a): 127.0.0.1:\(a) connect: Connection refused; "
        + "mqtt://nowhere:1883: nowhere: no such host as nowhere; "
        + "unix:///nowhere/s: connect: No such file or directory; "
        + "ws://127.0.0.1:\(b)/mqtt: 127.0.0.1:\(b) connect: Connection refused")
  }

  @Test func `the report of an attempt that ran out of time has all servers so far`() throws {
    let closed = try FreePort.next()
    let silent = try SilentListener()
    let test = try TestLink(
      options(
        "mqtt://127.0.0.1:\(closed)", "mqtt://127.0.0.1:\(silent.port)",
        patience: .milliseconds(300)))
    let (reason, detail) = try test.events.down()
    #expect(reason == .connectTimeout)
    #expect(
      detail?.description
        == "mqtt://127.0.0.1:\(closed): 127.0.0.1:\(closed) connect: Connection refused; "
        + "mqtt://127.0.0.1:\(silent.port): 127.0.0.1:\(silent.port) no answer")
  }

  @Test func `after a connection the search begins with the first server again`() throws {
    let (first, second) = (try LoopbackListener(), try LoopbackListener())
    let test = try TestLink(options(url(first), url(second)))
    let peer = BrokerPeer(try first.accept())
    peer.socket.close()
    let other = try BrokerPeer.accepted(by: second)
    try test.events.up()
    other.socket.close()
    _ = try BrokerPeer.accepted(by: first)
    try test.events.up()
  }

  @Test func `a server that refuses by CONNACK ends the attempt, and the next begins behind it`()
    throws
  {
    let (first, second) = (try LoopbackListener(), try LoopbackListener())
    let test = try TestLink(options(url(first), url(second)))
    let peer = BrokerPeer(try first.accept())
    guard case .connect = try peer.next() else { throw TestFailure("no CONNECT") }
    try peer.send(.connectAck(ConnectAck(sessionPresent: false, reasonCode: .serverUnavailable)))
    #expect(
      try test.events.down().reason == .refused(.serverUnavailable, reasonString: nil))
    _ = try BrokerPeer.accepted(by: second)
    try test.events.up()
  }

  @Test func `each server gets the credentials of its URL, unless the session has its own`() throws
  {
    let (first, second) = (try LoopbackListener(), try LoopbackListener())
    var options = try options(
      "mqtt://ann:one@127.0.0.1:\(first.port)", "mqtt://127.0.0.1:\(second.port)")
    for own in [nil, "bob"] {
      options.session.username = own
      let test = try TestLink(options)
      let peer = BrokerPeer(try first.accept())
      guard case .connect(let connect) = try peer.next() else { throw TestFailure("no CONNECT") }
      #expect(connect.username == own ?? "ann")
      #expect(connect.password == (own == nil ? Array("one".utf8)[...] : nil))
      peer.socket.close()
      let next = BrokerPeer(try second.accept())
      guard case .connect(let other) = try next.next() else { throw TestFailure("no CONNECT") }
      #expect(other.username == own && other.password == nil)
      _ = test
    }
  }

  @Test func `the hosts of a service are tried in their order`() throws {
    let listener = try LoopbackListener()
    let closed = try FreePort.next()
    let good = ServiceRecord(priority: 2, weight: 0, port: listener.port, target: "127.0.0.1")
    let bad = ServiceRecord(priority: 1, weight: 0, port: closed, target: "127.0.0.1")
    let names = Locked<[String]>([])
    let resolver = Resolver(serviceLookup: { name in
      names.withLock { $0.append(name) }
      return .success([good, bad])
    })
    let test = try TestLink(options("mqtt+srv://example.org"), resolver: resolver)
    _ = try BrokerPeer.accepted(by: listener)
    try expectUpAtOnce(test)
    #expect(names.withLock { $0 } == ["_mqtt._tcp.example.org"])
  }

  @Test func `a domain without the service is reported, and the next server tried`() throws {
    let listener = try LoopbackListener()
    let none = ServiceRecord(priority: 0, weight: 0, port: 0, target: "")
    let resolver = Resolver(serviceLookup: { _ in .success([none]) })
    let alone = try TestLink(options("mqtt+srv://example.org"), resolver: resolver)
    let (reason, detail) = try alone.events.down()
    #expect(reason == .linkFailed(.nameNotResolved("the domain does not offer this service")))
    #expect(detail == .nameNotResolved(host: "_mqtt._tcp.example.org", .noService))
    let test = try TestLink(options("mqtt+srv://example.org", url(listener)), resolver: resolver)
    _ = try BrokerPeer.accepted(by: listener)
    try expectUpAtOnce(test)
  }

  @Test func `a fixed port tries the addresses one after the other`() throws {
    let listener = try LoopbackListener()
    let silent = try SilentListener()
    let silentPort = silent.port
    var options = try options("mqtt://broker:\(listener.port)", patience: .seconds(2))
    options.network.bindPort = try FreePort.next()
    let resolver = Resolver { _, port in
      .success([.loopback(port: silentPort), .loopback(port: port)])
    }
    let test = try TestLink(options, resolver: resolver)
    _ = try BrokerPeer.accepted(by: listener)
    try expectUpAtOnce(test)
    _ = silent
  }

  @Test func `an address to connect from that is none is reported`() throws {
    var options = try options("mqtt://127.0.0.1:1")
    options.network.bindAddress = "not an address"
    let test = try TestLink(options)
    #expect(try test.events.down().detail == .localAddressInvalid)
  }

  @Test func `without any server the attempt fails`() throws {
    let test = try TestLink(options())
    let (reason, detail) = try test.events.down()
    #expect(reason == .linkFailed(.notPrepared("there is no server to connect to")))
    #expect(detail == .noServers)
  }
}
