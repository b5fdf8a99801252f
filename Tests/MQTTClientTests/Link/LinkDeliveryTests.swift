import EventLoop
import MQTTClient
import TestSupport
import Testing

/// How publishes end on a real link, and what may pass them.
@Suite struct LinkDeliveryTests {
  private static let long = Bytes(repeating: 0, count: 200_000)

  @Test func `QoS 0 ends as sent when the socket has taken it, and not before`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.outgoingBytesMax = 1 << 30
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let count = 100
    for key in 1...count {
      try test.publish(
        PublishRequest(key: UInt64(key), publish: Publish(topic: "a", payload: Self.long)))
    }
    // The sockets take a few megabytes of these twenty, and the peer reads nothing.
    let first = try test.events.first { event -> UInt64? in
      if case .finished(let key, .sent) = event { key } else { nil }
    }
    #expect(first == 1)
    peer.socket.close(reset: true)
    var outcomes: [PublishOutcome] = []
    while outcomes.count < count - 1 {
      outcomes.append(
        try test.events.first { event -> PublishOutcome? in
          if case .finished(_, let outcome) = event { outcome } else { nil }
        })
    }
    #expect(outcomes.contains(.notSent(.linkDown)))
    #expect(outcomes.count { $0 == .maybeSent(.linkDown) } <= 1)
    let firstFailure = outcomes.firstIndex { $0 != .sent } ?? 0
    #expect(outcomes[firstFailure...].allSatisfy { $0 != .sent }, "in the order of sending")
  }

  @Test func `an acknowledgement and a ping pass publishes that the broker does not read yet`()
    throws
  {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.outgoingBytesMax = 1 << 30
    options.session.keepAlive = 1
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let count = 100
    for key in 1...count {
      try test.publish(
        PublishRequest(key: UInt64(key), publish: Publish(topic: "a", payload: Self.long)))
    }
    try peer.send(.publish(Publish(topic: "in", payload: [], qos: .atLeastOnce, packetID: 9)))
    let token = try test.events.delivered().token
    let isAsked = Counter()
    try test.perform { link in
      link.acknowledge(token)
      link.subscribe(SubscribeRequest(key: 1, subscriptions: [Subscription("b")]))
      isAsked.increment()
    }
    #expect(eventually { isAsked.value == 1 })
    var others: [Packet] = []
    var before = 0
    while others.count < 2 {
      switch try peer.next() {
      case .publish: before += 1
      case .pingRequest: break
      case let packet: others.append(packet)
      }
    }
    #expect(others.first == .publishAck(PublishReply(9)))
    #expect(before < count - 20, "\(before) publishes came before")
  }

  @Test func `the rate holds publishes back and nothing else`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.delivery.rate = PublishRate(messages: 0.001, burst: .zero)
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    for key in 1...3 {
      try test.publish(
        PublishRequest(key: UInt64(key), publish: Publish(topic: "\(key)", payload: [])))
    }
    try test.perform {
      $0.subscribe(SubscribeRequest(key: 9, subscriptions: [Subscription("b")]))
    }
    var topics: [String] = []
    var subscribes = 0
    while subscribes == 0 {
      switch try peer.next() {
      case .publish(let publish): topics.append(publish.topic)
      case .subscribe: subscribes += 1
      case let packet: Issue.record("\(packet)")
      }
    }
    if topics.isEmpty { topics.append(try peer.nextPublish().topic) }
    #expect(topics == ["1"])
    try test.perform { $0.changeRate(.unlimited) }
    #expect(try peer.nextPublish().topic == "2")
    #expect(try peer.nextPublish().topic == "3")
  }

  @Test func `a deadline passes without a broker`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let publish = Publish(topic: "a", payload: [], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 1, publish: publish, deadline: .milliseconds(20)))
    #expect(try test.events.finished(1) == .notSent(.deadlinePassed))
  }

  @Test func `the application sees what has not ended`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let publish = Publish(topic: "abc", payload: [1], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 5, publish: publish))
    _ = try peer.nextPublish()
    let seen = Locked<[PendingPublish]>([])
    let isSeen = Counter()
    try test.perform { link in
      let pending = link.pendingPublishes(atMost: 10)
      seen.withLock { $0 = pending }
      link.cancelAll(answersSent: true)
      isSeen.increment()
    }
    #expect(try test.events.finished(5) == .maybeSent(.cancelled))
    #expect(eventually { isSeen.value == 1 })
    let pending = seen.withLock { $0 }
    #expect(pending.map(\.key) == [5] && pending.map(\.state) == [.sent])
    #expect(pending.map(\.bytes) == [4])
  }
}
