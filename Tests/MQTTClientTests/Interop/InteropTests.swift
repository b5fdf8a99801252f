import EventLoop
import TestSupport
import Testing

@testable import MQTTClient

/// Every way to a real broker, with both versions of the protocol and every QoS.
@Suite struct InteropTests {
  private static func options(_ url: String, _ version: ProtocolVersion) throws -> ClientOptions {
    var session = SessionOptions(clientID: "interop", version: version)
    session.reconnect.backoff = Backoff(initial: .milliseconds(5), maximum: .milliseconds(20))
    return ClientOptions(broker: try BrokerURL(url), session: session)
  }

  @Test(arguments: InteropWay.allCases, [ProtocolVersion.v311, .v5])
  func `messages of every QoS come back`(way: InteropWay, version: ProtocolVersion) throws {
    let broker = try InteropBroker()
    let test = try TestLink(Self.options(broker.url(way), version))
    try test.events.up()
    try test.subscribe(to: "echo/#")
    for (index, qos) in [QoS.atMostOnce, .atLeastOnce, .exactlyOnce].enumerated() {
      let key = UInt64(index)
      // Small, empty, and longer than a record of TLS and a frame's short length.
      for payload in [[UInt8](arrayLiteral: 1, 2, 3), [], (0..<100_000).map { UInt8($0 & 0xFF) }] {
        let publish = Publish(topic: "echo/\(index)", payload: payload[...], qos: qos)
        try test.publish(PublishRequest(key: key, publish: publish))
        var isFinished = qos == .atMostOnce
        var delivered: Publish?
        while !isFinished || delivered == nil {
          switch try test.events.next() {
          case .delivered(let message, let token):
            delivered = message
            try test.perform { $0.acknowledge(token) }
          case .finished(key, let outcome) where qos != .atMostOnce:
            guard case .acknowledged = outcome else {
              Issue.record("\(way) \(version) \(qos): \(outcome)")
              return
            }
            isFinished = true
          default: break
          }
        }
        #expect(delivered?.topic == "echo/\(index)")
        #expect(delivered?.qos == qos)
        #expect(delivered.map { Array($0.payload) } == payload)
      }
    }
  }

  @Test(arguments: InteropWay.allCases)
  func `a restarted broker is found again with the subscriptions`(way: InteropWay) throws {
    let broker = try InteropBroker()
    let test = try TestLink(Self.options(broker.url(way), .v5))
    try test.events.up()
    try test.subscribe(to: "t")
    try broker.broker.kill()
    _ = try test.events.down()
    let publish = Publish(topic: "t", payload: [1], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 9, publish: publish))
    try broker.broker.start()
    try test.events.up()
    #expect(try test.events.delivered().publish.payload == [1])
  }

  @Test(arguments: InteropWay.allCases)
  func `stopping is a clean end for the broker`(way: InteropWay) throws {
    let broker = try InteropBroker()
    let test = try TestLink(Self.options(broker.url(way), .v5))
    try test.events.up()
    test.link.stop(within: .seconds(10))
    test.link.join()
    #expect(eventually { broker.broker.log.contains { $0.contains("interop disconnected.") } })
  }

  @Test(arguments: [InteropWay.tls, .wss])
  func `a broker that is not trusted is refused, with the reason, at every attempt`(
    way: InteropWay
  ) throws {
    let broker = try InteropBroker()
    var options = try Self.options(broker.url(way), .v5)
    options.tls.trust = [.platform]
    let test = try TestLink(options)
    for _ in 0..<2 {
      let (_, detail) = try test.events.down()
      #expect(
        "\(String(describing: detail))".contains("unable to get local issuer certificate"))
    }
  }

  @Test func `the connect time-out covers a broker that never answers in the TLS handshake`() throws
  {
    let listener = try LoopbackListener()
    var options = try Self.options("mqtts://127.0.0.1:\(listener.port)", .v5)
    options.session.connectTimeout = .milliseconds(300)
    let test = try TestLink(options)
    let peer = try listener.accept()
    let (reason, _) = try test.events.down()
    #expect(reason == .connectTimeout)
    withExtendedLifetime(peer) {}
  }

  @Test func `a client certificate that was renewed counts from the next attempt on`() throws {
    let directory = try TemporaryDirectory()
    let files = try TestCertificates.shared()
    let broker = try Mosquitto(.secured(asksForCertificate: true))
    var options = try Self.options("mqtts://127.0.0.1:\(broker.port)", .v5)
    options.tls = try TLSOptions.test()
    options.tls.clientCertificate = .pem(
      certificates: .file(directory.file("c.pem")), key: .file(files.path("client.key")))
    let test = try TestLink(options)
    let (_, missing) = try test.events.down()
    #expect("\(String(describing: missing))".contains("No such file or directory"))
    try directory.write(String(decoding: files.bytes("client.pem"), as: UTF8.self), to: "c.pem")
    try test.events.up()
  }
}

extension TestLink {
  fileprivate func subscribe(to filter: String) throws {
    let subscription = Subscription(filter)
    try perform { $0.subscribe(SubscribeRequest(key: 1, subscriptions: [subscription])) }
    let codes = try events.first { event -> [ReasonCode]? in
      if case .subscribed(1, let codes, _) = event { codes } else { nil }
    }
    #expect(codes == [.grantedQoS2])
  }
}
