import EventLoop
import Foundation
import Glibc
import Synchronization
import Testing

@testable import Store

@Suite struct CrashTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The files as they were when an event was reported, and what had been reported by then.
  private struct Copy: Sendable {
    let directory: TemporaryDirectory
    let stored: Set<ItemID>
    let finished: Set<Int64>
  }

  @Test func `what was reported before a crash is there after it`() throws {
    let copies = try run(items: 300)
    #expect(copies.count > 10)
    for copy in copies {
      let open = try OpenStore(copy.directory) {
        $0.feedLimits = .init(messages: 1000, bytes: 1 << 20)
      }
      open.store.startFeed()
      #expect(open.recorder.waitForFed(copy.stored.count - copy.finished.count))
      open.store.close()
      let rows = open.recorder.events.fed
      let finished = Set(copy.finished.map { ItemID(UInt128($0)) })
      #expect(Set(rows.map(\.id)).isSuperset(of: copy.stored.subtracting(finished)))
      #expect(!rows.contains { copy.finished.contains($0.sequence) })
      try expectTotalsMatch(copy.directory)
    }
  }

  @Test func `a torn log loses the newest commits and nothing else`() throws {
    let copies = try run(items: 60)
    let copy = try #require(copies.last)
    let log = try copy.directory.read("bridge.sqlite3-wal")
    let database = try copy.directory.read("bridge.sqlite3")
    for length in stride(from: 0, to: log.count, by: 1777) {
      let torn = try TemporaryDirectory()
      try torn.write(database, to: "bridge.sqlite3")
      try torn.write(log.prefix(length), to: "bridge.sqlite3-wal")
      let open = try OpenStore(torn)
      open.store.close()
      try expectTotalsMatch(torn)
    }
  }

  @Test func `a killed process leaves everything that it reported, and no lock`() async throws {
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = directory.path as String] in
      let report = unsafe Glibc.open(path + "/report", O_WRONLY | O_CREAT | O_APPEND, 0o600)
      let reported = Atomic<Int>(0)
      let store = try Store.open(StoreOptions(directory: path)) { event in
        guard case .stored(let items) = event else { return }
        let text = items.map { "\($0.id.value)\n" }.joined()
        unsafe write(report, text, text.utf8.count)
        if reported.add(items.count, ordering: .relaxed).newValue >= 500 { kill(getpid(), SIGKILL) }
      }
      for id in 1...100_000 { _ = store.append(.sample(id, bytes: 100)) }
      while true { pause() }
    }
    let reported = String(decoding: try directory.read("report"), as: UTF8.self)
      .split(separator: "\n").compactMap { Int($0) }
    #expect(reported.count >= 500)
    let open = try OpenStore(directory)
    for (token, id) in reported.enumerated() {
      #expect(open.store.lookUp(ItemID(UInt128(id)), token: UInt64(token)))
    }
    #expect(open.recorder.wait { events in events.count >= reported.count })
    for (token, id) in reported.enumerated() {
      let state = open.recorder.events.found(UInt64(token)) ?? nil
      guard case .pending = state else {
        Issue.record("item \(id) was reported as stored and is gone")
        continue
      }
    }
    open.store.close()
    try expectTotalsMatch(directory)
  }

  /// Appends and finishes items, with a copy of the files at every event.
  private func run(items: Int) throws -> [Copy] {
    let copies = Locked<[Copy]>([])
    let progress = Locked((stored: Set<ItemID>(), finished: Set<Int64>()))
    let recorder = try Recorder()
    var options = StoreOptions(directory: directory.path)
    options.checkpointPages = 16
    let store = try Store.open(options) { [directory] event in
      progress.withLock { progress in
        switch event {
        case .stored(let items): progress.stored.formUnion(items.map(\.id))
        case .finished(let sequences): progress.finished.formUnion(sequences)
        default: return
        }
        do {
          let copy = Copy(
            directory: try TemporaryDirectory(), stored: progress.stored,
            finished: progress.finished)
          try directory.copyFiles(to: copy.directory)
          copies.withLock { $0.append(copy) }
        } catch {
          Issue.record(error)
        }
      }
      recorder.record(event)
    }
    store.startFeed()
    for id in 1...items {
      #expect(store.append(.sample(id)) == .accepted)
      if id.isMultiple(of: 10) {
        #expect(recorder.waitForStored(id))
        store.finish(sequence: Int64(id - 5), outcome: Outcome(code: 0))
        #expect(recorder.wait(for: .finished([Int64(id - 5)])))
      }
    }
    store.close()
    return copies.withLock { $0 }
  }

  private func expectTotalsMatch(
    _ directory: TemporaryDirectory, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let connection = try Connection(path: directory.databasePath)
    for (counted, kept) in [
      ("count(*) FROM outbox", "messages"), ("ifnull(sum(length(body)), 0) FROM outbox", "bytes"),
      ("count(*) FROM outcomes", "outcomes"), ("count(*) FROM events", "events"),
    ] {
      #expect(
        try connection.integer("SELECT \(counted)")
          == connection.integer("SELECT \(kept) FROM totals"), sourceLocation: sourceLocation)
    }
    #expect(try connection.text("PRAGMA integrity_check") == "ok", sourceLocation: sourceLocation)
  }
}
