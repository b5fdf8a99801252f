import Foundation
import Testing

@testable import Store

@Suite struct ReopeningTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `rows, phases and expiry survive and come back in order, marked as loaded`() throws {
    let open = try OpenStore(directory)
    var item = OutboxItem.sample(1)
    item.expiresAt = 123_456
    #expect(open.store.append(item) == .accepted)
    try open.appendAndWait(2...5)
    open.store.startFeed()
    #expect(open.recorder.waitForFed(5))
    open.store.advance(sequence: 2, phase: 1)
    open.store.advance(sequence: 2, phase: 2)
    open.store.finish(sequence: 3, outcome: Outcome(code: 0))
    #expect(open.recorder.wait(for: .finished([3])))
    #expect(open.store.close())

    let again = try OpenStore(directory)
    #expect(again.store.statistics.outboxMessages == 4)
    #expect(again.store.statistics.outboxBytes == 64)
    again.store.startFeed()
    try again.appendAndWait(6...6)
    #expect(again.recorder.waitForFed(5))
    let rows = again.recorder.events.fed
    #expect(rows.map(\.sequence) == [1, 2, 4, 5, 6])
    #expect(rows.map(\.phase) == [0, 2, 0, 0, 0])
    #expect(rows.map(\.wasLoaded) == [true, true, true, true, false])
    #expect(rows.map(\.expiresAt) == [123_456, nil, nil, nil, nil])
    #expect(rows.map(\.body) == (1...6).filter { $0 != 3 }.map { OutboxItem.sample($0).body })
    #expect(rows.map(\.storedAt) == rows.map(\.storedAt).sorted())
    again.store.close()
  }

  @Test func `a finished row takes its phase along`() throws {
    let open = try OpenStore(directory)
    open.store.startFeed()
    try open.appendAndWait(1...3)
    #expect(open.recorder.waitForFed(3))
    open.store.advance(sequence: 1, phase: 1)
    #expect(open.recorder.wait(for: .advanced([1])))
    open.store.finish(sequence: 1, outcome: Outcome(code: 0))
    open.store.advance(sequence: 2, phase: 1)
    open.store.finish(sequence: 2, outcome: Outcome(code: 0))
    open.store.advance(sequence: 2, phase: 9)
    #expect(open.recorder.wait { $0.finished.count == 2 })
    open.store.close()
    let connection = try Connection(path: directory.databasePath)
    #expect(try connection.integer("SELECT count(*) FROM phases") == 0)
    #expect(try connection.integer("SELECT count(*) FROM outbox") == 1)
  }

  @Test func `a sequence is never used again, not even the newest one's`() throws {
    let open = try OpenStore(directory)
    try open.appendAndWait(1...3)
    open.store.finish(sequence: 3, outcome: Outcome(code: 0))
    open.store.finish(sequence: 2, outcome: Outcome(code: 0))
    open.store.finish(sequence: 1, outcome: Outcome(code: 0))
    #expect(open.recorder.wait { $0.finished.count == 3 })
    open.store.close()
    let again = try OpenStore(directory)
    try again.appendAndWait(4...4)
    #expect(again.recorder.events.stored[0].sequence == 4)
    again.store.startFeed()
    #expect(again.recorder.waitForFed(1))
    #expect(again.recorder.events.fed[0].wasLoaded == false)
    again.store.close()
  }

  @Test func `names are a set that lasts`() throws {
    let open = try OpenStore(directory)
    #expect(open.store.loadedNames == [])
    for name in ["b/#", "a/+", "gone", "a/+", "nul\0inside", ""] { open.store.record(name: name) }
    open.store.forget(name: "gone")
    open.store.forget(name: "never there")
    open.store.close()
    let again = try OpenStore(directory)
    #expect(Set(again.store.loadedNames.map(\.name)) == ["", "a/+", "b/#", "nul\0inside"])
    #expect(again.store.loadedNames.count == 4)
    again.store.close()
  }

  @Test func `the epoch belongs to the database`() throws {
    let first = try OpenStore(directory)
    let epoch = first.store.epoch
    #expect(epoch.utf8.count == 5)
    #expect(epoch.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
    first.store.close()
    let second = try OpenStore(directory)
    #expect(second.store.epoch == epoch)
    second.store.close()
    let other = try OpenStore(TemporaryDirectory())
    #expect(other.store.epoch != epoch)
    other.store.close()
  }

  @Test func `a missing directory is created for its owner only`() throws {
    let nested = directory.path + "/data"
    let recorder = try Recorder()
    let store = try Store.open(StoreOptions(directory: nested)) { recorder.record($0) }
    func mode(_ path: String) throws -> Int? {
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
    #expect(try mode(nested) == 0o700)
    for name in ["lock", "bridge.sqlite3", "bridge.sqlite3-wal"] {
      #expect(try mode(nested + "/" + name) == 0o600, "\(name)")
    }
    store.close()
  }

  @Test func `opening reads a handful of pages, however long the outbox is`() throws {
    try OpenStore(directory).store.close()
    try fill(rows: 1_000_000)
    let open = try OpenStore(directory) {
      $0.outboxLimits.messages = 2_000_000
      $0.feedLimits = .init(messages: 100, bytes: 1 << 20)
    }
    #expect(open.store.statistics.outboxMessages == 1_000_000)
    #expect(open.store.statistics.pagesRead < 40)
    open.store.startFeed()
    #expect(open.recorder.waitForFed(100))
    open.store.finish(sequence: 500_000, outcome: Outcome(code: 0))
    open.store.advance(sequence: 600_000, phase: 1)
    try open.appendAndWait(1...1)
    #expect(open.state(of: 1, token: 1) != nil)
    #expect(open.state(of: 2, token: 2) == nil)
    #expect(open.store.close())
    #expect(open.recorder.events.fed.map(\.sequence) == Array(1...100))
    #expect(open.store.statistics.rowsPaged == 100)
    #expect(open.store.statistics.pagesRead < 100)
  }

  /// Writes rows as the store would, but faster.
  private func fill(rows: Int) throws {
    let connection = try Connection(path: directory.databasePath)
    try connection.execute(
      """
      PRAGMA synchronous = OFF;
      BEGIN;
      WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < \(rows))
      INSERT INTO outbox (id, stored_at, body)
      SELECT CAST(printf('%016d', n) AS BLOB), 1, x'00' FROM number;
      UPDATE totals SET messages = \(rows), bytes = \(rows);
      COMMIT;
      """)
    connection.setCheckpointOnClose(true)
  }
}
