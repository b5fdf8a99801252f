import Testing

@testable import Store

/// Dead letters of subscriptions: events that a consumer could not deliver.
@Suite struct UndeliveredEventsTests {
  let directory: TemporaryDirectory
  private let outcome = Outcome(code: 404, detail: [1, 2])

  init() throws { directory = try TemporaryDirectory() }

  private func events(_ id: Int, bytes: Int = 3) -> UndeliveredEvents {
    UndeliveredEvents(
      id: ItemID(UInt128(id)), body: Array(repeating: 9, count: bytes), outcome: outcome,
      storedAt: 77)
  }

  private func open(
    _ configure: (inout StoreOptions) -> Void = { _ in }
  ) throws -> OpenStore {
    let open = try OpenStore(directory, configure)
    open.store.keep(
      StoredSubscription(name: "hook", config: [1], cursor: -1, holdAge: 0, createdAt: 5), token: 1)
    return open
  }

  private func found(_ open: OpenStore, _ id: Int, token: UInt64) -> DeadLetter? {
    guard case .found(let letter) = open.ask(.find(ItemID(UInt128(id))), token) else { return nil }
    return letter
  }

  @Test func `the events are kept and the cursor is moved together, across a restart`() throws {
    let first = try open()
    try first.logAndWait(1...5)
    first.store.bury(events(7), of: "hook", cursor: 3, token: 42)
    #expect(first.recorder.wait(for: .buried(token: 42)))
    #expect(first.recorder.wait { $0.moved.map(\.cursor) == [3] })
    first.store.close()
    let again = try OpenStore(directory)
    #expect(again.store.loadedSubscriptions.map(\.cursor) == [3])
    let letter = try #require(found(again, 7, token: 1))
    #expect(letter.owner == "hook" && letter.outcome == outcome && letter.body == [9, 9, 9])
    #expect(letter.storedAt == 77 && letter.diedAt > 77)
    #expect(again.store.statistics.deadLetters == DeadLetterTotals(messages: 1, bytes: 3))
    again.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
  }

  @Test func `the same events are kept once`() throws {
    let open = try open()
    for (token, bytes) in [(UInt64(1), 3), (2, 5)] {
      open.store.bury(events(7, bytes: bytes), of: "hook", cursor: 0, token: token)
    }
    #expect(open.recorder.wait(for: .buried(token: 2)))
    open.store.close()
    #expect(open.store.statistics.deadLetters == DeadLetterTotals(messages: 1, bytes: 5))
  }

  @Test func `a retry hands them over, and they stay until they are settled`() throws {
    let open = try open()
    open.store.bury(events(7), of: "hook", cursor: 0, token: 1)
    guard case .handedOver(let letter) = open.ask(.retry(ItemID(7)), 1) else {
      Issue.record("not handed over")
      return
    }
    #expect(letter.owner == "hook" && found(open, 7, token: 2) == letter)
    #expect(open.store.statistics.outboxMessages == 0)
    open.store.settle(letter.id, Outcome(code: 500, detail: [3]))
    let changed = try #require(found(open, 7, token: 3))
    #expect(changed.outcome == Outcome(code: 500, detail: [3]) && changed.number == letter.number)
    open.store.settle(letter.id, nil)
    #expect(found(open, 7, token: 4) == nil)
    // What was deleted meanwhile stays away.
    open.store.settle(letter.id, Outcome(code: 500))
    #expect(found(open, 7, token: 5) == nil)
    open.store.close()
    #expect(open.store.statistics.deadLetters == DeadLetterTotals())
  }

  @Test func `they are no items, and items are not settled`() throws {
    let open = try open()
    open.store.bury(events(7), of: "hook", cursor: 0, token: 1)
    #expect(open.state(of: 7, token: 9) == nil)
    try open.appendAndWait(1...1)
    open.store.finish(sequence: 1, outcome: outcome, ending: .deadLetter)
    open.store.settle(ItemID(1), nil)
    #expect(found(open, 1, token: 10)?.owner == nil && found(open, 1, token: 11) != nil)
    open.store.close()
  }

  @Test func `they share the bounds of all dead letters`() throws {
    let open = try open { $0.deadLetterLimits = .init(messages: 2, bytes: 1000) }
    for id in 1...3 {
      open.store.bury(events(id), of: "hook", cursor: 0, token: UInt64(id))
    }
    #expect(open.recorder.wait(for: .buried(token: 3)))
    #expect(found(open, 1, token: 1) == nil && found(open, 3, token: 2) != nil)
    open.store.close()
    let totals = DeadLetterTotals(messages: 2, bytes: 6, dropped: 1)
    #expect(open.store.statistics.deadLetters == totals)
  }
}
