import EventLoop
import Glibc
import Testing

@testable import Store

@Suite struct StoreTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `an item is stored, fed and finished`() throws {
    let open = try OpenStore(directory)
    open.store.startFeed()
    try open.appendAndWait(1...1)
    #expect(open.recorder.waitForFed(1))
    let row = try #require(open.recorder.events.fed.first)
    #expect(row.body == OutboxItem.sample(1).body)
    #expect(row.id == ItemID(1))
    #expect(row.phase == 0 && !row.wasLoaded && row.expiresAt == nil)
    open.store.finish(sequence: row.sequence, outcome: Outcome(code: 7, detail: [1, 2]))
    #expect(open.recorder.wait(for: .finished([row.sequence])))
    #expect(open.store.close())
    #expect(open.store.statistics.outboxMessages == 0)
    #expect(open.store.statistics.outboxBytes == 0)
    #expect(open.store.statistics.rowsPaged == 0)
  }

  @Test func `every row is reported stored before it is fed`() throws {
    let open = try OpenStore(directory)
    open.store.startFeed()
    for id in 1...200 { #expect(open.store.append(.sample(id)) == .accepted) }
    #expect(open.recorder.waitForFed(200))
    var stored: Set<Int64> = []
    for event in open.recorder.events {
      if case .stored(let items) = event { stored.formUnion(items.map(\.sequence)) }
      if case .feed(let rows) = event { #expect(rows.allSatisfy { stored.contains($0.sequence) }) }
    }
    open.store.close()
  }

  @Test func `everything that waits shares one transaction`() throws {
    let gate = try Mailbox<Bool>(capacity: 1)
    let entered = try Mailbox<Bool>(capacity: 1)
    let recorder = try Recorder()
    let store = try Store.open(StoreOptions(directory: directory.path)) { event in
      recorder.record(event)
      if case .stored(let items) = event, items[0].id == ItemID(1) {
        entered.sendReserved(true)
        gate.wait(atMost: .seconds(30))
      }
    }
    #expect(store.append(.sample(1)) == .accepted)
    entered.wait(atMost: .seconds(30))
    #expect(store.statistics.outboxMessages == 1)
    for id in 2...101 { #expect(store.append(.sample(id)) == .accepted) }
    #expect(store.statistics.waitingMessages == 100)
    gate.sendReserved(true)
    #expect(recorder.waitForStored(101))
    #expect(recorder.events.count { if case .stored = $0 { true } else { false } } == 2)
    #expect(store.close())
    #expect(store.statistics.commits == 2)
    #expect(store.statistics.lastCommitWrites == 100)
    #expect(store.statistics.waitingMessages == 0)
  }

  @Test func `an identifier in use is refused alone`() throws {
    let open = try OpenStore(directory)
    try open.appendAndWait(1...1)
    #expect(open.store.append(.sample(1)) == .accepted)
    try open.appendAndWait(2...2)
    #expect(open.recorder.wait(for: .refused([ItemID(1)], .duplicateItem)))
    open.store.close()
    #expect(open.store.statistics.outboxMessages == 2)
    #expect(open.store.statistics.failure == nil)
    #expect(open.store.statistics.waitingBytes == 0)
  }

  @Test func `several items are kept together or not at all`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.append(contentsOf: [.sample(1), .sample(2)]) == .accepted)
    #expect(open.recorder.waitForStored(2))
    #expect(open.store.append(contentsOf: [.sample(3), .sample(2), .sample(4)]) == .accepted)
    let ids = [ItemID(3), ItemID(2), ItemID(4)]
    #expect(open.recorder.wait { $0.refused.count == 3 })
    #expect(open.recorder.events.refused == ids)
    #expect(open.state(of: 3, token: 1) == nil)
    try open.appendAndWait(3...4)
    open.store.close()
    #expect(open.store.statistics.outboxMessages == 4)
    #expect(open.store.statistics.waitingMessages == 0)
  }

  @Test func `the outbox is full by messages and by bytes, and has room again afterwards`() throws {
    let open = try OpenStore(directory) { $0.outboxLimits = .init(messages: 3, bytes: 100) }
    try open.appendAndWait(1...2, bytes: 40)
    #expect(open.store.append(.sample(3, bytes: 21)) == .full(.bytes))
    try open.appendAndWait(3...3, bytes: 20)
    #expect(open.store.append(.sample(4, bytes: 0)) == .full(.messages))
    open.store.finish(sequence: 1, outcome: Outcome(code: 0))
    #expect(open.recorder.wait(for: .finished([1])))
    try open.appendAndWait(4...4, bytes: 40)
    open.store.close()
    let again = try OpenStore(directory) { $0.outboxLimits = .init(messages: 3, bytes: 100) }
    #expect(again.store.append(.sample(5, bytes: 0)) == .full(.messages))
    again.store.close()
  }

  @Test func `a closed store keeps what it accepted and accepts nothing more`() throws {
    let open = try OpenStore(directory)
    for id in 1...50 { #expect(open.store.append(.sample(id)) == .accepted) }
    #expect(open.store.close())
    #expect(open.recorder.events.stored.count == 50)
    #expect(open.store.append(.sample(51)) == .closed)
    #expect(!open.store.lookUp(ItemID(1), token: 1))
    #expect(!open.store.remember(ItemID(1), outcome: Outcome(code: 0)))
    #expect(open.store.close())
    #expect(directory.fileSize("bridge.sqlite3-wal") == 0)
  }

  @Test func `an empty body is stored as an empty body`() throws {
    let open = try OpenStore(directory)
    try open.appendAndWait(1...1, bytes: 0)
    open.store.close()
    let again = try OpenStore(directory)
    again.store.startFeed()
    #expect(again.recorder.waitForFed(1))
    #expect(again.recorder.events.fed[0].body == [])
    again.store.close()
  }

  @Test func `items of many threads are each answered once, in the order of their thread`() throws {
    let open = try OpenStore(directory) { $0.waitingLimits = .init(messages: 100, bytes: 1 << 20) }
    open.store.startFeed()
    let (threads, each) = (8, 500)
    let running = try (0..<threads).map { thread in
      try LoopThread(name: "append-\(thread)") {
        var next = 0
        while next < each {
          switch open.store.append(.sample(thread * each + next)) {
          case .accepted: next += 1
          case .full(.waiting): sched_yield()
          case let other:
            Issue.record("\(other)")
            return
          }
        }
      }
    }
    for thread in running { thread.join() }
    #expect(open.store.close())
    let ids = open.recorder.events.stored.map { Int($0.id.value) }
    #expect(ids.count == threads * each)
    #expect(Set(ids).count == ids.count)
    for thread in 0..<threads {
      let own = ids.filter { $0 / each == thread }
      #expect(own == own.sorted())
    }
    #expect(open.store.statistics.waitingMessages == 0)
    #expect(open.recorder.events.fed.count == 1024)
  }

  @Test func `a store that is let go of commits and closes by itself`() throws {
    do {
      let store = try Store.open(StoreOptions(directory: directory.path)) { _ in }
      #expect(store.append(.sample(1)) == .accepted)
    }
    let deadline = MonotonicClock.now() + .seconds(30)
    var reopened: Store?
    while reopened == nil, MonotonicClock.now() < deadline {
      reopened = try? Store.open(StoreOptions(directory: directory.path)) { _ in }
      sched_yield()
    }
    let store = try #require(reopened)
    #expect(store.statistics.outboxMessages == 1)
    store.close()
  }
}
