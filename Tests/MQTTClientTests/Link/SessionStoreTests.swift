import MQTTClient
import TestSupport
import Testing

/// What is durable before what, and what another process goes on with.
@Suite struct SessionStoreTests {
  private static func options(
    _ listener: LoopbackListener, _ store: MemorySessionStore
  ) throws -> ClientOptions {
    var options = try ClientOptions.test(port: listener.port)
    options.sessionStore = store
    return options
  }

  private static func request(_ key: UInt64, _ qos: QoS) -> PublishRequest {
    PublishRequest(key: key, publish: Publish(topic: "t/\(key)", payload: [1], qos: qos))
  }

  @Test func `nothing is sent, released or told before it is durable`() throws {
    let listener = try LoopbackListener()
    let store = MemorySessionStore()
    store.hold(true)
    let test = try TestLink(Self.options(listener, store))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try test.publish(Self.request(1, .exactlyOnce))
    #expect(eventually { store.waitingWrites == 1 })
    // A packet that follows the one that must not come shows that it did not come.
    try test.publish(PublishRequest(key: 9, publish: Publish(topic: "q0", payload: [])))
    #expect(try peer.nextPublish().topic == "q0")
    store.commit()
    let publish = try peer.nextPublish()
    #expect(publish.topic == "t/1" && publish.packetID == 1)
    try peer.send(.publishReceived(PublishReply(1)))
    #expect(eventually { store.waitingWrites == 1 })
    try test.publish(PublishRequest(key: 9, publish: Publish(topic: "q0", payload: [])))
    #expect(try peer.nextPublish().topic == "q0")
    store.commit()
    #expect(try peer.next() == .publishRelease(PublishReply(1)))
    try peer.send(.publishComplete(PublishReply(1)))
    #expect(eventually { store.waitingWrites == 1 })
    #expect(store.durable.publishes.map(\.isReceived) == [true])
    store.hold(false)
    store.commit()
    #expect(
      try test.events.finished(1)
        == .acknowledged(.success, reasonString: nil, isUncertain: false))
    #expect(store.durable == StoredSession())
    #expect(store.log.count == 3, "one record per step")
  }

  @Test func `a store that refuses ends the publish, and the link goes on`() throws {
    let listener = try LoopbackListener()
    let store = MemorySessionStore()
    store.refuse(true)
    let test = try TestLink(Self.options(listener, store))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.publish(Self.request(1, .atLeastOnce))
    #expect(try test.events.finished(1) == .notSent(.notStored))
    store.refuse(false)
    try test.publish(Self.request(2, .atLeastOnce))
    #expect(try peer.nextPublish().topic == "t/2")
  }

  @Test func `what cannot be sent is not stored`() throws {
    let listener = try LoopbackListener()
    let store = MemorySessionStore()
    let test = try TestLink(Self.options(listener, store))
    var properties = ConnectAck.Properties()
    properties.maximumQoS = .atLeastOnce
    let peer = try BrokerPeer.accepted(by: listener, properties: properties)
    try test.events.up()
    try test.publish(Self.request(1, .exactlyOnce))
    #expect(try test.events.finished(1) == .notSent(.maximumQoS(.atLeastOnce)))
    try test.publish(
      PublishRequest(key: 2, publish: Publish(topic: "#", payload: [], qos: .atLeastOnce)))
    #expect(try test.events.finished(2) == .notSent(.invalid))
    #expect(store.log.isEmpty)
    _ = peer
  }

  @Test func `another process goes on under the same packet identifiers`() throws {
    let listener = try LoopbackListener()
    let store = MemorySessionStore()
    var test: TestLink? = try TestLink(Self.options(listener, store))
    var peer = try BrokerPeer.accepted(by: listener)
    for key in 1...3 { try test?.publish(Self.request(UInt64(key), .exactlyOnce)) }
    for id in 1...3 { #expect(try peer.nextPublish().packetID == PacketID(id)) }
    try peer.send(.publishReceived(PublishReply(2)))
    #expect(try peer.next() == .publishRelease(PublishReply(2)))
    // What is on its way when the process dies stays as the store has it.
    let crashed = MemorySessionStore(store.durable)
    test = nil
    peer.socket.close()
    test = try TestLink(Self.options(listener, crashed))
    peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    var packets: [Packet] = []
    for _ in 0..<3 { packets.append(try peer.next()) }
    #expect(packets.contains(.publishRelease(PublishReply(2))))
    let publishes = packets.compactMap { packet -> Publish? in
      if case .publish(let publish) = packet { publish } else { nil }
    }
    #expect(publishes.map(\.packetID) == [1, 3])
    #expect(publishes.map(\.isDuplicate) == [true, true])
    for id: PacketID in [1, 3] {
      try peer.send(.publishReceived(PublishReply(id)))
      #expect(try peer.next() == .publishRelease(PublishReply(id)))
    }
    for id: PacketID in [1, 2, 3] { try peer.send(.publishComplete(PublishReply(id))) }
    #expect(eventually { crashed.durable == StoredSession() })
    _ = test
  }

  @Test func `a delivery of QoS 2 that an earlier process had is not delivered again`() throws {
    let listener = try LoopbackListener()
    let store = MemorySessionStore()
    var test: TestLink? = try TestLink(Self.options(listener, store))
    var peer = try BrokerPeer.accepted(by: listener)
    var message = Publish(topic: "in", payload: [], qos: .exactlyOnce, packetID: 7)
    try peer.send(.publish(message))
    let token = try #require(try test?.events.delivered().token)
    #expect(store.durable.inbound.isEmpty)
    try test?.perform { $0.acknowledge(token) }
    #expect(try peer.next() == .publishReceived(PublishReply(7)))
    #expect(store.durable.inbound == [7])
    let crashed = MemorySessionStore(store.durable)
    test = nil
    peer.socket.close()
    test = try TestLink(Self.options(listener, crashed))
    peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    message.isDuplicate = true
    try peer.send(.publish(message))
    #expect(try peer.next() == .publishReceived(PublishReply(7)))
    try peer.send(.publishRelease(PublishReply(7)))
    #expect(try peer.next() == .publishComplete(PublishReply(7)))
    #expect(crashed.durable.inbound.isEmpty)
    message.isDuplicate = false
    message.topic = "next"
    try peer.send(.publish(message))
    #expect(try test?.events.delivered().publish.topic == "next")
  }

  @Test func `a stale token leaves no record`() throws {
    let listener = try LoopbackListener()
    let store = MemorySessionStore()
    let test = try TestLink(Self.options(listener, store))
    let peer = try BrokerPeer.accepted(by: listener)
    try peer.send(.publish(Publish(topic: "in", payload: [], qos: .exactlyOnce, packetID: 7)))
    let token = try test.events.delivered().token
    for _ in 0..<3 { try test.perform { $0.acknowledge(token) } }
    #expect(try peer.next() == .publishReceived(PublishReply(7)))
    try peer.send(.publishRelease(PublishReply(7)))
    #expect(try peer.next() == .publishComplete(PublishReply(7)))
    try test.perform { $0.acknowledge(token) }
    try test.publish(PublishRequest(key: 9, publish: Publish(topic: "q0", payload: [])))
    #expect(try peer.nextPublish().topic == "q0")
    #expect(store.durable.inbound.isEmpty)
  }

  @Test func `a lost session forgets the deliveries and starts the publishes anew`() throws {
    let listener = try LoopbackListener()
    let message = Publish(topic: "t", payload: [], qos: .exactlyOnce)
    let store = MemorySessionStore(
      StoredSession(
        publishes: [
          StoredPublish(sequence: 4, publish: message, acceptedAt: 0, isReceived: true)
        ], inbound: [7, 8]))
    let test = try TestLink(Self.options(listener, store))
    let peer = try BrokerPeer.accepted(by: listener)
    let publish = try peer.nextPublish()
    #expect(publish.packetID == 4 && !publish.isDuplicate)
    #expect(eventually { store.durable.inbound.isEmpty })
    #expect(store.durable.publishes.map(\.isReceived) == [false])
    try test.publish(Self.request(1, .atLeastOnce))
    #expect(try peer.nextPublish().packetID == 5)
  }

  @Test func `a publish that expired while no process ran is not sent as new`() throws {
    let listener = try LoopbackListener()
    var message = Publish(topic: "old", payload: [], qos: .atLeastOnce)
    message.properties.messageExpiryInterval = 5
    let store = MemorySessionStore(
      StoredSession(publishes: [StoredPublish(sequence: 1, publish: message, acceptedAt: 0)]))
    let test = try TestLink(Self.options(listener, store))
    let peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    // The broker may have it: it goes out as a repetition with the least expiry there is.
    let publish = try peer.nextPublish()
    #expect(publish.isDuplicate && publish.properties.messageExpiryInterval == 1)
    try peer.send(.publishAck(PublishReply(1)))
    #expect(eventually { store.durable.publishes.isEmpty })
    _ = test
  }

  @Test func `stopping leaves the rest to the next process`() throws {
    let listener = try LoopbackListener()
    let store = MemorySessionStore()
    let test = try TestLink(Self.options(listener, store))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.publish(Self.request(1, .atLeastOnce))
    _ = try peer.nextPublish()
    test.link.stop(within: .seconds(5))
    #expect(try test.events.finished(1) == .maybeSent(.stopped))
    test.link.join()
    #expect(store.durable.publishes.map(\.sequence) == [1])
  }
}
