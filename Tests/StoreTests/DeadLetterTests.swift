import EventLoop
import Testing

@testable import Store

@Suite struct DeadLetterTests {
  let directory: TemporaryDirectory
  private let outcome = Outcome(code: 5, detail: [1])

  init() throws { directory = try TemporaryDirectory() }

  /// Stores items with these identifiers, whose sequences are the same, and lets them die.
  private func bury(_ ids: ClosedRange<Int>, _ open: OpenStore, bytes: Int = 16) throws {
    try open.appendAndWait(ids, bytes: bytes)
    let before = open.recorder.events.finished.count
    for id in ids {
      open.store.finish(sequence: Int64(id), outcome: outcome, ending: .deadLetter)
    }
    try #require(open.recorder.wait { $0.finished.count == before + ids.count })
  }

  private func page(_ answer: DeadLetterAnswer) throws -> (ids: [Int], next: Int64?) {
    guard case .page(let letters, let next) = answer else {
      throw Unexpected(answer: answer)
    }
    return (letters.map { Int($0.id.value) }, next)
  }

  private struct Unexpected: Error {
    let answer: DeadLetterAnswer
  }

  @Test func `a dead letter leaves the outbox, is listed and is found, across a restart`() throws {
    let open = try OpenStore(directory)
    try bury(1...3, open)
    #expect(open.recorder.events.ended.map(\.ending) == [.deadLetter, .deadLetter, .deadLetter])
    open.store.close()
    #expect(open.store.statistics.outboxMessages == 0)
    #expect(open.store.statistics.deadLetters == DeadLetterTotals(messages: 3, bytes: 48))
    let again = try OpenStore(directory)
    #expect(again.store.statistics.deadLetters == DeadLetterTotals(messages: 3, bytes: 48))
    let first = try page(again.ask(.list(before: nil, limit: 2), 1))
    #expect(first.ids == [3, 2])
    let second = try page(again.ask(.list(before: first.next, limit: 2), 2))
    #expect(second.ids == [1] && second.next == nil)
    guard case .found(let letter) = again.ask(.find(ItemID(2)), 3) else {
      Issue.record("not found")
      return
    }
    #expect(letter.body == OutboxItem.sample(2).body && letter.outcome == outcome)
    #expect(letter.diedAt >= letter.storedAt && letter.storedAt > 0)
    guard case .finished(outcome, _, _) = again.state(of: 2, token: 9) else {
      Issue.record("no outcome")
      return
    }
    #expect(again.ask(.find(ItemID(77)), 4) == .unknown)
    again.store.close()
  }

  @Test func `a retry brings it back under its identifier, with a new sequence and time`() throws {
    let open = try OpenStore(directory)
    open.store.startFeed()
    var item = OutboxItem.keyed(1)
    item.expiresAt = WallClock.milliseconds() + 1000
    #expect(open.store.append(item) == .accepted)
    #expect(open.recorder.waitForStored(1))
    open.store.advance(sequence: 1, phase: 2)
    open.store.finish(sequence: 1, outcome: outcome, ending: .deadLetter)
    #expect(open.ask(.retry(ItemID(1)), 1) == .retried)
    #expect(open.ask(.retry(ItemID(1)), 2) == .unknown)
    #expect(open.recorder.waitForFed(2))
    let (old, row) = (open.recorder.events.fed[0], open.recorder.events.fed[1])
    #expect(row.id == ItemID(1) && row.body == item.body && row.sequence == 2 && row.phase == 0)
    #expect(row.storedAt >= old.storedAt)
    #expect(row.expiresAt == item.expiresAt.map { $0 + row.storedAt - old.storedAt })
    #expect(open.store.append(.keyed(3)) == .accepted)
    #expect(open.recorder.wait { !$0.repeated.isEmpty })
    guard case .pending = try #require(open.recorder.events.repeated.first).state else {
      Issue.record("\(open.recorder.events.repeated)")
      return
    }
    open.store.close()
    #expect(open.store.statistics.outboxMessages == 1)
    #expect(open.store.statistics.deadLetters == DeadLetterTotals())
    #expect(open.store.statistics.outcomes == 0)
    #expect(open.store.statistics.waitingMessages == 0)
  }

  @Test func `a retry needs room in the outbox`() throws {
    let open = try OpenStore(directory) { $0.outboxLimits = .init(messages: 1, bytes: 1 << 20) }
    try bury(1...1, open)
    try open.appendAndWait(2...2)
    #expect(open.ask(.retry(ItemID(1)), 1) == .full)
    open.store.finish(sequence: 2, outcome: Outcome(code: 0))
    #expect(open.recorder.wait { $0.finished.count == 2 })
    #expect(open.ask(.retry(ItemID(1)), 2) == .retried)
    #expect(open.store.append(.sample(3)) == .full(.messages))
    open.store.close()
  }

  @Test func `dead letters are deleted one by one or all together`() throws {
    let open = try OpenStore(directory)
    try bury(1...5, open)
    #expect(open.ask(.delete(ItemID(3)), 1) == .deleted(1))
    #expect(open.ask(.delete(ItemID(3)), 2) == .unknown)
    #expect(try page(open.ask(.list(before: nil, limit: 10), 3)).ids == [5, 4, 2, 1])
    #expect(open.ask(.deleteAll, 4) == .deleted(4))
    #expect(try page(open.ask(.list(before: nil, limit: 10), 5)).ids.isEmpty)
    open.store.close()
    #expect(open.store.statistics.deadLetters == DeadLetterTotals())
  }

  @Test(
    arguments: [
      (StoreOptions.Limits(messages: 2, bytes: 1000), [5, 4], 3),
      (StoreOptions.Limits(messages: 100, bytes: 47), [5, 4], 3),
      (StoreOptions.Limits(messages: 0, bytes: 1000), [], 5),
      (StoreOptions.Limits(messages: 100, bytes: 15), [], 5),
    ])
  func `beyond their bounds the oldest dead letters are dropped and counted`(
    limits: StoreOptions.Limits, kept: [Int], dropped: Int
  ) throws {
    let open = try OpenStore(directory) { $0.deadLetterLimits = limits }
    try bury(1...5, open)
    #expect(try page(open.ask(.list(before: nil, limit: 10), 1)).ids == kept)
    open.store.close()
    let again = try OpenStore(directory)
    #expect(
      again.store.statistics.deadLetters
        == DeadLetterTotals(messages: kept.count, bytes: 16 * kept.count, dropped: dropped))
    again.store.close()
  }

  @Test func `a page ends where its bytes become many`() throws {
    let open = try OpenStore(directory)
    try bury(1...4, open, bytes: 5 << 20)
    let first = try page(open.ask(.list(before: nil, limit: 10), 1))
    #expect(first.ids == [4, 3])
    #expect(try page(open.ask(.list(before: first.next, limit: 10), 2)).ids == [2, 1])
    open.store.close()
  }
}

extension OpenStore {
  /// The answer about dead letters, asked for and waited for.
  func ask(_ request: DeadLetterRequest, _ token: UInt64) -> DeadLetterAnswer {
    #expect(store.deadLetters(request, token: token))
    var answer: DeadLetterAnswer?
    _ = recorder.wait { events in
      for case .deadLetters(token, let given) in events { answer = given }
      return answer != nil
    }
    return answer ?? .failed(.busy)
  }
}
