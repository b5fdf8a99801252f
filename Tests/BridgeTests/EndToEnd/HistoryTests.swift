import TestSupport
import Testing

extension EndToEnd {
  /// `GET /history`, and streams that begin in the past.
  @Suite struct HistoryTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker, flags: ["--record", "h/# z"])
      guard
        eventually({
          broker.log.contains { $0.contains("h/# (QoS") }
            && broker.log.contains { $0.contains("z (QoS") }
        })
      else { throw TestFailure("the filters are not subscribed") }
    }

    private func publish(_ numbers: Range<Int>, to topic: String = "h/1") throws {
      for number in numbers { try bridge.publish("\(number)", to: topic) }
    }

    /// One page, which must be there.
    private func page(_ query: String) throws -> JSONObject {
      let answer = try bridge.client.get("/history?" + query)
      guard answer.status == 200 else { throw TestFailure(answer.text) }
      return try answer.json
    }

    private func payloads(_ page: JSONObject) -> [String?] {
      page.objects("messages").map { $0.string("payload") }
    }

    /// Waits until the log has the message that was published last.
    private func waitFor(_ payload: String) throws {
      let isThere = try eventually {
        payloads(try page("topic=h/%23&limit=1000")).contains(payload)
      }
      guard isThere else { throw TestFailure("'\(payload)' is not in the log") }
    }

    @Test(arguments: [1, 7, 100])
    func `pages are complete and do not overlap`(limit: Int) throws {
      for number in 0..<30 {
        try publish(number..<number + 1, to: "h/\(number % 3)")
        if number % 4 == 0 { try publish(1000..<1001, to: "z") }
      }
      try waitFor("29")
      var cursor: String?
      var found: [String?] = []
      var pages = 0
      repeat {
        let query = "topic=h/%23&limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? "")
        let next = try page(query)
        #expect(next.objects("messages").count <= limit)
        found += payloads(next)
        cursor = next.string("next")
        pages += 1
        // A page that ends on the last message leads to one without.
      } while cursor != nil && pages < 40
      #expect(found == (0..<30).map { "\($0)" })
    }

    @Test func `what is published between two pages is on the later one`() throws {
      try publish(0..<3)
      try waitFor("2")
      let first = try page("topic=h/%23&limit=2")
      try publish(3..<5)
      try waitFor("4")
      let cursor = try #require(first.string("next"))
      #expect(payloads(try page("topic=h/%23&cursor=\(cursor)")) == ["2", "3", "4"])
    }

    @Test func `a stream goes on behind the last page`() throws {
      try publish(0..<3)
      try waitFor("2")
      let last = try #require(try page("topic=h/%23").string("last_event_id"))
      try publish(3..<5)
      let (reader, opening) = try bridge.open("topic=h/%23&last_event_id=\(last)")
      #expect(opening.boolean("resumed") == true)
      #expect(opening.boolean("gap") == false)
      #expect(try reader.payloads(2) == ["3", "4"])
    }

    @Test func `filters, times and encodings choose what a page has`() throws {
      try publish(0..<1, to: "h/1")
      try publish(1..<2, to: "h/2/x")
      try publish(2..<3, to: "h/1")
      try waitFor("2")
      #expect(payloads(try page("topic=h/1")) == ["0", "2"])
      #expect(payloads(try page("topic=h/2/x&topic=h/1&topic=h/%2B")) == ["0", "1", "2"])
      #expect(payloads(try page("match=glob&topic=h/*")) == ["0", "2"])
      #expect(payloads(try page("topic=h/1&encoding=base64")) == ["MA==", "Mg=="])
      let messages = try page("topic=h/%23").objects("messages")
      let middle = try #require(messages[1].string("received_at"))
      let id = try #require(messages[1].string("id"))
      #expect(payloads(try page("topic=h/%23&since=\(middle)")).contains("1"))
      #expect(!payloads(try page("topic=h/%23&since=\(id)")).contains("1"))
      #expect(payloads(try page("topic=h/%23&since=\(id)")) == ["2"])
      #expect(payloads(try page("topic=h/%23&until=\(middle)")).contains("1"))
      #expect(payloads(try page("topic=h/%23&since=1h")) == ["0", "1", "2"])
      #expect(payloads(try page("topic=h/%23&since=all")) == ["0", "1", "2"])
      #expect(payloads(try page("topic=h/%23&until=1h")) == [])
      #expect(payloads(try page("topic=h/%23&since=2030-01-01T00:00:00Z")) == [])
      #expect(payloads(try page("topic=none")) == [])
    }

    @Test(arguments: [
      ("", "missing-topic"), ("topic=a/%23/b", "filter-invalid"),
      ("topic=a&limit=0", "bad-parameter"),
      ("topic=a&limit=1001", "bad-parameter"), ("topic=a&limit=x", "bad-parameter"),
      ("topic=a&cursor=x", "bad-event-id"), ("topic=a&until=soon", "bad-parameter"),
      ("topic=a&since=soon", "bad-parameter"), ("topic=a&rewind=1", "unknown-parameter"),
      ("topic=a&limit=1&limit=2", "bad-parameter"),
    ])
    func `queries that cannot be understood are refused`(query: String, code: String) throws {
      let answer = try bridge.client.get("/history?" + query)
      #expect(answer.status == 400)
      #expect(try answer.json.string("code") == code)
    }

    @Test func `rewind begins with the newest messages that match`() throws {
      try publish(0..<6)
      try publish(100..<120, to: "z")
      try publish(6..<7)
      try waitFor("6")
      let (reader, opening) = try bridge.open("topic=h/%23&rewind=3")
      #expect(opening.boolean("resumed") == false)
      #expect(try reader.payloads(3) == ["4", "5", "6"])
      try publish(7..<8)
      #expect(try reader.payloads(1) == ["7"])
      let (all, _) = try bridge.open("topic=h/%23&rewind=100")
      #expect(try all.payloads(8) == (0..<8).map(String.init))
      #expect(try bridge.client.get("/subscribe?topic=a&rewind=10001").status == 400)
      #expect(try bridge.client.get("/subscribe?topic=a&rewind=1&since=1h").status == 400)
    }

    @Test func `since begins at a time or behind an event, and goes on live`() throws {
      try publish(0..<3)
      try waitFor("2")
      let messages = try page("topic=h/%23").objects("messages")
      let id = try #require(messages[1].string("id"))
      let time = try #require(messages[0].string("received_at"))
      for (since, expected) in [
        ("1h", ["0", "1", "2", "3"]), ("all", ["0", "1", "2", "3"]), (time, ["0", "1", "2", "3"]),
        ("0", ["0", "1", "2", "3"]), (id, ["2", "3"]), ("none", ["3"]),
        ("4000000000", ["3"]),
      ] {
        let (reader, _) = try bridge.open("topic=h/%23&since=\(since)")
        try publish(3..<4)
        // Those of earlier rounds are in the log too.
        let payloads = try reader.payloads(expected.count)
        #expect(Array(payloads.prefix(expected.count)).first == expected.first, "\(since)")
        reader.close()
      }
      #expect(try bridge.client.get("/subscribe?topic=a&since=soon").status == 400)
    }
  }
}
