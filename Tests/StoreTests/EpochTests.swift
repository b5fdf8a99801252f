import Foundation
import Testing

@testable import Store

@Suite struct EpochTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Opens and closes the store; returns what it calls itself.
  private func names(
    _ directory: TemporaryDirectory? = nil
  ) throws -> (epoch: String, instance: String) {
    let open = try OpenStore(directory ?? self.directory)
    open.store.close()
    return (open.store.epoch, open.store.instance)
  }

  private func setting(_ key: String) throws -> String? {
    try Connection(path: directory.databasePath).text(
      "SELECT value FROM settings WHERE key = '\(key)'")
  }

  private func writeMark(_ runs: String...) throws {
    try directory.write(Data((runs.joined(separator: "\n") + "\n").utf8), to: "run")
  }

  @Test func `the epoch lasts, the run changes, and file and database agree on it`() throws {
    let first = try names()
    let run = try setting("run")
    #expect(run?.utf8.count == 16)
    #expect(try directory.read("run") == Data("\(run ?? "")\n".utf8))
    let second = try names()
    #expect(second == first)
    #expect(try setting("run") != run)
  }

  @Test func `a database put back from an earlier run gets a new epoch, and keeps its instance`()
    throws
  {
    let first = try names()
    let backup = try directory.read("bridge.sqlite3")
    #expect(try names() == first)
    try directory.write(backup, to: "bridge.sqlite3")
    let restored = try names()
    #expect(restored.epoch != first.epoch && restored.instance == first.instance)
    #expect(try names() == restored)
  }

  @Test(arguments: ["", "\n", "something else\n", "0123456789abcdef"])
  func `a damaged mark means a new epoch`(content: String) throws {
    let first = try names()
    try directory.write(Data(content.utf8), to: "run")
    let second = try names()
    #expect(second.epoch != first.epoch && second.instance == first.instance)
    #expect(try names() == second)
  }

  @Test func `a missing mark means a new epoch`() throws {
    let first = try names()
    try FileManager.default.removeItem(atPath: directory.path + "/run")
    #expect(try names().epoch != first.epoch)
  }

  @Test func `a mark without its database means a new epoch`() throws {
    let first = try names()
    try FileManager.default.removeItem(atPath: directory.path + "/bridge.sqlite3")
    let second = try names()
    #expect(second.epoch != first.epoch && second.instance != first.instance)
    #expect(try names() == second)
  }

  @Test func `a crash at any step of a switch leaves the epoch as it is`() throws {
    let first = try names()
    let old = try #require(try setting("run"))
    // After the first step: the file knows both, the database the old one.
    try writeMark("fedcba9876543210", old)
    #expect(try names() == first)
    // After the second step: the database has the new one.
    let new = try #require(try setting("run"))
    try writeMark(new, old)
    #expect(try names() == first)
    // In the middle of writing the file.
    try directory.write(Data("01".utf8), to: "run.new")
    #expect(try names() == first)
  }

  @Test func `a crash at any step of the very first switch leaves the epoch as it is`() throws {
    let database = try makeDatabase()
    let epoch = database.epoch
    try writeMark("fedcba9876543210", "-")
    #expect(try names().epoch == epoch)
  }

  @Test func `a crash while a new epoch is drawn does not keep the old one`() throws {
    let first = try names()
    let old = try #require(try setting("run"))
    // The first step of a switch after an alarm writes the new name alone.
    try writeMark("fedcba9876543210")
    #expect(RunMark.only("fedcba9876543210").fits(old) == false)
    let second = try names()
    #expect(second.epoch != first.epoch)
    #expect(try names() == second)
  }

  @Test func `an alarm is still one after its first step`() throws {
    let first = try names()
    let backup = try directory.read("bridge.sqlite3")
    _ = try names()
    try directory.write(backup, to: "bridge.sqlite3")
    // The second step fails: the database cannot be written.
    let other = try Connection(path: directory.databasePath)
    try other.execute("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE")
    #expect(throws: StoreError.busy) { try names() }
    try other.execute("ROLLBACK")
    #expect(try names().epoch != first.epoch)
  }

  @Test func `a switch that cannot be written goes on with the old run`() throws {
    let first = try names()
    let other = try Connection(path: directory.databasePath)
    try other.execute("BEGIN IMMEDIATE")
    let open = try OpenStore(directory)
    #expect(open.store.epoch == first.epoch)
    try other.execute("ROLLBACK")
    try open.logAndWait(1...1)
    open.store.close()
    #expect(try names() == first)
  }

  @Test func `opening a backup draws a new epoch, once`() throws {
    let open = try OpenStore(directory)
    try open.logAndWait(1...3)
    let copy = try TemporaryDirectory()
    _ = try StoreUpkeep.backup(directory: directory.path, to: copy.databasePath)
    open.store.close()
    let restored = try names(copy)
    #expect(restored.epoch != open.store.epoch && restored.instance == open.store.instance)
    #expect(try names(copy) == restored)
    // The mark alone is enough: here the file beside the copy is the original's.
    let other = try TemporaryDirectory()
    let source = try OpenStore(directory)
    _ = try StoreUpkeep.backup(directory: directory.path, to: other.databasePath)
    try other.write(try directory.read("run"), to: "run")
    source.store.close()
    #expect(try names(other).epoch != open.store.epoch)
  }

  private func makeDatabase() throws -> Database {
    try directory.write(Data(), to: "bridge.sqlite3")
    return try Database(path: directory.databasePath, StoreOptions(directory: directory.path))
  }
}
