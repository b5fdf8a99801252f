import Testing

@testable import Store

@Suite struct SubscriptionTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func sample(
    _ name: String, cursor: Int64, holdAge: Int64 = 0
  ) -> StoredSubscription {
    StoredSubscription(
      name: name, config: Array(name.utf8), cursor: cursor, holdAge: holdAge, createdAt: 77)
  }

  @Test func `a subscription is kept, replaced, removed and loaded`() throws {
    let open = try OpenStore(directory)
    try open.logAndWait(1...5)
    open.store.keep(sample("a", cursor: 2), token: 1)
    open.store.keep(sample("b", cursor: -1), token: 2)
    open.store.keep(sample("c", cursor: 0), token: 3)
    open.store.keep(sample("c", cursor: 1, holdAge: 9), token: 4)
    open.store.removeSubscription(name: "a", token: 5)
    open.store.removeSubscription(name: "a", token: 6)
    #expect(open.recorder.wait(for: .removed(token: 6, existed: false)))
    let events = open.recorder.events
    #expect(events.contains(.kept(token: 1, sample("a", cursor: 2))))
    #expect(events.contains(.kept(token: 2, sample("b", cursor: 5))))
    #expect(events.contains(.removed(token: 5, existed: true)))
    open.store.close()
    let again = try OpenStore(directory)
    #expect(
      again.store.loadedSubscriptions
        == [sample("b", cursor: 5), sample("c", cursor: 1, holdAge: 9)])
    again.store.close()
  }

  @Test func `the present end counts the events logged before in the same breath`() throws {
    let open = try OpenStore(directory)
    open.store.log([.sample(1), .sample(2)])
    open.store.keep(sample("a", cursor: -1), token: 1)
    #expect(open.recorder.wait(for: .kept(token: 1, sample("a", cursor: 2))))
    open.store.close()
  }

  @Test func `one that exists keeps its place when it is kept again`() throws {
    let open = try OpenStore(directory)
    try open.logAndWait(1...5)
    open.store.keep(sample("a", cursor: 3), token: 1)
    open.store.keep(sample("a", cursor: 1), token: 2)
    open.store.keep(sample("a", cursor: -1), token: 3)
    #expect(open.recorder.wait(for: .kept(token: 2, sample("a", cursor: 3))))
    #expect(open.recorder.wait(for: .kept(token: 3, sample("a", cursor: 3))))
    open.store.close()
  }

  @Test func `a cursor only moves forward and never past the newest event`() throws {
    let open = try OpenStore(directory)
    try open.logAndWait(1...10)
    open.store.keep(sample("a", cursor: 3), token: 1)
    for place in [5, 4, 9, 99] as [Int64] { open.store.moveCursor(of: "a", to: place) }
    open.store.moveCursor(of: "nobody", to: 4)
    open.store.keep(sample("b", cursor: 0), token: 2)
    #expect(open.recorder.wait { $0.moved.count == 4 && $0.contains { $0.isKept(2) } })
    #expect(
      open.recorder.events.moved
        == ([5, 5, 9, 10] as [Int64]).map { MovedCursor(name: "a", cursor: $0) })
    open.store.close()
    let again = try OpenStore(directory)
    #expect(again.store.loadedSubscriptions.map(\.cursor) == [10, 0])
    again.store.moveCursor(of: "a", to: 2)
    #expect(again.recorder.wait { $0.moved == [MovedCursor(name: "a", cursor: 10)] })
    again.store.close()
  }
}

extension StoreEvent {
  fileprivate func isKept(_ token: UInt64) -> Bool {
    if case .kept(token, _) = self { true } else { false }
  }
}
