import EventLoop
import Foundation
import Glibc
import Testing

@testable import Store

@Suite struct OpeningTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open() throws(StoreError) -> Store {
    try Store.open(StoreOptions(directory: directory.path)) { _ in }
  }

  /// Expects an error from opening, and the same bytes before and after.
  private func expectRefusal(
    _ expected: StoreError, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let names = ["bridge.sqlite3", "bridge.sqlite3-wal", "run"]
    // SQLite may add an empty log, which says nothing.
    let before = names.map { (try? directory.read($0)) ?? Data() }
    #expect(throws: expected, sourceLocation: sourceLocation) { try open() }
    #expect(throws: expected, sourceLocation: sourceLocation) { try open() }
    #expect(
      before == names.map { (try? directory.read($0)) ?? Data() }, sourceLocation: sourceLocation)
  }

  @Test func `a directory serves one store of this process`() throws {
    let store = try open()
    #expect(throws: StoreError.locked(pid: getpid())) { try open() }
    store.close()
    try open().close()
  }

  @Test func `a directory in use by another process is refused with its number`() async throws {
    let store = try open()
    await #expect(processExitsWith: .success) { [path = directory.path as String] in
      do throws(StoreError) {
        _ = try Store.open(StoreOptions(directory: path)) { _ in }
        exit(1)
      } catch {
        exit(error == .locked(pid: getppid()) ? 0 : 2)
      }
    }
    store.close()
  }

  @Test func `a file that is not a database is refused and left alone`() throws {
    try directory.write(Data("not a database, but somebody's notes".utf8), to: "bridge.sqlite3")
    try expectRefusal(.notADatabase)
    try directory.write(Data("short".utf8), to: "bridge.sqlite3")
    try expectRefusal(.notADatabase)
  }

  @Test func `an empty file becomes a database`() throws {
    try directory.write(Data(), to: "bridge.sqlite3")
    try open().close()
    #expect(directory.fileSize("bridge.sqlite3") > 0)
  }

  @Test func `a database whose creation was cut short is created again`() throws {
    try directory.write(Data(), to: "bridge.sqlite3")
    try change("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
    #expect(directory.fileSize("bridge.sqlite3") > 0)
    try open().close()
    let connection = try Connection(path: directory.databasePath)
    #expect(try connection.integer("PRAGMA user_version") == Int64(Schema.migrations.count))
    #expect(try connection.integer("PRAGMA auto_vacuum") == 2)
    #expect(try connection.text("PRAGMA journal_mode") == "wal")
  }

  @Test(arguments: [true, false])
  func `a newer schema is refused and left alone`(inLog: Bool) throws {
    try open().close()
    try change("PRAGMA user_version = 99", leavingLog: inLog)
    #expect((directory.fileSize("bridge.sqlite3-wal") > 0) == inLog)
    try expectRefusal(.newerSchema(found: 99, known: Int64(Schema.migrations.count)))
  }

  @Test func `a database of another program is refused and left alone`() throws {
    try directory.write(Data(), to: "bridge.sqlite3")
    try change("CREATE TABLE songs (title TEXT)")
    try expectRefusal(.foreignDatabase(applicationID: 0))
    try change("PRAGMA application_id = 42")
    try expectRefusal(.foreignDatabase(applicationID: 42))
  }

  @Test func `a damaged table of contents is refused and left alone`() throws {
    try open().close()
    var bytes = try directory.read("bridge.sqlite3")
    bytes.replaceSubrange(100..<4096, with: repeatElement(0xFF, count: 3996))
    try directory.write(bytes, to: "bridge.sqlite3")
    try expectRefusal(.corrupt)
  }

  @Test func `a file that was cut off is refused and left alone`() throws {
    try open().close()
    let bytes = try directory.read("bridge.sqlite3")
    try directory.write(bytes.prefix(bytes.count / 2), to: "bridge.sqlite3")
    try expectRefusal(.corrupt)
  }

  @Test func `impossible totals are refused and left alone`() throws {
    try open().close()
    try change("UPDATE totals SET bytes = -1")
    try expectRefusal(.corrupt)
    try change("UPDATE totals SET bytes = 9223372036854775807")
    try expectRefusal(.corrupt)
    try change("DELETE FROM totals")
    try expectRefusal(.corrupt)
  }

  @Test func `a directory that is a file is an error of the system`() throws {
    try directory.write(Data(), to: "file")
    let options = StoreOptions(directory: directory.path + "/file")
    #expect { try Store.open(options) { _ in } } throws: { error in
      if case .system(let cause) = error as? StoreError { cause.number == ENOTDIR } else { false }
    }
  }

  @Test func `damage found while running stops the store for good`() throws {
    let filled = try OpenStore(directory)
    try filled.appendAndWait(1...2000, bytes: 200)
    filled.store.close()
    var bytes = try directory.read("bridge.sqlite3")
    bytes.replaceSubrange(40 * 4096..<64 * 4096, with: Data(count: 24 * 4096))
    try directory.write(bytes, to: "bridge.sqlite3")
    let open = try OpenStore(directory)
    open.store.startFeed()
    #expect(open.recorder.wait(for: .failing(.corrupt)))
    #expect(open.store.append(.sample(5000)) == .failing(.corrupt))
    open.store.close()
    #expect(!open.recorder.events.contains(.recovered))
    #expect(open.store.statistics.failure == .corrupt)
  }

  private func change(_ sql: String, leavingLog: Bool = false) throws {
    let connection = try Connection(path: directory.databasePath)
    try connection.execute(sql)
    connection.setCheckpointOnClose(!leavingLog)
  }
}
