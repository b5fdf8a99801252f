import EventLoop
import MQTTClient
import TestSupport
import Testing

/// A link through proxies that the test plays, and through them to a real broker.
@Suite struct LinkProxyTests {
  private func options(_ proxy: String, host: String = "broker.invalid") throws -> ClientOptions {
    var options = try ClientOptions.test(port: 1883, host: host)
    options.proxy = try ProxyOptions(proxy)
    return options
  }

  @Test func `HTTP CONNECT opens the way, and the proxy resolves the name`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(options("http://ann:pw@127.0.0.1:\(listener.port)"))
    let socket = try listener.accept()
    let request = try RelayingProxy.answerConnect(socket)
    #expect(
      request == "CONNECT broker.invalid:1883 HTTP/1.1\r\nHost: broker.invalid:1883\r\n"
        + "Proxy-Authorization: Basic YW5uOnB3\r\n\r\n")
    let peer = BrokerPeer(socket)
    guard case .connect = try peer.next() else { throw TestFailure("no CONNECT") }
    try peer.send(.connectAck(ConnectAck(sessionPresent: false, reasonCode: .success)))
    try test.events.up()
  }

  @Test func `SOCKS5 opens the way, byte by byte`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(options("socks5://ann:pw@127.0.0.1:\(listener.port)"))
    let socket = try listener.accept()
    let asked = try RelayingProxy.answerSOCKS(socket)
    #expect(asked.login == Array("ann:pw".utf8))
    #expect(asked.target == Array("broker.invalid".utf8) + [0x07, 0x5B])
    let peer = BrokerPeer(socket)
    guard case .connect = try peer.next() else { throw TestFailure("no CONNECT") }
    let ack = ConnectAck(sessionPresent: false, reasonCode: .success)
    for byte in try peer.encoded(.connectAck(ack)) { try socket.send([byte]) }
    try test.events.up()
  }

  @Test func `what the broker says together with the proxy's answer is not lost`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(options("http://127.0.0.1:\(listener.port)"))
    // A broker that speaks first breaks the protocol, which shows that its bytes were read.
    _ = try RelayingProxy.answerConnect(
      try listener.accept(), with: "HTTP/1.1 200 OK\r\n\r\n\u{D0}\u{0}")
    let (reason, _) = try test.events.down()
    guard case .violation = reason else {
      Issue.record("\(reason)")
      return
    }
  }

  @Test(
    arguments: [
      (
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        .authenticationRequired("407 Proxy Authentication Required")
      ), ("HTTP/1.1 503 Nobody\r\n\r\n", .refused("503 Nobody")),
      ("HTTP/1.1 200", .closed), ("", .closed),
      ("SSH-2.0-OpenSSH\r\n\r\n", .malformed("the peer does not speak HTTP/1.1")),
    ] as [(String, ProxyFailure)])
  func `a proxy that does not let us through is reported`(
    answer: String, failure: ProxyFailure
  ) throws {
    let listener = try LoopbackListener()
    let test = try TestLink(options("http://ann:secret@127.0.0.1:\(listener.port)"))
    let socket = try listener.accept()
    _ = try RelayingProxy.answerConnect(socket, with: answer)
    socket.close()
    let (_, detail) = try test.events.down()
    #expect(detail == .handshakeFailed(.proxy, .proxy(failure)))
    #expect(detail?.description.contains("secret") == false)
  }

  @Test func `a proxy that is slow or silent is bounded by the connect time-out`() throws {
    let listener = try LoopbackListener()
    var options = try options("http://127.0.0.1:\(listener.port)")
    options.session.connectTimeout = .milliseconds(200)
    let test = try TestLink(options)
    let socket = try listener.accept()
    _ = try RelayingProxy.answerConnect(socket, with: "HTTP/1.1 ")
    let (reason, detail) = try test.events.down()
    #expect(reason == .connectTimeout && detail == .timedOut(.proxy))
    #expect(try BrokerPeer(socket).nextIfAny() == nil)
  }

  @Test func `exceptions and Unix sockets are reached without the proxy`() throws {
    let listener = try LoopbackListener()
    var options = try options("http://127.0.0.1:1", host: "127.0.0.1")
    options.servers = [try BrokerURL("mqtt://127.0.0.1:\(listener.port)")]
    options.proxy?.exceptions = ProxyExceptions("127.0.0.0/8")
    let test = try TestLink(options)
    _ = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let directory = try TemporaryDirectory()
    let unix = try UnixListener(directory.file("s"))
    options.servers = [try BrokerURL("unix://\(directory.file("s"))")]
    let local = try TestLink(options)
    let peer = BrokerPeer(try unix.accept())
    guard case .connect = try peer.next() else { throw TestFailure("no CONNECT") }
    _ = local
  }

  @Test func `a connector makes the connection to the proxy`() throws {
    let listener = try LoopbackListener()
    var options = try options("http://proxy.invalid:3128")
    let asked = Locked<ConnectorRequest?>(nil)
    options.connector = { request in
      asked.withLock { $0 = request }
      return try LinkHookTests.connected(to: listener.port)
    }
    let test = try TestLink(options)
    #expect(try RelayingProxy.answerConnect(listener.accept()).contains("broker.invalid:1883"))
    #expect(asked.withLock { $0?.host } == "proxy.invalid")
    #expect(asked.withLock { $0?.port } == 3128)
    _ = test
  }

  @Test(arguments: ["http", "socks5"], [ProtocolVersion.v311, .v5])
  func `messages go through a proxy to a real broker and back`(
    kind: String, version: ProtocolVersion
  ) throws {
    let broker = try Mosquitto()
    let proxy = try RelayingProxy.start(to: broker.port) { socket in
      if kind == "http" {
        try RelayingProxy.answerConnect(socket)
      } else {
        try RelayingProxy.answerSOCKS(socket)
      }
    }
    var options = try options("\(kind)://ann:pw@127.0.0.1:\(proxy.port)")
    options.session.version = version
    options.session.cleanStart = true
    try exchange(options)
  }

  @Test func `messages go over a Unix socket to a real broker and back`() throws {
    let directory = try TemporaryDirectory()
    var configuration = Mosquitto.Options()
    configuration.extraLines = ["listener 0 \(directory.file("m.sock"))"]
    let broker = try Mosquitto(configuration)
    var options = try ClientOptions.test(port: 1)
    options.servers = [try BrokerURL("unix://\(directory.file("m.sock"))")]
    try exchange(options)
    _ = broker
  }

  @Test(arguments: ["ws", "mqtt"])
  func `messages go by WebSocket or plain through a proxy's tunnel`(scheme: String) throws {
    var configuration = Mosquitto.Options()
    configuration.transport = scheme == "ws" ? "websockets" : "mqtt"
    let broker = try Mosquitto(configuration)
    let proxy = try RelayingProxy.start(to: broker.port) { try RelayingProxy.answerConnect($0) }
    var options = try options("http://127.0.0.1:\(proxy.port)")
    options.servers = [try BrokerURL("\(scheme)://broker.invalid/\(scheme == "ws" ? "mqtt" : "")")]
    try exchange(options)
  }

  @Test(arguments: ["mqtt", "mqtts"], ["127.0.0.1", "localhost"])
  func `messages go through an HTTPS proxy to a real broker and back`(
    scheme: String, proxyHost: String
  ) throws {
    let broker = try Mosquitto(scheme == "mqtts" ? .secured() : Mosquitto.Options())
    let asked = Locked<String?>(nil)
    let proxy = try RelayingProxy.start(to: broker.port) { socket in
      let request = try RelayingProxy.answerConnect(socket)
      asked.withLock { $0 = request }
    }
    let front = try TLSFront(to: proxy.port)
    var options = try options("https://ann:pw@\(proxyHost):\(front.port)")
    options.servers = [try BrokerURL("\(scheme)://broker.test:1")]
    options.proxy?.tls = try .test()
    options.tls = try .test()
    try exchange(options)
    #expect(
      asked.withLock { $0 } == "CONNECT broker.test:1 HTTP/1.1\r\nHost: broker.test:1\r\n"
        + "Proxy-Authorization: Basic YW5uOnB3\r\n\r\n")
  }

  @Test func `an HTTPS proxy must show a certificate that is trusted`() throws {
    let listener = try LoopbackListener()
    let front = try TLSFront(to: listener.port)
    let behind = try listener.accept()
    // Trust in the broker's authority is none in the proxy's.
    var options = try options("https://ann:pw@127.0.0.1:\(front.port)")
    options.tls = try .test()
    let test = try TestLink(options)
    let (_, detail) = try test.events.down()
    guard case .handshakeFailed(.proxyTLS, .tls)? = detail else {
      Issue.record("\(String(describing: detail))")
      return
    }
    #expect(try behind.receive(until: Deadline(after: .zero)) == nil, "the proxy heard nothing")
  }

  /// Subscribes, publishes and receives.
  private func exchange(_ options: ClientOptions) throws {
    // Every value of a byte, in an order that differs from block to block.
    let payload = Bytes((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 / 251) })
    let test = try TestLink(options)
    try test.events.up()
    try test.perform { link in
      let subscription = Subscription("t", maximumQoS: .exactlyOnce)
      link.subscribe(SubscribeRequest(key: 1, subscriptions: [subscription]))
    }
    _ = try test.events.first { if case .subscribed = $0 { true } else { nil } }
    try test.perform { link in
      link.publish(
        PublishRequest(key: 2, publish: Publish(topic: "t", payload: payload, qos: .atLeastOnce)))
    }
    #expect(try test.events.delivered().publish.payload == payload)
  }
}
