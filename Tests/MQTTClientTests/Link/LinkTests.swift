import MQTTClient
import TestSupport
import Testing

/// The life of a link against a broker that the test plays on a real socket.
@Suite struct LinkTests {
  @Test func `CONNECT is exactly what the options say`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port, version: .v311)
    options.session.keepAlive = 30
    options.session.username = "ann"
    options.session.password = [1, 2]
    let test = try TestLink(options)
    let socket = try listener.accept()
    let expected: [UInt8] =
      [0x10, 25, 0, 4] + Array("MQTT".utf8) + [4, 0xC0, 0, 30, 0, 4] + Array("test".utf8)
      + [0, 3] + Array("ann".utf8) + [0, 2, 1, 2]
    #expect(try socket.receive(exactly: expected.count) == expected)
    try socket.send([0x20, 2, 0, 0])
    try test.events.up()
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `publishes go out and their end comes back`(version: ProtocolVersion) throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port, version: version))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try test.publish(PublishRequest(key: 1, publish: Publish(topic: "a", payload: [1])))
    #expect(try peer.nextPublish() == Publish(topic: "a", payload: [1]))
    #expect(try test.events.finished(1) == .sent)
    let important = Publish(topic: "b", payload: [2], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 2, publish: important, packetID: 7))
    #expect(try peer.nextPublish().packetID == 7)
    try peer.send(.publishAck(PublishReply(7)))
    #expect(
      try test.events.finished(2)
        == .acknowledged(.success, reasonString: nil, isUncertain: false))
  }

  @Test func `a delivery is acknowledged when the application says so`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    let message = Publish(topic: "t", payload: [1], qos: .atLeastOnce, packetID: 9)
    try peer.send(.publish(message))
    let (publish, token) = try test.events.delivered()
    #expect(publish.topic == "t")
    try test.perform { $0.acknowledge(token) }
    #expect(try peer.next() == .publishAck(PublishReply(9)))
  }

  @Test func `packets that come byte by byte are understood`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    let message = Publish(topic: "some/topic", payload: Array("a payload".utf8)[...])
    for byte in try peer.encoded(.publish(message)) + peer.encoded(.publish(message)) {
      try peer.socket.send([byte])
    }
    #expect(try test.events.delivered().publish == message)
    #expect(try test.events.delivered().publish == message)
  }

  @Test func `a connection that ends in the middle of a packet is made again`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    let bytes = try peer.encoded(.publish(Publish(topic: "t", payload: [1, 2, 3])))
    try peer.socket.send(Array(bytes.dropLast()))
    peer.socket.close()
    let (reason, detail) = try test.events.down()
    #expect(reason == .linkFailed(.closedByPeer))
    #expect(detail == .closedByPeer(.up))
    _ = try BrokerPeer.accepted(by: listener)
    try test.events.up()
  }

  @Test func `what was not acknowledged goes out again after a reconnect`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let first = try BrokerPeer.accepted(by: listener)
    let publish = Publish(topic: "t", payload: [1], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 1, publish: publish, packetID: 5))
    _ = try first.nextPublish()
    first.socket.close(reset: true)
    let second = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    let repeated = try second.nextPublish()
    #expect(repeated.packetID == 5 && repeated.isDuplicate)
    try second.send(.publishAck(PublishReply(5)))
    _ = try test.events.finished(1)
  }

  @Test func `bytes that are no MQTT are answered with the reason and the end`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try peer.socket.send([0x00, 0x00])
    #expect(try peer.next() == .disconnect(Disconnect(.malformedPacket)))
    #expect(try peer.nextIfAny() == nil)
    let (reason, detail) = try test.events.down()
    #expect(reason == .violation(.malformedPacket))
    guard case .malformed = detail else {
      Issue.record("the detail is \(String(describing: detail))")
      return
    }
  }

  @Test func `the broker's reason counts even when it resets the connection after it`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try peer.send(.disconnect(Disconnect(.serverShuttingDown)))
    peer.socket.close()
    try test.publish(PublishRequest(key: 1, publish: Publish(topic: "a", payload: [])))
    #expect(
      try test.events.down().reason == .closedByBroker(.serverShuttingDown, reasonString: nil))
  }

  @Test func `a request that cannot be encoded fails alone`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let wildcard = Publish(topic: "a/#", payload: [], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 1, publish: wildcard))
    #expect(try test.events.finished(1) == .notSent(.invalid))
    try test.perform {
      $0.subscribe(SubscribeRequest(key: 2, subscriptions: [Subscription("#/a")]))
    }
    #expect(
      try test.events.next() == .subscribed(2, [.topicFilterInvalid], reasonString: nil))
    try test.perform { $0.unsubscribe(key: 3, filters: ["a", "#/a"]) }
    #expect(
      try test.events.next()
        == .unsubscribed(3, [.topicFilterInvalid, .topicFilterInvalid], reasonString: nil))
    try test.publish(PublishRequest(key: 4, publish: Publish(topic: "a", payload: [])))
    #expect(try peer.nextPublish().topic == "a")
  }

  @Test func `requests made during an event run after it, in order`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port)) { link in
      link.publish(PublishRequest(key: 1, publish: Publish(topic: "answer/1", payload: [])))
      link.publish(PublishRequest(key: 2, publish: Publish(topic: "answer/2", payload: [])))
    }
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try peer.send(.publish(Publish(topic: "question", payload: [])))
    #expect(try peer.nextPublish().topic == "answer/1")
    #expect(try peer.nextPublish().topic == "answer/2")
    _ = try test.events.delivered()
    #expect(try test.events.next() == .sent(1))
    #expect(try test.events.next() == .sent(2))
    #expect(try test.events.next() == .finished(1, .sent))
    #expect(try test.events.next() == .finished(2, .sent))
  }
}
