import MQTTClient
import TestSupport
import Testing

/// An application that keeps the identifiers of QoS 2 deliveries itself.
@Suite struct LinkReleaseTests {
  private static func options(
    _ listener: LoopbackListener, restored: [PacketID] = []
  ) throws -> ClientOptions {
    var options = try ClientOptions.test(port: listener.port)
    options.session.recordsReleased = true
    options.restoredInbound = restored.map { RestoredDelivery($0) }
    return options
  }

  private static func message(_ topic: String, isDuplicate: Bool = false) -> Packet {
    .publish(
      Publish(
        topic: topic, payload: [], qos: .exactlyOnce, isDuplicate: isDuplicate, packetID: 7))
  }

  /// Shows by the next packet that nothing else came before it.
  private static func mark(_ test: TestLink, _ peer: BrokerPeer) throws {
    try test.publish(PublishRequest(key: 9, publish: Publish(topic: "mark", payload: [])))
    #expect(try peer.nextPublish().topic == "mark")
  }

  private static func released(_ test: TestLink) throws -> PacketID {
    try test.events.first { if case .released(let id) = $0 { id } else { nil } }
  }

  /// From PUBLISH to PUBREL.
  private static func begin(_ test: TestLink, _ peer: BrokerPeer) throws {
    try peer.send(message("in"))
    let token = try test.events.delivered().token
    try test.perform { $0.acknowledge(token) }
    #expect(try peer.next() == .publishReceived(PublishReply(7)))
    try peer.send(.publishRelease(PublishReply(7)))
    #expect(try released(test) == 7)
  }

  @Test func `PUBCOMP goes out once, after the application has forgotten the identifier`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(Self.options(listener))
    let peer = try BrokerPeer.accepted(by: listener)
    try Self.begin(test, peer)
    try peer.send(.publishRelease(PublishReply(7)))
    // The delivery shows that the second PUBREL has been read.
    try peer.send(.publish(Publish(topic: "after", payload: [])))
    #expect(try test.events.delivered().publish.topic == "after")
    try Self.mark(test, peer)
    try test.perform { $0.releasedRecorded(7) }
    #expect(try peer.next() == .publishComplete(PublishReply(7)))
    try Self.mark(test, peer)
    try peer.send(Self.message("next"))
    #expect(try test.events.delivered().publish.topic == "next")
  }

  @Test func `a PUBREL that is repeated on a later link is answered there`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(Self.options(listener))
    var peer = try BrokerPeer.accepted(by: listener)
    try Self.begin(test, peer)
    peer.socket.close()
    peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    try peer.send(.publishRelease(PublishReply(7)))
    try peer.send(.publish(Publish(topic: "after", payload: [])))
    #expect(try test.events.delivered().publish.topic == "after")
    try Self.mark(test, peer)
    try test.perform { $0.releasedRecorded(7) }
    #expect(try peer.next() == .publishComplete(PublishReply(7)))
    try Self.mark(test, peer)
  }

  @Test func `another process answers for the deliveries that the earlier one kept`() throws {
    let listener = try LoopbackListener()
    var options = try Self.options(listener, restored: [7, 8])
    options.session.unknownSession = .refuse
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    #expect(try test.events.up().sessionPresent)
    try peer.send(Self.message("in", isDuplicate: true))
    #expect(try peer.next() == .publishReceived(PublishReply(7)))
    for id: PacketID in [7, 8] {
      try peer.send(.publishRelease(PublishReply(id)))
      #expect(try Self.released(test) == id)
      try Self.mark(test, peer)
      try test.perform { $0.releasedRecorded(id) }
      #expect(try peer.next() == .publishComplete(PublishReply(id)))
    }
    try peer.send(Self.message("next"))
    #expect(try test.events.delivered().publish.topic == "next")
  }

  @Test func `with a lost session a kept identifier stands for nothing`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(Self.options(listener, restored: [7]))
    let peer = try BrokerPeer.accepted(by: listener)
    #expect(try !test.events.up().sessionPresent)
    try peer.send(.publishRelease(PublishReply(7)))
    #expect(try peer.next() == .publishComplete(PublishReply(7, .packetIdentifierNotFound)))
  }

  @Test func `with a session store a repeated PUBREL waits for the record of the first one`() throws
  {
    let listener = try LoopbackListener()
    let store = MemorySessionStore(StoredSession(publishes: [], inbound: [7]))
    store.hold(true)
    var options = try ClientOptions.test(port: listener.port)
    options.sessionStore = store
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    try peer.send(.publishRelease(PublishReply(7)))
    #expect(eventually { store.waitingWrites == 1 })
    try peer.send(.publishRelease(PublishReply(7)))
    try peer.send(.publish(Publish(topic: "after", payload: [])))
    #expect(try test.events.delivered().publish.topic == "after")
    try Self.mark(test, peer)
    #expect(store.durable.inbound == [7])
    store.commit()
    #expect(try peer.next() == .publishComplete(PublishReply(7)))
    try Self.mark(test, peer)
    #expect(store.log == [.inboundReleased(7)])
  }

  @Test func `with a session store a kept identifier may stand for another message`() throws {
    let listener = try LoopbackListener()
    let store = MemorySessionStore(StoredSession(publishes: [], inbound: [7]))
    var options = try ClientOptions.test(port: listener.port)
    options.sessionStore = store
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    try peer.send(Self.message("another"))
    let token = try test.events.delivered().token
    try test.perform { $0.acknowledge(token) }
    #expect(try peer.next() == .publishReceived(PublishReply(7)))
    #expect(store.log.isEmpty, "the identifier is kept already")
    try peer.send(.publishRelease(PublishReply(7)))
    #expect(try peer.next() == .publishComplete(PublishReply(7)))
    #expect(store.log == [.inboundReleased(7)])
  }
}
