import MQTTClient
import TestSupport
import Testing

/// What the broker may not be blamed for while the application does not read.
@Suite struct LinkPauseTests {
  private static func pause(_ test: TestLink) throws {
    let paused = Counter()
    try test.perform { link in
      link.pauseReading()
      paused.increment()
    }
    #expect(eventually { paused.value == 1 })
  }

  /// Fails on the end of the connection.
  private static func next<Result>(
    _ test: TestLink, _ select: (LinkEvent) -> Result?
  ) throws -> Result {
    while true {
      let event = try test.events.next()
      if case .down(let reason, _, _) = event { throw TestFailure("down: \(reason)") }
      if let result = select(event) { return result }
    }
  }

  @Test func `a long message and what comes behind it may wait during a pause`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.readBytes = 64
    options.session.keepAlive = 1
    options.session.pingTimeout = .milliseconds(200)
    options.session.acknowledgementTimeout = .milliseconds(500)
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try Self.pause(test)
    let long = Bytes(repeating: 0, count: 50_000)
    try peer.send(.publish(Publish(topic: "long", payload: long)))
    try test.publish(
      PublishRequest(key: 1, publish: Publish(topic: "a", payload: [], qos: .atLeastOnce)))
    let id = try #require(try peer.nextPublish().packetID)
    try peer.send(.publishAck(PublishReply(id)))
    // No PINGRESP follows, and every read during the pause ends within the message.
    for _ in 0..<3 { #expect(try peer.next() == .pingRequest) }
    try test.perform { $0.resumeReading() }
    let topic = try Self.next(test) { event -> String? in
      if case .delivered(let publish, _) = event { publish.topic } else { nil }
    }
    #expect(topic == "long")
    let outcome = try Self.next(test) { event -> PublishOutcome? in
      if case .finished(1, let outcome) = event { outcome } else { nil }
    }
    #expect(outcome == .acknowledged(.success, reasonString: nil, isUncertain: false))
  }

  @Test func `a connection is made during a pause, too`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.connectTimeout = .seconds(1000)
    let test = try TestLink(options)
    var peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try Self.pause(test)
    peer.socket.close()
    peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
  }

  @Test func `a broker that is silent during a pause is given up`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.keepAlive = 1
    options.session.pingTimeout = .milliseconds(200)
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try Self.pause(test)
    #expect(try peer.next() == .pingRequest)
    #expect(try test.events.down().reason == .pingTimeout)
  }
}
