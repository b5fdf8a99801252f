import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// `mqtt-bridge store` as an operator runs it, and data directories that cannot be used.
  @Suite struct StoreCommandTests {
    let broker: Mosquitto
    let data: TemporaryDirectory

    init() throws {
      broker = try Mosquitto()
      data = try TemporaryDirectory()
    }

    private var database: String { data.file("store/bridge.sqlite3") }

    private func start() throws -> RunningProgram {
      let bridge = try RunningProgram(broker: broker.url, flags: ["--record", "#"], data: data)
      try bridge.waitForBroker()
      return bridge
    }

    /// Runs the program to its end.
    private func run(_ arguments: String...) throws -> (ChildProcess, ChildProcess.Exit?) {
      let process = try ChildProcess(RunningProgram.path, arguments)
      return (process, process.waitForExit(within: .seconds(20)))
    }

    /// Leaves a data directory behind, as a clean stop does.
    private func leaveDirectory() throws {
      let bridge = try start()
      for number in 0..<20 { try bridge.publish("\(number)", to: "c") }
      _ = try eventually {
        try bridge.client.get("/history?topic=c").json.objects("messages").count == 20
      }
      bridge.process.signal(15)
      guard bridge.process.waitForExit(within: .seconds(20)) == .status(0) else {
        throw TestFailure("the bridge did not stop")
      }
    }

    /// The bytes of the files that hold something; the lock has a number, and an index is rebuilt.
    private func contents() throws -> [String: Data] {
      var contents: [String: Data] = [:]
      for name in try FileManager.default.contentsOfDirectory(atPath: data.file("store"))
      where name != "lock" && !name.hasSuffix("-shm") {
        let bytes = FileManager.default.contents(atPath: data.file("store/" + name)) ?? Data()
        if !bytes.isEmpty { contents[name] = bytes }
      }
      return contents
    }

    private func change(_ sql: String) throws {
      let change = try ChildProcess("python3", ["-c", Self.script, database, sql])
      guard change.waitForExit() == .status(0) else { throw TestFailure(change.errors.text) }
    }

    private static let script = """
      import sqlite3, sys
      c = sqlite3.connect(sys.argv[1])
      c.executescript(sys.argv[2])
      c.close()
      """

    @Test func `check finds nothing wrong, while the bridge runs and afterwards`() throws {
      let bridge = try start()
      try bridge.publish("1", to: "c")
      let (running, status) = try run("store", "check", "--data", data.file("store"))
      #expect(status == .status(0))
      #expect(running.output.lines.last == "ok")
      bridge.kill()
      let (_, killed) = try run("store", "check", "--data", data.file("store"))
      #expect(killed == .status(0))
      let (json, _) = try run("store", "check", "--json", "--data", data.file("store"))
      let report = try JSONObject(json.output.text)
      #expect(report.boolean("ok") == true)
      #expect(report.object("counts")?.integer("events") == 2, "the begin of the filter, and the message")
    }

    @Test func `check finds what is wrong and exits with 1`() throws {
      try leaveDirectory()
      try change("DELETE FROM events WHERE sequence = 7")
      let (process, status) = try run("store", "check", "--data", data.file("store"))
      #expect(status == .status(1))
      #expect(process.output.lines.contains { $0.hasPrefix("problem: ") })
      #expect(process.output.lines.last == "damaged")
    }

    @Test func `a backup of a running bridge is sound and never overwrites`() throws {
      let bridge = try start()
      try bridge.publish("1", to: "c")
      let copy = data.file("copy")
      #expect(try run("store", "backup", copy, "--data", data.file("store")).1 == .status(0))
      let bytes = FileManager.default.contents(atPath: copy)
      let (again, status) = try run("store", "backup", copy, "--data", data.file("store"))
      #expect(status == .status(1))
      #expect(again.errors.text.contains("there already"))
      #expect(FileManager.default.contents(atPath: copy) == bytes)
    }

    @Test func `compact needs the directory for itself and makes the file smaller`() throws {
      let bridge = try start()
      for number in 0..<40 {
        try bridge.publish(String(repeating: "\(number % 10)", count: 100_000), to: "c")
      }
      let (busy, refused) = try run("store", "compact", "--data", data.file("store"))
      #expect(refused == .status(1))
      #expect(busy.errors.text.contains("in use"))
      bridge.kill()
      try change("DELETE FROM events; UPDATE totals SET events = 0, event_bytes = 0")
      let before = FileManager.default.contents(atPath: database)?.count ?? 0
      #expect(try run("store", "compact", "--data", data.file("store")).1 == .status(0))
      #expect(FileManager.default.contents(atPath: database)?.count ?? 0 < before / 2)
      #expect(try run("store", "check", "--data", data.file("store")).1 == .status(0))
      _ = try start()
    }

    @Test func `commands about no database say so`() throws {
      for command in [["check"], ["compact"], ["backup", data.file("copy")]] {
        let process = try ChildProcess(
          RunningProgram.path, ["store"] + command + ["--data", data.file("none")])
        #expect(process.waitForExit() == .status(1))
        #expect(process.errors.text.contains("no database"))
        #expect(!FileManager.default.fileExists(atPath: data.file("none")))
      }
    }

    /// Starts the bridge on the directory, which it must refuse in one line and not touch.
    private func expectRefusal(_ text: String) throws {
      let before = try contents()
      let (process, status) = try run(
        "--broker", broker.url, "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
        "--data",
        data.file("store"))
      #expect(status != .status(0))
      #expect(status != nil)
      #expect(process.errors.lines.count == 1)
      #expect(process.errors.text.contains(text), "\(process.errors.text)")
      #expect(process.errors.text.contains(data.file("store")))
      #expect(try contents() == before)
    }

    @Test func `a database that is damaged is refused and left as it is`() throws {
      try leaveDirectory()
      let file = try #require(FileHandle(forUpdatingAtPath: database))
      try file.seek(toOffset: 100)
      try file.write(contentsOf: Data(repeating: 0xAB, count: 3000))
      try file.close()
      try expectRefusal("damaged")
    }

    @Test func `a file that is no database is refused and left as it is`() throws {
      try leaveDirectory()
      try Data(repeating: 0x78, count: 10_000).write(to: URL(fileURLWithPath: database))
      try expectRefusal("not an SQLite database")
    }

    @Test func `a database of a later version is refused and left as it is`() throws {
      try leaveDirectory()
      try change("PRAGMA user_version = 1000")
      try expectRefusal("schema 1000")
    }

    @Test func `a database of another program is refused and left as it is`() throws {
      try leaveDirectory()
      try change("PRAGMA application_id = 77")
      try expectRefusal("another program")
    }
  }
}
