import EventLoop
import MQTTClient
import MQTTSessionStore
import TestSupport
import Testing

@Suite struct FileSessionStoreTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private static func accepted(_ sequence: UInt64) -> SessionRecord {
    .accepted(
      StoredPublish(
        sequence: sequence,
        publish: Publish(topic: "t/\(sequence)", payload: [1], qos: .exactlyOnce),
        acceptedAt: 5))
  }

  /// Writes and waits until that is durable.
  private func write(
    _ records: [SessionRecord], to store: FileSessionStore
  ) throws -> Set<UInt64> {
    let answer = Locked<Set<UInt64>?>(nil)
    store.write(records) { refused in answer.withLock { $0 = refused } }
    try #require(eventually { answer.withLock { $0 != nil } })
    return answer.withLock { $0 } ?? []
  }

  @Test func `another process finds what has not ended, in order`() throws {
    var store = try FileSessionStore(directory: directory.path)
    #expect(store.stored() == StoredSession())
    #expect(
      try write(
        [Self.accepted(1), Self.accepted(2), Self.accepted(3), .inboundReceived(7)], to: store
      ).isEmpty)
    #expect(
      try write(
        [.received(sequence: 3), .finished(sequence: 1), .inboundReceived(8), .inboundReleased(7)],
        to: store
      ).isEmpty)
    #expect(store.close())
    store = try FileSessionStore(directory: directory.path)
    #expect(store.stored().publishes.map(\.sequence) == [2, 3])
    #expect(store.stored().publishes.map(\.isReceived) == [false, true])
    #expect(store.stored().publishes.map(\.publish.topic) == ["t/2", "t/3"])
    #expect(store.stored().inbound == [8])
    #expect(
      try write([.restarted(sequence: 3), .finished(sequence: 2), Self.accepted(4)], to: store)
        .isEmpty)
    #expect(store.close())
    store = try FileSessionStore(directory: directory.path)
    #expect(store.stored().publishes.map(\.sequence) == [3, 4])
    #expect(store.stored().publishes.map(\.isReceived) == [false, false])
    store.close()
  }

  @Test func `a delivery that ends before its beginning is durable leaves nothing`() throws {
    var store = try FileSessionStore(directory: directory.path)
    for _ in 0..<100 {
      store.write([.inboundReceived(7)]) { _ in }
      store.write([.inboundReleased(7)]) { _ in }
    }
    _ = try write([.inboundReceived(9)], to: store)
    #expect(store.close())
    store = try FileSessionStore(directory: directory.path)
    #expect(store.stored().inbound == [9])
    store.close()
  }

  @Test func `writes are reported once each and in order`() throws {
    let store = try FileSessionStore(directory: directory.path)
    let order = Locked<[Int]>([])
    let count = 500
    for number in 1...count {
      store.write([Self.accepted(UInt64(number))]) { _ in order.withLock { $0.append(number) } }
    }
    #expect(eventually { order.withLock { $0.count } == count })
    #expect(order.withLock { $0 } == Array(1...count))
    store.close()
  }

  @Test func `a full store refuses publishes, keeps the rest and takes publishes again`() throws {
    let store = try FileSessionStore(directory: directory.path, publishesMax: 2)
    #expect(
      try write([Self.accepted(1), Self.accepted(2), Self.accepted(3)], to: store) == [3])
    #expect(try write([.finished(sequence: 1)], to: store).isEmpty)
    #expect(try write([Self.accepted(4)], to: store).isEmpty)
    store.close()
  }

  @Test func `a directory in use is refused`() throws {
    let store = try FileSessionStore(directory: directory.path)
    #expect(throws: FileSessionStoreError.self) {
      try FileSessionStore(directory: directory.path)
    }
    store.close()
  }
}
