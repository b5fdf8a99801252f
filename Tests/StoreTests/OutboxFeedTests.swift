import EventLoop
import Synchronization
import Testing

@testable import Store

@Suite struct OutboxFeedTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `a hundred thousand rows reach a slow consumer once, in order, never too many`() throws
  {
    let total = 100_000
    let limits = StoreOptions.Limits(messages: 64, bytes: 64 * 16)
    let recorder = try Recorder()
    var options = StoreOptions(directory: directory.path)
    options.feedLimits = limits
    options.waitingLimits = .init(messages: total, bytes: 1 << 30)
    let store = try Store.open(options) { event in
      if case .feed = event { recorder.record(event) }
    }
    store.startFeed()
    for id in 1...total { #expect(store.append(.sample(id)) == .accepted) }
    var outstanding: [Int64] = []
    var expected: Int64 = 1
    var feeds = 0
    while expected <= total || !outstanding.isEmpty {
      #expect(recorder.wait { $0.fed.count > 0 || expected > total })
      let rows = recorder.take().fed
      feeds += 1
      outstanding += rows.map(\.sequence)
      try #require(rows.map(\.sequence) == Array(expected..<expected + Int64(rows.count)))
      expected += Int64(rows.count)
      try #require(outstanding.count <= limits.messages)
      // Most of them, but not all: the feed also has to fill up around rows that stay.
      let keeps = expected <= total && feeds.isMultiple(of: 3) ? 5 : 0
      for sequence in outstanding.dropFirst(keeps) {
        store.finish(sequence: sequence, outcome: Outcome(code: 0))
      }
      outstanding = Array(outstanding.prefix(keeps))
    }
    #expect(store.close())
    #expect(store.statistics.outboxMessages == 0)
    #expect(store.statistics.fedMessages == 0)
    #expect(store.statistics.rowsPaged > 0)
  }

  @Test func `the byte limit holds, and one larger row still passes`() throws {
    let open = try OpenStore(directory) { $0.feedLimits = .init(messages: 100, bytes: 1000) }
    open.store.startFeed()
    try open.appendAndWait(1...1, bytes: 600)
    try open.appendAndWait(2...2, bytes: 600)
    try open.appendAndWait(3...3, bytes: 5000)
    try open.appendAndWait(4...4, bytes: 10)
    #expect(open.recorder.events.fed.map(\.sequence) == [1])
    open.store.finish(sequence: 1, outcome: Outcome(code: 0))
    #expect(open.recorder.waitForFed(2))
    #expect(open.recorder.events.fed.map(\.sequence) == [1, 2])
    open.store.finish(sequence: 2, outcome: Outcome(code: 0))
    #expect(open.recorder.waitForFed(3))
    open.store.finish(sequence: 3, outcome: Outcome(code: 0))
    #expect(open.recorder.waitForFed(4))
    #expect(open.recorder.events.fed.map(\.body.count) == [600, 600, 5000, 10])
    open.store.close()
  }

  @Test func `a consumer that keeps up never causes a read`() throws {
    let open = try OpenStore(directory)
    open.store.startFeed()
    for id in 1...300 {
      try open.appendAndWait(id...id)
      #expect(open.recorder.waitForFed(id))
      open.store.finish(sequence: Int64(id), outcome: Outcome(code: 0))
    }
    open.store.close()
    #expect(open.store.statistics.rowsPaged == 0)
    #expect(open.recorder.events.fed.map(\.sequence) == Array(1...300))
  }

  @Test func `a row that ends before its turn is never fed`() throws {
    let open = try OpenStore(directory) { $0.feedLimits = .init(messages: 1, bytes: 1000) }
    open.store.startFeed()
    try open.appendAndWait(1...3)
    open.store.finish(sequence: 2, outcome: Outcome(code: 5))
    open.store.finish(sequence: 1, outcome: Outcome(code: 0))
    #expect(open.recorder.waitForFed(2))
    #expect(open.recorder.events.fed.map(\.sequence) == [1, 3])
    open.store.close()
  }

  @Test func `starting the feed twice gives nothing twice`() throws {
    let open = try OpenStore(directory)
    try open.appendAndWait(1...3)
    open.store.startFeed()
    open.store.startFeed()
    try open.appendAndWait(4...4)
    #expect(open.recorder.waitForFed(4))
    open.store.close()
    #expect(open.recorder.events.fed.map(\.sequence) == [1, 2, 3, 4])
  }

  @Test func `the oldest row's time follows the first row`() throws {
    let open = try OpenStore(directory)
    try open.appendAndWait(1...1)
    try open.appendAndWait(2...2)
    let stored = open.recorder.events.stored
    open.store.finish(sequence: 1, outcome: Outcome(code: 0))
    #expect(open.recorder.wait(for: .finished([1])))
    open.store.close()
    #expect(open.store.statistics.oldestStoredAt == stored[1].storedAt)
  }
}
