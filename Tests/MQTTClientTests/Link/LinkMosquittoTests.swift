import EventLoop
import MQTTClient
import TestSupport
import Testing

/// A link against a real broker, whose opinion of the protocol is not ours.
@Suite struct LinkMosquittoTests {
  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `messages of every QoS come back`(version: ProtocolVersion) throws {
    let broker = try Mosquitto()
    let test = try TestLink(.test(port: broker.port, version: version))
    try test.events.up()
    try subscribe(test, to: "echo/#")
    for (key, qos) in [QoS.atMostOnce, .atLeastOnce, .exactlyOnce].enumerated() {
      let publish = Publish(topic: "echo/\(key)", payload: [UInt8(key)], qos: qos)
      try test.publish(PublishRequest(key: UInt64(key), publish: publish))
      let (message, token) = try test.events.delivered()
      #expect(message.topic == "echo/\(key)")
      #expect(message.payload == [UInt8(key)])
      #expect(message.qos == qos)
      try test.perform { $0.acknowledge(token) }
    }
    #expect(
      try test.events.finished(2) == .acknowledged(.success, reasonString: nil, isUncertain: false))
  }

  @Test func `a restarted broker is found again with the subscriptions and the waiting publishes`()
    throws
  {
    var options = Mosquitto.Options()
    options.keepsSessions = false
    let broker = try Mosquitto(options)
    let test = try TestLink(.test(port: broker.port))
    try test.events.up()
    try subscribe(test, to: "t")
    try broker.kill()
    _ = try test.events.down()
    let publish = Publish(topic: "t", payload: [1], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 9, publish: publish))
    try broker.start()
    #expect(try test.events.up().sessionPresent == false)
    #expect(try test.events.delivered().publish.payload == [1])
  }

  @Test func `a paused broker is taken for dead and found again`() throws {
    let broker = try Mosquitto()
    var options = try ClientOptions.test(port: broker.port)
    options.session.keepAlive = 1
    options.session.pingTimeout = .milliseconds(300)
    let test = try TestLink(options)
    try test.events.up()
    broker.pause()
    #expect(try test.events.down().reason == .pingTimeout)
    broker.resume()
    try test.events.up()
  }

  @Test func `wrong credentials are reported, right ones connect`() throws {
    var options = Mosquitto.Options()
    options.login = ("ann", "secret")
    let broker = try Mosquitto(options)
    let session = SessionOptions(clientID: "c")
    let wrong = try TestLink(
      ClientOptions(
        broker: BrokerURL("mqtt://ann:wrong@127.0.0.1:\(broker.port)"), session: session))
    guard case .refused(let code, _) = try wrong.events.down().reason else {
      Issue.record("the broker took a wrong password")
      return
    }
    #expect(code == .notAuthorized)
    let right = try TestLink(
      ClientOptions(
        broker: BrokerURL("mqtt://ann:secret@127.0.0.1:\(broker.port)"), session: session)
    )
    try right.events.up()
  }

  @Test func `stopping is a clean end for the broker, which sends no will`() throws {
    let broker = try Mosquitto()
    var options = try ClientOptions.test(port: broker.port)
    options.session.will = Will(topic: "will", payload: [1])
    let watcher = try MosquittoClient.subscribe(to: ["will", "end"], on: broker)
    let test = try TestLink(options)
    try test.events.up()
    test.link.stop(within: .seconds(10))
    test.link.join()
    try MosquittoClient.publish("now", to: "end", on: broker)
    #expect(eventually { !watcher.output.messages.isEmpty })
    #expect(watcher.output.messages == ["1 0 end now"])
  }

  @Test func `ten thousand QoS 1 publishes are all acknowledged`() throws {
    let broker = try Mosquitto()
    let test = try TestLink(.test(port: broker.port))
    try test.events.up()
    let count: UInt64 = 10_000
    try test.perform { link in
      for key in 0..<count {
        let publish = Publish(topic: "t", payload: [1, 2, 3], qos: .atLeastOnce)
        link.publish(PublishRequest(key: key, publish: publish))
      }
    }
    var finished: Set<UInt64> = []
    while finished.count < count {
      let (key, outcome) = try test.events.first { event -> (UInt64, PublishOutcome)? in
        if case .finished(let key, let outcome) = event { (key, outcome) } else { nil }
      }
      guard case .acknowledged = outcome, finished.insert(key).inserted else {
        Issue.record("\(key) ended as \(outcome)")
        return
      }
    }
  }

  private func subscribe(_ test: TestLink, to filter: String) throws {
    let subscription = Subscription(filter)
    try test.perform { link in
      link.subscribe(SubscribeRequest(key: 1, subscriptions: [subscription]))
    }
    let codes = try test.events.first { event -> [ReasonCode]? in
      if case .subscribed(1, let codes, _) = event { codes } else { nil }
    }
    #expect(codes == [.grantedQoS2])
  }
}
