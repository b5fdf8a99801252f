import TestSupport
import Testing

extension EndToEnd {
  /// Event ids that this log did not give, or cannot honour.
  @Suite struct EpochTests {
    let broker: Mosquitto
    let data: TemporaryDirectory

    init() throws {
      broker = try Mosquitto()
      data = try TemporaryDirectory()
    }

    private func start(_ data: TemporaryDirectory? = nil) throws -> RunningProgram {
      let bridge = try RunningProgram(
        broker: broker.url, flags: ["--record", "e/#"], data: data ?? self.data)
      try bridge.waitForBroker()
      guard eventually({ broker.log.contains { $0.contains("e/# (QoS") } }) else {
        throw TestFailure("the filter is not subscribed")
      }
      return bridge
    }

    private func id(of payload: String, at bridge: RunningProgram) throws -> String {
      var id: String?
      _ = try eventually {
        let messages = try bridge.client.get("/history?topic=e/%23").json.objects("messages")
        id = messages.last { $0.string("payload") == payload }?.string("id")
        return id != nil
      }
      guard let id else { throw TestFailure("'\(payload)' is not in the log") }
      return id
    }

    @Test func `a restored backup draws a new epoch and resumes by time`() throws {
      let bridge = try start()
      try bridge.publish("1", to: "e/1")
      let old = try id(of: "1", at: bridge)
      let copy = data.file("copy")
      let backup = try ChildProcess(
        RunningProgram.path, ["store", "backup", copy, "--data", data.file("store")])
      #expect(backup.waitForExit() == .status(0))
      try bridge.publish("2", to: "e/1")
      let lost = try id(of: "2", at: bridge)
      bridge.kill()

      let elsewhere = try TemporaryDirectory()
      let move = try ChildProcess(
        "install", ["-D", copy, elsewhere.file("store/bridge.sqlite3")])
      #expect(move.waitForExit() == .status(0))
      let restored = try start(elsewhere)
      let epoch = try #require(try restored.health().string("epoch"))
      #expect(!old.hasPrefix(epoch + "-"))
      try restored.publish("3", to: "e/1")
      #expect(try id(of: "3", at: restored).hasPrefix(epoch + "-"))
      #expect(try id(of: "1", at: restored).hasPrefix(epoch + "-"))
      for id in [old, lost] {
        let (reader, opening) = try restored.open("topic=e/%23", after: id)
        #expect(opening.string("resumed") == "approximate")
        #expect(try reader.messages(2).map { try $0.json.string("payload") }.last == "3")
      }
    }

    @Test func `an id that the log has not reached resumes by time and says why`() throws {
      let bridge = try start()
      try bridge.publish("1", to: "e/1")
      let parts = try id(of: "1", at: bridge).split(separator: "-")
      let future = "\(parts[0])-\((Int(parts[1]) ?? 0) + 1000)-\(parts[2])"
      let (reader, opening) = try bridge.open("topic=e/%23", after: future)
      #expect(opening.string("resumed") == "approximate")
      #expect(opening.boolean("gap") == true)
      let gap = try #require(try reader.next())
      #expect(gap.name == "bridge.gap")
      #expect(try gap.json.string("reason") == "epoch_changed")
      #expect(try reader.messages(1).first?.json.string("payload") == "1")
    }

    @Test func `an id whose place belongs to another event resumes by time and says why`() throws {
      let bridge = try start()
      try bridge.publish("1", to: "e/1")
      let parts = try id(of: "1", at: bridge).split(separator: "-")
      let (reader, opening) = try bridge.open(
        "topic=e/%23", after: "\(parts[0])-\(parts[1])-mfv2k1c0")
      #expect(opening.string("resumed") == "approximate")
      #expect(try reader.next()?.json.string("reason") == "epoch_changed")
      #expect(try reader.messages(1).first?.json.string("payload") == "1")
    }

    @Test func `an id of another log resumes by its time`() throws {
      let bridge = try start()
      try bridge.publish("1", to: "e/1")
      let parts = try id(of: "1", at: bridge).split(separator: "-")
      let (reader, opening) = try bridge.open("topic=e/%23", after: "zzz-1-\(parts[2])")
      #expect(opening.string("resumed") == "approximate")
      #expect(try reader.messages(1).first?.json.string("payload") == "1")
    }

    @Test(arguments: [
      "x", "1", "-", "a-b-c", "abc-1", "abc-1-", "abc--1-1", "ABC-1-1", "abc-1-1-1", "abc-1-%",
      "abc-99999999999999999999-1",
    ])
    func `what is not an id is refused`(text: String) throws {
      let bridge = try RunningProgram(broker: broker.url)
      let header = try bridge.client.get("/subscribe?topic=a", headers: [("Last-Event-ID", text)])
      #expect(header.status == 400)
      #expect(try header.json.string("code") == "bad-event-id")
      let encoded = text == "abc-1-%" ? "abc-1-%25" : text
      let query = try bridge.client.get("/subscribe?topic=a&last_event_id=\(encoded)")
      #expect(try query.json.string("code") == "bad-event-id")
    }

    @Test func `the header wins over what the page once asked for`() throws {
      let bridge = try start()
      for payload in ["1", "2", "3"] { try bridge.publish(payload, to: "e/1") }
      let second = try id(of: "2", at: bridge)
      _ = try id(of: "3", at: bridge)
      for query in ["since=all", "rewind=3", "last_event_id=earliest"] {
        let (reader, opening) = try bridge.open("topic=e/%23&\(query)", after: second)
        #expect(opening.boolean("resumed") == true)
        #expect(try reader.payloads(1) == ["3"])
      }
    }
  }
}
