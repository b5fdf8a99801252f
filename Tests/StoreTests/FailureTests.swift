import Glibc
import Testing

@testable import Store

@Suite struct FailureTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `a full disk refuses whole batches and recovers when there is room`() throws {
    let open = try OpenStore(directory) { $0.databaseBytesMax = 1 << 20 }
    open.store.startFeed()
    var id = 0
    while open.store.append(.sample(id + 1, bytes: 30_000)) == .accepted {
      id += 1
      #expect(open.recorder.wait { $0.stored.count + $0.refused.count == id })
    }
    #expect(open.recorder.wait(for: .failing(.diskFull)))
    #expect(open.store.append(.sample(0)) == .failing(.diskFull))
    #expect(open.store.statistics.failure == .diskFull)
    let stored = open.recorder.events.stored
    let refused = open.recorder.events.refused
    #expect(!stored.isEmpty && !refused.isEmpty)
    #expect(open.recorder.events.errors.allSatisfy { $0 == .diskFull })
    for (token, id) in refused.enumerated() {
      #expect(open.state(of: Int(id.value), token: UInt64(token)) == nil)
    }
    for item in stored.dropLast() {
      open.store.finish(sequence: item.sequence, outcome: Outcome(code: 0))
    }
    #expect(open.recorder.wait { $0.finished.count == stored.count - 1 })
    #expect(open.recorder.wait(for: .recovered))
    try open.appendAndWait(1000...1003, bytes: 30_000)
    #expect(open.store.close())
    #expect(open.store.statistics.outboxMessages == 5)
    #expect(open.store.statistics.outboxBytes == 150_000)
    #expect(open.store.statistics.waitingMessages == 0)
    #expect(open.store.statistics.failure == nil)
  }

  @Test func `a write error refuses items, keeps the rest waiting, and recovers`() async throws {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      try FailureTests.fillUpTo(spare: 100_000, path) { open, allow in
        #expect(open.store.append(.sample(2, bytes: 1 << 20)) == .accepted)
        #expect(open.recorder.wait { $0.refused == [ItemID(2)] })
        // A smaller commit went through afterwards, so nothing of the item can be left.
        let errors = open.recorder.events.errors
        #expect(errors.count == 2 && errors[0] == errors[1])
        if case .ioError = errors[0] {} else { Issue.record("\(errors[0])") }
        // More than fits, so it waits.
        open.store.finish(
          sequence: 1, outcome: Outcome(code: 4, detail: Array(repeating: 0, count: 1 << 20)))
        #expect(!open.recorder.events.contains(.recovered))
        allow()
        #expect(open.recorder.wait(for: .finished([1])))
        #expect(open.recorder.wait(for: .recovered))
        try open.appendAndWait(2...2, bytes: 1 << 20)
      }
    }
  }

  @Test func `a commit that may have been written is reported as unknown`() async throws {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      try FailureTests.fillUpTo(spare: 0, path) { open, allow in
        #expect(open.store.append(.sample(2)) == .accepted)
        #expect(open.recorder.wait { $0.refused == [ItemID(2)] })
        if case .outcomeUnknown = open.recorder.events.errors.last {
        } else {
          Issue.record("\(open.recorder.events.errors)")
        }
        allow()
        #expect(open.recorder.wait(for: .recovered))
        try open.appendAndWait(2...2)
      }
    }
  }

  @Test func `events wait while the disk is full, and are logged in order when there is room`()
    throws
  {
    let open = try OpenStore(directory) { $0.databaseBytesMax = 1 << 20 }
    open.store.startFeed()
    try open.appendAndWait(1...20, bytes: 30_000)
    for number in 1...30 {
      open.store.log([.sample(number, bytes: 20_000, receipt: Int64(number))])
      open.store.log([.sample(100 + number)])
    }
    open.store.forget(receipt: 30)
    #expect(open.recorder.wait(for: .failing(.diskFull)))
    #expect(open.store.append(.sample(99)) == .failing(.diskFull))
    let loggedEarly = open.recorder.events.logged.count
    #expect(loggedEarly < 60)
    #expect(open.recorder.events.forgottenReceipts == [])
    for sequence in Int64(1)...20 {
      open.store.finish(sequence: sequence, outcome: Outcome(code: 0))
    }
    #expect(open.recorder.wait(for: .recovered))
    #expect(open.recorder.wait { $0.logged.count == 60 && $0.forgottenReceipts == [30] })
    #expect(open.recorder.events.logged.map(\.sequence) == Array(1...60))
    let bodies = try open.events(after: 0, through: 60).map(\.item.body)
    let expected = (1...30).flatMap { number in
      [EventItem.sample(number, bytes: 20_000).body, EventItem.sample(100 + number).body]
    }
    let isSame = bodies == expected
    #expect(isSame)
    try open.appendAndWait(99...99)
    open.store.close()
    #expect(try StoreUpkeep.check(directory: directory.path).problems == [])
    let again = try OpenStore(directory)
    #expect(again.store.loadedReceipts.map(\.number) == Array(1...29))
    again.store.close()
  }

  @Test func `a full disk is helped by events that are too old`() throws {
    let filled = try OpenStore(directory)
    try filled.logAndWait(1...30, bytes: 30_000)
    filled.store.close()
    let connection = try Connection(path: directory.databasePath)
    try connection.execute("UPDATE events SET time = 1")
    connection.setCheckpointOnClose(true)
    let open = try OpenStore(directory) { $0.databaseBytesMax = 1 << 20 }
    open.store.log((1...25).map { .sample($0, bytes: 30_000) })
    #expect(open.recorder.wait { $0.logged.count == 25 })
    open.store.close()
    #expect(open.store.statistics.failure == nil)
    #expect(open.store.eventBounds.first == 31 && open.store.eventBounds.last == 55)
  }

  @Test func `events wait while writing fails, and are not lost`() async throws {
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      try FailureTests.fillUpTo(spare: 0, path) { open, allow in
        open.store.log([.sample(1, receipt: 1)])
        #expect(open.recorder.wait { !$0.errors.isEmpty })
        open.store.log([.sample(2, bytes: 1 << 20, receipt: 2), .sample(3)])
        open.store.moveCursor(of: "nobody", to: 1)
        #expect(open.recorder.events.logged == [])
        allow()
        #expect(open.recorder.wait { $0.logged.count == 3 })
        #expect(open.recorder.wait(for: .recovered))
        let read = try open.events(after: 0, through: 3).map(\.item.body.count)
        #expect(read == [16, 1 << 20, 16])
      }
    }
  }

  @Test func `another program's lock is a failure that passes`() throws {
    let open = try OpenStore(directory)
    try open.appendAndWait(1...1)
    let other = try Connection(path: directory.databasePath)
    try other.execute("BEGIN IMMEDIATE")
    #expect(open.store.append(.sample(2)) == .accepted)
    #expect(open.recorder.wait(for: .refused([ItemID(2)], .busy)))
    try other.execute("ROLLBACK")
    #expect(open.recorder.wait(for: .recovered))
    try open.appendAndWait(2...2)
    open.store.close()
  }

  @Test func `closing in time or not is told, and closing goes on`() throws {
    let open = try OpenStore(directory)
    try open.appendAndWait(1...1)
    let other = try Connection(path: directory.databasePath)
    try other.execute("BEGIN IMMEDIATE")
    #expect(open.store.append(.sample(2)) == .accepted)
    #expect(open.store.close(within: .milliseconds(1)) == false)
    try other.execute("ROLLBACK")
    #expect(open.store.close(within: .seconds(30)) == true)
    #expect(open.recorder.events.stored.count + open.recorder.events.refused.count == 2)
  }

  /// Opens a store with one row, and then lets its files grow by `spare` bytes and no more.
  private static func fillUpTo(
    spare: Int, _ path: String, _ body: (OpenStore, _ allow: () -> Void) throws -> Void
  ) throws {
    signal(SIGXFSZ, SIG_IGN)
    let directory = TemporaryDirectory(existing: path)
    let open = try OpenStore(directory) { $0.checkpointPages = 100_000 }
    open.store.startFeed()
    try open.appendAndWait(1...1)
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    let before = limit.rlim_cur
    limit.rlim_cur = rlim_t(directory.fileSize("bridge.sqlite3-wal") + spare)
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    try body(open) {
      limit.rlim_cur = before
      unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    }
    #expect(open.store.close())
  }
}
