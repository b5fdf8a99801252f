import TestSupport
import Testing

@testable import MQTTClient

/// Draining, aborting, giving up, and being sent elsewhere, over real connections.
@Suite struct LinkEndingTests {
  static let publish = Publish(topic: "t", payload: [1], qos: .atLeastOnce)

  func waitForEnd(_ test: TestLink) throws {
    #expect(try test.events.first { if case .stopped = $0 { true } else { nil } })
    test.link.join()
  }

  @Test func `everything published is acknowledged by a real broker before the end`() throws {
    let broker = try Mosquitto()
    var options = try ClientOptions.test(port: broker.port)
    options.session.inflightMaximum = 10
    options.session.will = Will(topic: "will", payload: [1])
    let watcher = try MosquittoClient.subscribe(to: ["will", "end"], on: broker)
    let test = try TestLink(options)
    try test.events.up()
    let count: UInt64 = 500
    try test.perform { link in
      for key in 0..<count {
        var publish = Self.publish
        if key % 2 == 0 { publish.qos = .exactlyOnce }
        link.publish(PublishRequest(key: key, publish: publish))
      }
    }
    try test.link.stop(.drain(Disconnect()), within: .seconds(60))
    var acknowledged = 0
    while true {
      switch try test.events.next() {
      case .finished(_, .acknowledged): acknowledged += 1
      case .finished(let key, let outcome): Issue.record("\(key) ended as \(outcome)")
      case .stopped:
        #expect(acknowledged == count)
        test.link.join()
        try MosquittoClient.publish("now", to: "end", on: broker)
        #expect(eventually { !watcher.output.messages.isEmpty })
        #expect(watcher.output.messages == ["1 0 end now"])
        return
      default: break
      }
    }
  }

  @Test func `a drain whose time is up reports what is left and says no DISCONNECT`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try test.publish(PublishRequest(key: 1, publish: Self.publish))
    _ = try peer.nextPublish()
    try test.link.stop(.drain(Disconnect()), within: .milliseconds(50))
    #expect(try test.events.first { if case .drainExpired = $0 { true } else { nil } })
    #expect(try test.events.finished(1) == .maybeSent(.stopped))
    #expect(try peer.nextIfAny() == nil)
    try waitForEnd(test)
  }

  @Test func `an abort ends the connection without DISCONNECT`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try test.link.stop(.abort, within: .seconds(60))
    #expect(try peer.nextIfAny() == nil)
    try waitForEnd(test)
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `a disconnect with will makes the broker publish it`(version: ProtocolVersion) throws {
    let broker = try Mosquitto()
    var options = try ClientOptions.test(port: broker.port, version: version)
    options.session.will = Will(topic: "will", payload: Bytes("gone".utf8))
    let watcher = try MosquittoClient.subscribe(to: ["will"], on: broker)
    let test = try TestLink(options)
    try test.events.up()
    try test.link.stop(.now(Disconnect(.disconnectWithWill)), within: .seconds(60))
    test.link.join()
    #expect(eventually { watcher.output.messages == ["0 0 will gone"] })
  }

  @Test func `a DISCONNECT that the protocol forbids is refused at once`() throws {
    let test = try TestLink(.test(port: FreePort.next()))
    #expect(throws: DisconnectError.reasonCode(.banned)) {
      try test.link.stop(.now(Disconnect(.banned)), within: .seconds(60))
    }
  }

  @Test func `a client whose identifier another one has taken gives up`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try peer.send(.disconnect(Disconnect(.sessionTakenOver)))
    let (reason, retryIn) = try test.events.first { event -> (DownReason, Duration?)? in
      if case .down(let reason, _, let retryIn) = event { (reason, retryIn) } else { nil }
    }
    #expect(reason == .closedByBroker(.sessionTakenOver, reasonString: nil))
    #expect(retryIn == nil)
    try waitForEnd(test)
  }

  @Test func `wrong credentials are given up after some refusals, and what waits is answered`()
    throws
  {
    var login = Mosquitto.Options()
    login.login = ("ann", "secret")
    let broker = try Mosquitto(login)
    var options = try ClientOptions.test(port: broker.port)
    options.session.username = "ann"
    options.session.password = Bytes("wrong".utf8)
    options.session.reconnect.refusalsMaximum = 3
    let test = try TestLink(options)
    try test.publish(PublishRequest(key: 1, publish: Self.publish))
    for _ in 0..<3 {
      #expect(
        try test.events.down().reason == .refused(.notAuthorized, reasonString: nil))
    }
    #expect(try test.events.finished(1) == .notSent(.stopped))
    try waitForEnd(test)
    #expect(!test.link.send { _ in })
  }

  @Test func `one attempt is one attempt`() throws {
    var options = try ClientOptions.test(port: FreePort.next())
    options.session.reconnect = .never
    let test = try TestLink(options)
    _ = try test.events.down()
    try waitForEnd(test)
  }

  @Test func `a redirection is followed without credentials, and home is found again`() throws {
    let home = try LoopbackListener()
    let other = try LoopbackListener()
    var options = try ClientOptions.test(port: home.port)
    options.session.username = "ann"
    options.session.redirect = .follow()
    let test = try TestLink(options)
    let refusing = BrokerPeer(try home.accept())
    guard case .connect(let connect) = try refusing.next() else { throw TestFailure("no CONNECT") }
    #expect(connect.username == "ann")
    var ack = ConnectAck(sessionPresent: false, reasonCode: .useAnotherServer)
    ack.properties.serverReference = "127.0.0.1:\(other.port)"
    try refusing.send(.connectAck(ack))

    let accepting = BrokerPeer(try other.accept())
    guard case .connect(let redirected) = try accepting.next() else {
      throw TestFailure("no CONNECT")
    }
    #expect(redirected.username == nil)
    try accepting.send(.connectAck(ConnectAck(sessionPresent: false, reasonCode: .success)))
    try test.events.up()
    accepting.socket.close()
    _ = try BrokerPeer.accepted(by: home)
    try test.events.up()
  }

  @Test func `the application decides about a redirection`() async throws {
    try await onOwnThread {
      let home = try LoopbackListener()
      let other = try LoopbackListener()
      let port = other.port
      var options = try ClientOptions.test(port: home.port)
      options.session.redirect = .ask { request in
        guard request.isPermanent, let there = ServerReference("127.0.0.1:\(port)") else {
          return .stay
        }
        return .follow([there], sendsCredentials: true)
      }
      let test = try TestLink(options)
      let peer = try BrokerPeer.accepted(by: home)
      try test.events.up()
      try peer.send(.disconnect(Disconnect(.serverMoved, serverReference: "elsewhere:1")))
      _ = try BrokerPeer.accepted(by: other)
      try test.events.up()
    }
  }

  @Test func `a bridge does not get its own messages back from mosquitto`() throws {
    let broker = try Mosquitto()
    var options = try ClientOptions.test(port: broker.port, version: .v311)
    options.session.isBridge = true
    let test = try TestLink(options)
    try test.events.up()
    try test.perform { link in
      link.subscribe(SubscribeRequest(key: 1, subscriptions: [Subscription("t")]))
    }
    #expect(try test.events.first { if case .subscribed = $0 { true } else { nil } })
    try test.publish(PublishRequest(key: 2, publish: Self.publish))
    _ = try test.events.finished(2)
    try MosquittoClient.publish("foreign", to: "t", on: broker)
    #expect(try test.events.delivered().publish.payload == Bytes("foreign".utf8))
  }
}
