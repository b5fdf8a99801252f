import TestSupport
import Testing

@testable import Store

@Suite struct EventPruningTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func subscription(_ name: String, cursor: Int64, hold: Int64) -> StoredSubscription {
    StoredSubscription(name: name, config: [], cursor: cursor, holdAge: hold, createdAt: 0)
  }

  /// Which of events that were logged at 0, 10, 20 … go at `time`.
  private func pruned(
    _ count: Int, at time: Int64, age: Int, bytes: Int = .max, each: Int = 100, adding: Int = 0,
    isIdle: Bool = false, _ subscriptions: [StoredSubscription] = []
  ) -> Int {
    let pruning = EventPruning(age: .milliseconds(age), bytes: bytes)
    var step = pruning.step(
      holding: count * each, adding: adding, at: time, isIdle: isIdle, EventHolds(subscriptions))
    for number in 1...count {
      let event = EventSummary(
        sequence: Int64(number), time: Int64(number - 1) * 10, countedBytes: each)
      guard step.takes(event) else { break }
    }
    #expect(step.bytes == step.count * each)
    #expect(step.last == (step.count == 0 ? nil : Int64(step.count)))
    return step.count
  }

  @Test func `events go when they are older than the age`() {
    #expect(pruned(10, at: 100, age: 1000) == 0)
    #expect(pruned(10, at: 100, age: 70) == 3)
    #expect(pruned(10, at: 100, age: 0) == 10)
    #expect(pruned(10, at: -5, age: 0) == 0)
  }

  @Test func `the oldest events go when the log holds too many bytes, also held ones`() {
    #expect(pruned(10, at: 100, age: 1000, bytes: 1000) == 0)
    #expect(pruned(10, at: 100, age: 1000, bytes: 999) == 1)
    #expect(pruned(10, at: 100, age: 1000, bytes: 250) == 8)
    let holder = subscription("a", cursor: 0, hold: 1_000_000)
    #expect(pruned(10, at: 100, age: 1000, bytes: 250, [holder]) == 8)
  }

  @Test func `events after a cursor are held for the subscription's age and no longer`() {
    let early = subscription("early", cursor: 2, hold: 95)
    #expect(pruned(10, at: 100, age: 50, [early]) == 2)
    #expect(pruned(10, at: 120, age: 50, [early]) == 3)
    #expect(pruned(10, at: 100, age: 50, [subscription("late", cursor: 4, hold: 500)]) == 4)
    // An event that is past one cursor may be held by another one.
    let both = [subscription("a", cursor: 5, hold: 60), subscription("b", cursor: 1, hold: 85)]
    #expect(pruned(10, at: 100, age: 10, both) == 2)
    #expect(pruned(10, at: 150, age: 10, both) == 7)
    // A hold that is shorter than the age changes nothing.
    #expect(pruned(10, at: 100, age: 50, [subscription("short", cursor: 0, hold: 1)]) == 5)
  }

  @Test(arguments: 0..<50)
  func `holds agree with asking every subscription`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let subscriptions = (0..<Int.random(in: 0...8, using: &generator)).map {
      subscription(
        "\($0)", cursor: .random(in: 0...20, using: &generator),
        hold: .random(in: 0...5, using: &generator))
    }
    let ages = EventHolds(subscriptions).ages
    for sequence in Int64(0)...22 {
      let expected = subscriptions.filter { $0.cursor < sequence }.map(\.holdAge).max() ?? 0
      #expect(ages.age(of: sequence) == expected, "seed \(seed)")
    }
  }

  @Test func `a step is small, and larger than what came in`() {
    #expect(pruned(100_000, at: .max, age: 0) == 656)
    #expect(pruned(100_000, at: .max, age: 0, adding: 1_000_000) == 20_656)
    #expect(pruned(100_000, at: .max, age: 0, isIdle: true) == 20_972)
  }

  @Test func `the log stays within its bytes when large events follow many small ones`() throws {
    let limit = 150_000
    let open = try OpenStore(directory) { $0.eventBytes = limit }
    func isWithin() -> Bool {
      // The figures follow the event.
      eventually { open.store.statistics.eventBytes <= limit }
    }
    for batch in 0..<20 {
      try open.logAndWait(batch * 100 + 1...batch * 100 + 100, bytes: 64)
      #expect(isWithin())
    }
    #expect(eventually { open.store.eventBounds.last == 2000 })
    #expect(open.store.statistics.eventBytes > limit - 100)
    for number in 1...30 {
      try open.logAndWait(number...number, bytes: 20_000)
      #expect(isWithin())
    }
    open.store.close()
    #expect(open.store.statistics.events == 7)
    #expect(open.store.eventBounds.first == 2024 && open.store.eventBounds.last == 2030)
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
  }

  @Test func `old events go while nobody writes, and their pages go back to the volume`() throws {
    let open = try OpenStore(directory)
    for batch in 0..<30 {
      try open.logAndWait(batch * 100 + 1...batch * 100 + 100, bytes: 8000)
    }
    open.store.close()
    let size = directory.fileSize("bridge.sqlite3")
    #expect(size > 24_000_000)
    try change("UPDATE events SET time = 1")
    let again = try OpenStore(directory)
    // The event after the last one is the first that is kept.
    #expect(waitForPruning(again) { $0.events == 0 })
    #expect(again.store.eventBounds.first == 3001)
    // Fewer than 4096 free pages are kept for what comes next.
    #expect(
      eventually(within: .seconds(30)) { directory.fileSize("bridge.sqlite3") < size * 9 / 10 })
    again.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
  }

  @Test func `a subscription holds events that are older than the age, until it moves on`() throws {
    let open = try OpenStore(directory)
    try open.logAndWait(1...20)
    open.store.keep(subscription("a", cursor: 12, hold: 1 << 50), token: 1)
    open.store.close()
    try change("UPDATE events SET time = 1")
    let again = try OpenStore(directory)
    #expect(waitForPruning(again) { $0.events == 8 })
    try again.logAndWait(21...21)
    #expect(again.store.eventBounds.first == 13)
    again.store.moveCursor(of: "a", to: 15)
    #expect(again.recorder.wait { !$0.moved.isEmpty })
    #expect(waitForPruning(again) { $0.events == 6 })
    #expect(again.store.eventBounds.first == 16)
    again.store.close()
  }

  private func waitForPruning(_ open: OpenStore, until isDone: (StoreStatistics) -> Bool) -> Bool {
    eventually(within: .seconds(30)) { isDone(open.store.statistics) }
  }

  private func change(_ sql: String) throws {
    let connection = try Connection(path: directory.databasePath)
    try connection.execute(sql)
    connection.setCheckpointOnClose(true)
  }
}
