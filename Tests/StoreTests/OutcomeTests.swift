import EventLoop
import Testing

@testable import Store

@Suite struct OutcomeTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `an item can be followed from pending to finished, across a restart`() throws {
    let before = WallClock.milliseconds()
    let open = try OpenStore(directory)
    #expect(open.state(of: 1, token: 1) == nil)
    var item = OutboxItem.sample(1)
    item.expiresAt = 99
    #expect(open.store.append(item) == .accepted)
    #expect(open.recorder.waitForStored(1))
    let stored = open.recorder.events.stored[0]
    #expect(stored.storedAt >= before && stored.storedAt <= WallClock.milliseconds())
    open.store.advance(sequence: 1, phase: 4)
    #expect(
      open.state(of: 1, token: 2)
        == .pending(sequence: 1, phase: 4, storedAt: stored.storedAt, expiresAt: 99))
    let outcome = Outcome(code: -7, detail: [1, 0, 255])
    open.store.finish(sequence: 1, outcome: outcome)
    open.store.close()
    let again = try OpenStore(directory)
    let state = try #require(again.state(of: 1, token: 3))
    guard case .finished(let kept, let storedAt, let finishedAt) = state else {
      Issue.record("\(state)")
      return
    }
    #expect(kept == outcome && storedAt == stored.storedAt)
    #expect(finishedAt >= stored.storedAt && finishedAt <= WallClock.milliseconds())
    again.store.close()
  }

  @Test func `a look-up sent after an item sees it`() throws {
    let open = try OpenStore(directory)
    for id in 1...100 {
      #expect(open.store.append(.sample(id)) == .accepted)
      #expect(open.store.lookUp(ItemID(UInt128(id)), token: UInt64(id)))
    }
    #expect(open.recorder.wait { $0.found(100) != nil })
    for token in UInt64(1)...100 { #expect(open.recorder.events.found(token) != .some(nil)) }
    open.store.close()
  }

  @Test func `only so many outcomes are remembered, the newest ones`() throws {
    let open = try OpenStore(directory) { $0.outcomesMax = 20 }
    try open.appendAndWait(1...100)
    for sequence in 1...100 {
      open.store.finish(sequence: Int64(sequence), outcome: Outcome(code: 0))
      if sequence.isMultiple(of: 7) {
        #expect(open.recorder.wait { $0.finished.count == sequence })
      }
    }
    #expect(open.state(of: 80, token: 1) == nil)
    #expect(open.state(of: 81, token: 2) != nil)
    #expect(open.state(of: 100, token: 3) != nil)
    open.store.close()
    #expect(open.store.statistics.outcomes == 20)
  }

  @Test func `outcomes older than their age are forgotten in small steps`() throws {
    let open = try OpenStore(directory)
    try open.appendAndWait(1...100)
    for sequence in 1...100 {
      open.store.finish(sequence: Int64(sequence), outcome: Outcome(code: 0))
    }
    open.store.close()
    #expect(open.store.statistics.outcomes == 100)
    // Time passes: everything in the table was finished long ago.
    let connection = try Connection(path: directory.databasePath)
    try connection.execute("UPDATE outcomes SET finished_at = finished_at - 25 * 3600 * 1000")
    connection.setCheckpointOnClose(true)
    let again = try OpenStore(directory)
    #expect(again.store.remember(ItemID(500), outcome: Outcome(code: 1)))
    #expect(again.state(of: 500, token: 1) != nil)
    again.store.close()
    #expect(again.store.statistics.outcomes == 1)
  }

  @Test func `a batch forgets a bounded number of outcomes`() throws {
    let path = directory.databasePath
    try OpenStore(directory).store.close()
    let database = try Database(path: path, StoreOptions(directory: directory.path))
    let feed = Feed(limits: .init(messages: 1, bytes: 1), lastStored: 0)
    let many = (0..<200).map { Command.remember(ItemID(UInt128($0)), Outcome(code: 0)) }
    _ = try database.write(many, feed, at: 0)
    #expect(database.totals.outcomes == 200)
    let later: Int64 = 25 * 3600 * 1000
    _ = try database.write([.recordName("x")], feed, at: later)
    #expect(database.totals.outcomes == 184)
    _ = try database.write([], feed, at: later)
    #expect(database.totals.outcomes == 0)
  }

  @Test func `a later outcome replaces an earlier one`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.remember(ItemID(1), outcome: Outcome(code: 1)))
    #expect(open.store.remember(ItemID(1), outcome: Outcome(code: 2)))
    let state = try #require(open.state(of: 1, token: 1))
    guard case .finished(let outcome, _, _) = state else {
      Issue.record("\(state)")
      return
    }
    #expect(outcome == Outcome(code: 2))
    open.store.close()
    #expect(open.store.statistics.outcomes == 1)
  }
}
