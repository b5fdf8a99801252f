import EventLoop
import Testing

@testable import Store

@Suite struct EventLogTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `events are logged in order and read back as they were`() throws {
    let before = WallClock.milliseconds()
    let open = try OpenStore(directory)
    let items = (1...10).map { EventItem.sample($0) }
    open.store.log(Array(items[..<4]))
    open.store.log(Array(items[4...]))
    #expect(open.recorder.wait { $0.logged.count == 10 })
    let logged = open.recorder.events.logged
    #expect(logged.map(\.sequence) == Array(1...10))
    #expect(logged.allSatisfy { $0.time >= before && $0.time <= WallClock.milliseconds() })
    let bounds = EventBounds(first: 1, last: 10, lastTime: logged[9].time)
    #expect(open.store.eventBounds == bounds)
    let read = try open.events(after: 0, through: 10)
    #expect(read.map(\.item) == items)
    #expect(read.map(\.place) == logged)
    open.store.close()
    let again = try OpenStore(directory)
    #expect(again.store.eventBounds == bounds)
    #expect(try again.events(after: 0, through: 10).map(\.item) == items)
    #expect(again.store.statistics.events == 10)
    #expect(again.store.statistics.eventBytes == items.reduce(0) { $0 + $1.countedBytes })
    again.store.close()
  }

  @Test func `a log of nothing is not answered`() throws {
    let open = try OpenStore(directory)
    open.store.log([])
    open.store.log([.sample(1)])
    #expect(open.recorder.wait { !$0.logged.isEmpty })
    open.store.close()
    #expect(open.recorder.events.logged.map(\.sequence) == [1])
  }

  @Test func `an event keeps any topic, kind and body`() throws {
    let open = try OpenStore(directory)
    let items = [
      EventItem(topic: "", kind: 0, body: []), EventItem(topic: "ä/nul\0", kind: 255, body: [0]),
      EventItem(topic: "big", kind: 1, body: Array(repeating: 7, count: 1 << 20)),
    ]
    open.store.log(items)
    #expect(open.recorder.wait { $0.logged.count == 3 })
    #expect(try open.events(after: 0, through: 3).map(\.item) == items)
    open.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
  }

  @Test func `time never goes back, neither with the clock nor after all events are gone`() throws {
    try OpenStore(directory).store.close()
    func times(_ clock: [Int64], prunedAt: Int64? = nil) throws -> [Int64] {
      let database = try Database(
        path: directory.databasePath, StoreOptions(directory: directory.path))
      let feed = Feed(limits: .init(messages: 1, bytes: 1), lastStored: 0)
      var times: [Int64] = []
      for now in clock {
        let effects = try database.write([.log([.sample(1), .sample(2)])], feed, at: now)
        times += effects.events.logged.map(\.time)
      }
      if let prunedAt {
        _ = try database.write([], feed, at: prunedAt)
        #expect(database.totals.events == 0)
        #expect(database.events.bounds.first == database.events.bounds.last + 1)
      }
      return times
    }
    #expect(try times([1000, 400, 1001]) == [1000, 1000, 1000, 1000, 1001, 1001])
    #expect(try times([5], prunedAt: 10_000_000_000) == [1001, 1001])
    #expect(try times([6, 2000]) == [1001, 1001, 2000, 2000])
    // The store's own clock is far ahead of these.
    let open = try OpenStore(directory) { $0.eventAge = .seconds(10_000_000_000) }
    #expect(open.store.eventBounds == EventBounds(first: 9, last: 12, lastTime: 2000))
    open.store.close()
  }

  @Test func `a sequence is never used again, not even when all events are gone`() throws {
    let open = try OpenStore(directory) { $0.eventBytes = 0 }
    try open.logAndWait(1...3)
    open.store.close()
    #expect(open.store.statistics.events == 0)
    let again = try OpenStore(directory)
    #expect(again.store.eventBounds.last == 3)
    try again.logAndWait(4...4)
    #expect(again.recorder.events.logged[0].sequence == 4)
    again.store.close()
  }

  @Test func `receipts last until they are forgotten`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.loadedReceipts == [])
    open.store.log([1, 2, 3, 3].map { .sample(Int($0), receipt: $0) } + [.sample(9)])
    open.store.forget(receipt: 2)
    open.store.forget(receipt: 77)
    #expect(open.recorder.wait { $0.forgottenReceipts == [2, 77] })
    #expect(open.recorder.events.logged.count == 5)
    open.store.close()
    let second = try OpenStore(directory)
    #expect(second.store.loadedReceipts.map(\.number) == [1, 3])
    second.store.forgetAllReceipts()
    second.store.log([.sample(1, receipt: 8)])
    second.store.close()
    let third = try OpenStore(directory)
    #expect(third.store.loadedReceipts.map(\.number) == [8])
    third.store.close()
  }

  @Test func `a receipt keeps the mark of the last event with its number`() throws {
    let open = try OpenStore(directory)
    for (number, mark) in [(1, nil), (2, 7), (3, .min), (2, -1), (4, 9), (4, nil)]
      as [(Int64, Int64?)]
    {
      var item = EventItem.sample(1, receipt: number)
      item.receiptMark = mark
      open.store.log([item])
    }
    open.store.close()
    let again = try OpenStore(directory)
    #expect(
      again.store.loadedReceipts == [
        Receipt(number: 1), Receipt(number: 2, mark: -1), Receipt(number: 3, mark: .min),
        Receipt(number: 4),
      ])
    again.store.close()
  }

  @Test func `an event and its receipt are there together or not at all`() throws {
    let copy = try TemporaryDirectory()
    let open = try OpenStore(directory) { $0.checkpointPages = 100_000 }
    for number in 1...40 {
      open.store.log([.sample(number, bytes: 700, receipt: Int64(number))])
      #expect(open.recorder.wait { $0.logged.count == number })
    }
    try directory.copyFiles(to: copy)
    open.store.close()
    let log = try copy.read("bridge.sqlite3-wal")
    var counts: Set<Int64> = []
    for length in stride(from: 0, to: log.count, by: 2999) {
      let torn = try TemporaryDirectory()
      try torn.write(try copy.read("bridge.sqlite3"), to: "bridge.sqlite3")
      try torn.write(log.prefix(length), to: "bridge.sqlite3-wal")
      let connection = try Connection(path: torn.databasePath)
      guard try connection.integer("SELECT count(*) FROM sqlite_schema") != 0 else { continue }
      let events = try connection.integer("SELECT count(*) FROM events")
      #expect(try connection.integer("SELECT count(*) FROM receipts") == events)
      #expect(
        try connection.integer(
          "SELECT count(*) FROM receipts WHERE number NOT IN (SELECT sequence FROM events)") == 0)
      counts.insert(events ?? 0)
    }
    #expect(counts.count > 20)
  }

  @Test func `a name remembers the newest event when it first came`() throws {
    let open = try OpenStore(directory)
    open.store.record(name: "early")
    open.store.log([.sample(1), .sample(2)])
    open.store.record(name: "later")
    open.store.record(name: "early")
    #expect(open.recorder.wait { $0.recorded.count == 3 })
    let expected = [("early", 0), ("later", 2), ("early", 0)].map {
      RecordedName(name: $0.0, since: Int64($0.1))
    }
    #expect(open.recorder.events.recorded == expected)
    open.store.forget(name: "early")
    open.store.record(name: "early")
    open.store.close()
    let again = try OpenStore(directory)
    #expect(again.store.loadedNames == ["early", "later"].map { RecordedName(name: $0, since: 2) })
    again.store.close()
  }
}
