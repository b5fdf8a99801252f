import EventLoop
import Foundation
import Testing

@testable import Store

@Suite struct EventReaderTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `a scan ends at the rows, at the end or where the visitor stops`() throws {
    let open = try OpenStore(directory)
    try open.logAndWait(1...20)
    func scan(
      _ after: Int64, _ through: Int64, _ rowsMax: Int, stopAt: Int64 = .max
    ) throws -> (last: Int64, seen: [Int64]) {
      try open.read { reader in
        var seen: [Int64] = []
        let last = try reader.scan(after: after, through: through, rowsMax: rowsMax) { row in
          if row.sequence == stopAt { return false }
          seen.append(row.sequence)
          return true
        }
        return (last, seen)
      }
    }
    #expect(try scan(3, 9, 4) == (7, [4, 5, 6, 7]))
    #expect(try scan(7, 9, 4) == (9, [8, 9]))
    #expect(try scan(0, 20, 20) == (20, Array(1...20)))
    #expect(try scan(0, 9, 99, stopAt: 4) == (3, [1, 2, 3]))
    #expect(try scan(5, 9, 99, stopAt: 6) == (5, []))
    #expect(try scan(9, 9, 99) == (9, []))
    #expect(try scan(12, 9, 99) == (12, []))
    #expect(try scan(0, 9, 0) == (0, []))
    // What does not exist yet cannot have been looked at.
    #expect(try scan(18, 1000, 99) == (20, [19, 20]))
    #expect(try scan(20, 1000, 99) == (20, []))
    open.store.close()
  }

  @Test func `a scan passes over events that are gone`() throws {
    let open = try OpenStore(directory) { $0.eventBytes = 400 }
    try open.logAndWait(1...20)
    let first = open.store.eventBounds.first
    #expect(first > 10)
    let events = try open.events(after: 0, through: 20)
    #expect(events.map(\.place.sequence) == Array(first...20))
    let last = try open.read { reader in
      try reader.scan(after: 2, through: first - 1, rowsMax: 99) { _ in true }
    }
    #expect(last == first - 1)
    #expect(try open.read { try $0.time(of: first - 1) } == nil)
    #expect(try open.read { try $0.position(before: 0) } == first - 1)
    open.store.close()
  }

  @Test func `a scan backward shows the newest events first`() throws {
    let open = try OpenStore(directory)
    #expect(try open.read { try $0.scanBackward(from: 9, rowsMax: 9) { _ in true } } == 1)
    try open.logAndWait(1...20)
    func scan(_ from: Int64, _ rowsMax: Int, stopAt: Int64 = 0) throws -> (Int64, [Int64]) {
      try open.read { reader in
        var seen: [Int64] = []
        let lowest = try reader.scanBackward(from: from, rowsMax: rowsMax) { row in
          if row.sequence == stopAt { return false }
          seen.append(row.sequence)
          return true
        }
        return (lowest, seen)
      }
    }
    #expect(try scan(20, 3) == (18, [20, 19, 18]))
    #expect(try scan(3, 9) == (1, [3, 2, 1]))
    #expect(try scan(99, 2) == (19, [20, 19]))
    #expect(try scan(9, 9, stopAt: 7) == (8, [9, 8]))
    #expect(try scan(9, 9, stopAt: 9) == (10, []))
    #expect(try scan(9, 0) == (10, []))
    #expect(try scan(0, 9) == (1, []))
    open.store.close()
  }

  @Test func `a position by time is the newest event that is older`() throws {
    let times: [Int64] = [100, 100, 100, 250, 300, 300, 470, 900, 900, 901]
    let path = directory.path
    try OpenStore(directory).store.close()
    try log(times)
    let open = try OpenStore(TemporaryDirectory(existing: path)) { $0.eventAge = .seconds(1 << 40) }
    for time in Int64(98)...903 {
      let expected = Int64(times.count { $0 < time })
      #expect(try open.read { try $0.position(before: time) } == expected, "\(time)")
    }
    for (index, time) in times.enumerated() {
      #expect(try open.read { try $0.time(of: Int64(index + 1)) } == time)
    }
    #expect(try open.read { try $0.time(of: 0) } == nil)
    #expect(try open.read { try $0.time(of: 11) } == nil)
    #expect(try open.read { try $0.position(before: .max) } == 10)
    #expect(try open.read { try $0.position(before: .min) } == 0)
    open.store.close()
  }

  @Test func `an empty log has positions too`() throws {
    let open = try OpenStore(directory)
    #expect(try open.read { try $0.position(before: 5) } == 0)
    #expect(try open.read { $0.bounds } == EventBounds(first: 1, last: 0, lastTime: 0))
    #expect(try open.events(after: 0, through: 10) == [])
    open.store.close()
  }

  @Test func `reads run in order, and one too many is refused at once`() throws {
    let open = try OpenStore(directory) { $0.readsWaitingMax = 3 }
    let (gate, entered) = (try Mailbox<Bool>(capacity: 1), try Mailbox<Bool>(capacity: 1))
    let order = Locked<[Int]>([])
    #expect(
      open.store.read { _ in
        entered.sendReserved(true)
        gate.wait(atMost: .seconds(30))
      })
    entered.wait(atMost: .seconds(30))
    for number in 1...3 {
      #expect(open.store.read { _ in order.withLock { $0.append(number) } })
    }
    #expect(!open.store.read { _ in order.withLock { $0.append(4) } })
    #expect(open.store.statistics.readsWaiting == 3)
    #expect(open.store.statistics.readsRefused == 1)
    gate.sendReserved(true)
    open.store.close()
    #expect(order.withLock { $0 } == [1, 2, 3])
    #expect(open.store.statistics.reads == 4)
    #expect(!open.store.read { _ in order.withLock { $0.append(5) } })
    #expect(directory.fileSize("bridge.sqlite3-wal") == 0)
  }

  @Test func `an event that was told can be read at once`() throws {
    let recorder = try Recorder()
    let seen = Locked<[Int64]>([])
    let store = Locked<Store?>(nil)
    let opened = try Store.open(StoreOptions(directory: directory.path)) { event in
      if case .logged(let events) = event, let last = events.last {
        let isAccepted = store.withLock { $0 }?.read { reader in
          let time = try? reader.time(of: last.sequence)
          if time == last.time { seen.withLock { $0.append(last.sequence) } }
        }
        #expect(isAccepted == true)
      }
      recorder.record(event)
    }
    store.withLock { $0 = opened }
    for number in 1...200 {
      opened.log([.sample(number)])
      #expect(recorder.wait { $0.logged.count == number })
    }
    opened.close()
    #expect(seen.withLock { $0 } == Array(1...200))
    store.withLock { $0 = nil }
  }

  @Test func `damage that a read finds stops the store`() throws {
    let filled = try OpenStore(directory)
    try filled.logAndWait(1...4000, bytes: 300)
    filled.store.close()
    var bytes = try directory.read("bridge.sqlite3")
    let (start, end) = (bytes.count / 2, bytes.count / 2 + 24 * 4096)
    bytes.replaceSubrange(start..<end, with: Data(count: end - start))
    try directory.write(bytes, to: "bridge.sqlite3")
    let open = try OpenStore(directory)
    #expect(throws: StoreError.corrupt) { try open.events(after: 0, through: 4000) }
    #expect(open.recorder.wait(for: .failing(.corrupt)))
    #expect(open.store.append(.sample(1)) == .failing(.corrupt))
    open.store.log([.sample(1)])
    #expect(open.state(of: 1, token: 1) == nil)
    #expect(open.recorder.events.logged == [])
    open.store.close()
    #expect(!(try StoreUpkeep.check(directory: directory.path).isSound))
  }

  @Test func `a reader that pages through the log does not let the write-ahead log grow`() throws {
    let open = try OpenStore(directory) { $0.checkpointPages = 200 }
    for batch in 0..<100 {
      try open.logAndWait(batch * 1000 + 1...batch * 1000 + 1000)
    }
    let done = try Mailbox<Int>(capacity: 1)
    var largest = 0
    var number = 0
    repeat {
      #expect(ReadPages.start(open.store, through: 100_000, done))
      while done.count == 0 {
        number += 1
        try open.logAndWait(number...number, bytes: 1000)
        largest = max(largest, directory.fileSize("bridge.sqlite3-wal"))
      }
      var rows: [Int] = []
      _ = done.receive(into: &rows)
      #expect(rows == [100_000])
    } while number <= 10
    open.store.close()
    // Twice the threshold: a page that is read just then puts the new start of the log off.
    #expect(largest < 2 * 230 * (4096 + 24))
  }

  private func log(_ times: [Int64]) throws {
    let database = try Database(
      path: directory.databasePath, StoreOptions(directory: directory.path))
    let feed = Feed(limits: .init(messages: 1, bytes: 1), lastStored: 0)
    for (index, time) in times.enumerated() {
      _ = try database.write([.log([.sample(index)])], feed, at: time)
    }
  }
}

/// One short read after the other through the log, as a replay does it.
private enum ReadPages {
  static func start(_ store: Store, through: Int64, _ done: Mailbox<Int>) -> Bool {
    next(store, after: 0, through: through, rows: 0, done)
  }

  private static func next(
    _ store: Store, after: Int64, through: Int64, rows: Int, _ done: Mailbox<Int>
  ) -> Bool {
    store.read { reader in
      var rows = rows
      let last = try? reader.scan(after: after, through: through, rowsMax: 200) { row in
        if row.body().count == 16 { rows += 1 }
        return true
      }
      if let last, last < through {
        if next(store, after: last, through: through, rows: rows, done) { return }
      }
      done.sendReserved(rows)
    }
  }
}
