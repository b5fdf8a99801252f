import TestSupport
import Testing

extension EndToEnd {
  /// Named subscriptions that are consumed by polls.
  @Suite struct PollConsumerTests {
    private let broker: Mosquitto
    private let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
      try bridge.subscribe("s", #"{"topics":["s/#"]}"#)
    }

    /// One poll, which must succeed.
    private func poll(_ query: String, of other: RunningProgram? = nil) throws -> JSONObject {
      let answer = try (other ?? bridge).client.get(
        "/subscribe?poll=1&subscription=s&" + query)
      guard answer.status == 200 else { throw TestFailure(answer.text) }
      return try answer.json
    }

    private func payloads(_ answer: JSONObject) -> [String?] {
      answer.objects("messages").map { $0.string("payload") }
    }

    @Test func `a poll gives what is not acknowledged, and last_event_id acknowledges it`() throws {
      for number in 0..<5 { try bridge.publish("\(number)", to: "s/x") }
      let first = try poll("limit=2")
      #expect(payloads(first) == ["0", "1"])
      #expect(payloads(try poll("limit=3")) == ["0", "1", "2"])
      try bridge.acknowledge("s", first.string("last_event_id"))
      let second = try poll("wait=0")
      #expect(payloads(second) == ["2", "3", "4"])
      try bridge.acknowledge("s", second.string("last_event_id"))
      let third = try poll("wait=0")
      #expect(payloads(third) == [] && !third.has("gap"))
      #expect(try bridge.subscription("s").integer("consumers") == 0)
    }

    @Test func `a poll waits for what is to come`() throws {
      let waiting = try OpenRequest(
        bridge, "GET", "/subscribe?format=json&subscription=s&wait=50")
      #expect(try eventually { try bridge.subscription("s").integer("consumers") == 1 })
      try bridge.publish("x", to: "s/1")
      #expect(payloads(try waiting.answer().json) == ["x"])
    }

    @Test func `with auto_ack polls one after the other repeat nothing, also over a kill`() throws {
      let data = try TemporaryDirectory()
      let before = try RunningProgram(broker: broker.url, data: data)
      try before.waitForBroker()
      try before.subscribe("s", #"{"topics":["s/#"]}"#)
      for number in 0..<30 { try before.publish("\(number)", to: "s/x") }
      var found: [String?] = []
      var last = ""
      while found.count < 20 {
        let answer = try poll("limit=4&auto_ack=true", of: before)
        found += payloads(answer)
        last = try #require(answer.string("last_event_id"))
      }
      // What the disk does not have yet would be given again.
      #expect(
        try eventually {
          let cursor = try before.subscription("s").string("cursor") ?? "none"
          return last.hasPrefix(cursor + "-")
        })
      before.kill()
      let after = try RunningProgram(broker: broker.url, data: data)
      let rest = payloads(try poll("limit=100&auto_ack=true&wait=20", of: after))
      #expect(found + rest == (0..<30).map { "\($0)" })
    }

    @Test func `what a client has not taken is not acknowledged`() throws {
      var waiting: OpenRequest? = try OpenRequest(
        bridge, "GET", "/subscribe?poll=1&subscription=s&auto_ack=true&wait=60")
      #expect(try eventually { try bridge.subscription("s").integer("consumers") == 1 })
      #expect(waiting != nil)
      waiting = nil
      #expect(try eventually { try bridge.subscription("s").integer("consumers") == 0 })
      try bridge.publish("1", to: "s/x")
      #expect(payloads(try poll("auto_ack=true")) == ["1"])
      #expect(payloads(try poll("wait=0")) == [])
    }

    @Test func `a poll is a consumer while it waits, and can be taken over`() throws {
      let waiting = try OpenRequest(
        bridge, "GET", "/subscribe?poll=1&subscription=s&wait=60")
      #expect(try eventually { try bridge.subscription("s").integer("consumers") == 1 })
      let second = try bridge.client.get("/subscribe?poll=1&subscription=s&wait=0")
      #expect(second.status == 409)
      let (stream, _) = try bridge.open("subscription=s&takeover=true")
      let ended = try waiting.answer()
      #expect(ended.status == 409)
      #expect(try ended.json.string("code") == "subscription-in-use")
      let third = try poll("wait=0&takeover=true")
      #expect(payloads(third) == [])
      #expect(try stream.next(named: "bridge.close")?.json.string("reason") == "taken_over")
      let deleted = try OpenRequest(bridge, "GET", "/subscribe?poll=1&subscription=s&wait=60")
      #expect(try eventually { try bridge.subscription("s").integer("consumers") == 1 })
      #expect(try bridge.client.request("DELETE", "/subscriptions/s").status == 204)
      #expect(try deleted.answer().status == 404)
    }

    @Test func `what such a poll cannot be is refused`() throws {
      try bridge.subscribe("shared", #"{"topics":["s/#"],"shared":true}"#)
      let client = bridge.client
      for query in [
        "subscription=shared", "subscription=s&topic=a", "subscription=s&since=1h",
        "subscription=s&policy=conflate", "subscription=s&max_rate=5", "topic=a&auto_ack=true",
        "topic=a&takeover=true",
      ] {
        let answer = try client.get("/subscribe?poll=1&" + query)
        #expect(answer.status == 400, "\(query)")
        #expect(try answer.json.string("code") == "bad-parameter", "\(query)")
      }
      #expect(try client.get("/subscribe?poll=1&subscription=none").status == 404)
      let head = try client.request("HEAD", "/subscribe?poll=1&subscription=s")
      #expect(head.status == 200 && head.header("content-type") == "application/json")
      #expect(try bridge.subscription("s").integer("consumers") == 0)
    }
  }
}
