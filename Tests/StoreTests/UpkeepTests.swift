import Foundation
import Glibc
import Testing

@testable import Store

@Suite struct UpkeepTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func check() throws -> StoreReport { try StoreUpkeep.check(directory: directory.path) }

  private func change(_ sql: String) throws {
    let connection = try Connection(path: directory.databasePath)
    try connection.execute(sql)
    connection.setCheckpointOnClose(true)
  }

  /// A directory with something in every table.
  private func fill() throws {
    let open = try OpenStore(directory)
    open.store.startFeed()
    try open.appendAndWait(1...20)
    open.store.advance(sequence: 4, phase: 1)
    open.store.finish(sequence: 5, outcome: Outcome(code: 1))
    open.store.record(name: "a")
    open.store.log((1...30).map { .sample($0, receipt: Int64($0)) })
    open.store.keep(
      StoredSubscription(name: "s", config: [1], cursor: 7, holdAge: 1, createdAt: 2), token: 1)
    open.store.close()
  }

  @Test func `a sound directory passes the check, with and without a bridge`() throws {
    try fill()
    let report = try check()
    #expect(report.problems == [])
    #expect(report.schema == Int64(Schema.migrations.count))
    let counts = Dictionary(uniqueKeysWithValues: report.counts.map { ($0.name, $0.value) })
    #expect(counts["messages"] == 19 && counts["outcomes"] == 1 && counts["events"] == 30)
    #expect(counts["receipts"] == 30 && counts["subscriptions"] == 1 && counts["names"] == 1)
    let open = try OpenStore(directory)
    try open.logAndWait(31...40)
    #expect(try check().isSound)
    open.store.close()
    #expect(try check().isSound)
  }

  @Test(arguments: [
    "UPDATE totals SET messages = messages + 1", "UPDATE totals SET bytes = 0",
    "UPDATE totals SET outcomes = 9", "UPDATE totals SET events = 29",
    "UPDATE totals SET event_bytes = event_bytes - 1", "UPDATE totals SET last_event_time = 5",
    "INSERT INTO phases VALUES (999, 1)", "UPDATE events SET time = 1 WHERE sequence = 9",
    "UPDATE events SET sequence = 100 WHERE sequence = 30",
    "UPDATE sqlite_sequence SET seq = 8 WHERE name = 'events'",
    "UPDATE subscriptions SET cursor = 31",
  ])
  func `a contradiction is found`(sql: String) throws {
    try fill()
    try change(sql)
    #expect(try !check().isSound)
  }

  @Test func `a damaged page is found`() throws {
    try fill()
    var bytes = try directory.read("bridge.sqlite3")
    let root = try Connection(path: directory.databasePath).integer(
      "SELECT rootpage FROM sqlite_schema WHERE name = 'outbox'")
    let start = (Int(try #require(root)) - 1) * 4096
    bytes.replaceSubrange(start..<start + 4096, with: Data(repeating: 0xFF, count: 4096))
    try directory.write(bytes, to: "bridge.sqlite3")
    #expect(try !check().isSound)
  }

  @Test func `what is not there, not a database or not ours is an error and left alone`() throws {
    #expect(throws: StoreError.noDatabase) { try check() }
    #expect(throws: StoreError.noDatabase) {
      try StoreUpkeep.compact(directory: directory.path + "/none")
    }
    #expect(!FileManager.default.fileExists(atPath: directory.path + "/none"))
    try directory.write(Data("somebody's notes".utf8), to: "bridge.sqlite3")
    #expect(throws: StoreError.notADatabase) { try check() }
    try FileManager.default.removeItem(atPath: directory.databasePath)
    try directory.write(Data(), to: "bridge.sqlite3")
    try change("CREATE TABLE songs (title TEXT)")
    let before = try directory.read("bridge.sqlite3")
    let refusal = StoreError.foreignDatabase(applicationID: 0)
    #expect(throws: refusal) { try check() }
    #expect(throws: refusal) { try StoreUpkeep.compact(directory: directory.path) }
    #expect(throws: refusal) {
      try StoreUpkeep.backup(directory: directory.path, to: directory.path + "/copy")
    }
    #expect(try directory.read("bridge.sqlite3") == before)
    #expect(!FileManager.default.fileExists(atPath: directory.path + "/copy"))
  }

  @Test func `a backup is the state of one moment while the store writes`() throws {
    let open = try OpenStore(directory) { $0.checkpointPages = 30 }
    for number in 1...40 {
      // The two are one transaction or follow each other; the copy may hold the first alone.
      open.store.log([.sample(number, bytes: 2000, receipt: Int64(number))])
      #expect(open.store.append(.sample(number)) == .accepted)
      guard number.isMultiple(of: 8) else { continue }
      let logged = open.store.eventBounds.last
      let copy = try TemporaryDirectory()
      let bytes = try StoreUpkeep.backup(directory: directory.path, to: copy.databasePath)
      #expect(bytes == Int64(copy.fileSize("bridge.sqlite3")) && bytes > 0)
      #expect(try StoreUpkeep.check(directory: copy.path).problems == [])
      let restored = try OpenStore(copy)
      #expect(restored.store.eventBounds.last >= logged)
      #expect(Int64(restored.store.loadedReceipts.count) == restored.store.eventBounds.last)
      restored.store.close()
    }
    open.store.close()
  }

  @Test func `a backup keeps off files that are there, and leaves nothing half done`() throws {
    try fill()
    let path = directory.path + "/copy"
    try directory.write(Data("mine".utf8), to: "copy")
    #expect(throws: StoreError.alreadyExists) {
      try StoreUpkeep.backup(directory: directory.path, to: path)
    }
    #expect(try directory.read("copy") == Data("mine".utf8))
    try FileManager.default.removeItem(atPath: path)
    // What a backup that was cut short left behind is in nobody's way.
    try directory.write(Data("half".utf8), to: "copy.partial")
    _ = try StoreUpkeep.backup(directory: directory.path, to: path)
    #expect(!FileManager.default.fileExists(atPath: path + ".partial"))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(throws: StoreError.self) {
      try StoreUpkeep.backup(directory: directory.path, to: directory.path + "/no/copy")
    }
  }

  @Test func `compacting needs the directory for itself and gives free pages back`() throws {
    let open = try OpenStore(directory)
    try open.logAndWait(1...50, bytes: 100_000)
    #expect(throws: StoreError.locked(pid: getpid())) {
      try StoreUpkeep.compact(directory: directory.path)
    }
    open.store.close()
    try change("DELETE FROM events WHERE sequence < 50")
    try change(
      """
      UPDATE totals SET events = 1, event_bytes = (
        SELECT length(topic) + length(body) + \(EventTable.rowOverheadBytes) FROM events)
      """)
    let (before, after) = try StoreUpkeep.compact(directory: directory.path)
    #expect(before > 5_000_000 && after < 300_000)
    #expect(after == Int64(directory.fileSize("bridge.sqlite3")))
    #expect(try check().problems == [])
    let again = try OpenStore(directory)
    #expect(again.store.epoch == open.store.epoch)
    try again.logAndWait(51...51)
    #expect(again.recorder.events.logged[0].sequence == 51)
    again.store.close()
  }
}
