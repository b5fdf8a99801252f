import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

extension EndToEnd {
  /// Long polls.
  @Suite struct PollTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    /// One poll, which must succeed.
    private func poll(
      _ query: String, after id: String? = nil, of other: RunningProgram? = nil
    ) throws -> JSONObject {
      let headers = id.map { [("Last-Event-ID", $0)] } ?? []
      let answer = try (other ?? bridge).client.get(
        "/subscribe?poll=1&" + query, headers: headers)
      guard answer.status == 200 else { throw TestFailure(answer.text) }
      return try answer.json
    }

    private func payloads(_ answer: JSONObject) -> [String?] {
      answer.objects("messages").map { $0.string("payload") }
    }

    @Test func `a poll begins now, and the next one has what came in between`() throws {
      let first = try poll("topic=p/%23&wait=0")
      #expect(payloads(first).isEmpty)
      let id = try #require(first.string("last_event_id"))
      try bridge.publish("1", to: "p/a")
      try bridge.publish("2", to: "p/b")
      // The log may have only the first of them when this comes.
      var last = id
      var found: [String?] = []
      while found.count < 2 {
        let next = try poll("topic=p/%23&wait=20", after: last)
        #expect(!next.has("gap"))
        found += payloads(next)
        last = try #require(next.string("last_event_id"))
      }
      #expect(found == ["1", "2"])
      let same = try poll("topic=p/%23&wait=0", after: last)
      #expect(payloads(same).isEmpty && same.string("last_event_id") == last)
    }

    @Test func `a poll waits until there is something`() throws {
      let id = try #require(try poll("topic=w/%23&wait=0").string("last_event_id"))
      let waiting = try OpenRequest(
        bridge, "GET", "/subscribe?topic=w/%23&last_event_id=\(id)",
        headers: [("Accept", "application/json"), ("Prefer", "wait=50")])
      try bridge.publish("other", to: "v/1")
      try bridge.publish("x", to: "w/1")
      let answer = try waiting.answer()
      #expect(answer.status == 200)
      #expect(answer.header("content-type") == "application/json")
      #expect(answer.header("preference-applied") == "wait=50")
      #expect(answer.header("cache-control") == "no-store")
      #expect(payloads(try answer.json) == ["x"])
      #expect(
        try answer.json.string("last_event_id")
          == answer.json.objects("messages").last?.string("id"))
      #expect(answer.header("bridge-last-event-id") == (try answer.json.string("last_event_id")))
    }

    @Test func `a poll that was there first gets the first message`() throws {
      let waiting = try OpenRequest(
        bridge, "GET", "/subscribe?format=json&topic=f/%23&wait=50")
      #expect(eventually { broker.log.contains { $0.contains("f/# (QoS") } })
      // What a broker sends behind its SUBACK is for the poll.
      try MosquittoClient.publish("x", to: "f/1", on: broker)
      #expect(payloads(try waiting.answer().json) == ["x"])
    }

    @Test func `what comes in one piece with SUBACK is for the poll, and no gap follows`() throws {
      let broker = try MQTTClientTesting.ScriptedBroker { received in
        guard received.type == .subscribe else { return [.behave] }
        let messages = (0..<50).map {
          BrokerReaction.route(
            Publish(topic: "s/\($0)", payload: Array("\($0)".utf8)[...], qos: .atLeastOnce))
        }
        return [.behave] + messages
      }
      let bridge = try RunningProgram(broker: broker.url)
      try bridge.waitForBroker()
      var found: [String?] = []
      var last: String?
      while found.count < 50 {
        let answer = try poll("topic=s/%23&wait=20&limit=7", after: last, of: bridge)
        #expect(!answer.has("gap"))
        found += payloads(answer)
        last = answer.string("last_event_id")
      }
      #expect(found == (0..<50).map { "\($0)" })
    }

    @Test func `polls one after the other lose nothing and repeat nothing`() throws {
      var last = try #require(try poll("topic=c/%23&wait=0").string("last_event_id"))
      let count = 400
      let publisher = try OpenRequest(
        bridge, "POST", "/publish/batch?ack=stored",
        headers: [("Content-Type", "application/json")],
        body: "["
          + (0..<count).map { #"{"topic":"c/\#($0 % 7)","payload":"\#($0)"}"# }
          .joined(separator: ",") + "]")
      var found: [String?] = []
      var generator = SeededGenerator(for: "polls one after the other")
      while found.count < count {
        let limit = Int.random(in: 1...40, using: &generator)
        let wait = Int.random(in: 0...5, using: &generator)
        let answer = try poll("topic=c/%23&wait=\(wait)&limit=\(limit)", after: last)
        #expect(!answer.has("gap"))
        #expect(payloads(answer).count <= limit)
        found += payloads(answer)
        last = try #require(answer.string("last_event_id"))
      }
      #expect(found == (0..<count).map { "\($0)" })
      #expect(try publisher.answer().status == 202)
    }

    @Test func `a filter that was given up between two polls is a gap`() throws {
      let bridge = try RunningProgram(broker, flags: ["--unsubscribe-linger", "0s"])
      let first = try poll("topic=u/%23&wait=0", of: bridge)
      #expect(eventually { broker.log.contains { $0.contains("Received UNSUBSCRIBE") } })
      let next = try poll(
        "topic=u/%23&wait=30", after: first.string("last_event_id"), of: bridge)
      #expect(next.object("gap")?.string("reason") == "not_subscribed")
      #expect(payloads(next).isEmpty)
      // The place behind the gap is told, so that it comes once.
      #expect(next.string("last_event_id") != first.string("last_event_id"))
    }

    @Test func `a client that leaves while it waits is noticed`() throws {
      let bridge = try RunningProgram(broker, flags: ["--unsubscribe-linger", "0s"])
      var waiting: OpenRequest? = try OpenRequest(
        bridge, "GET", "/subscribe?poll=1&topic=gone/%23&wait=60")
      #expect(eventually { broker.log.contains { $0.contains("gone/# (QoS") } })
      #expect(waiting != nil)
      waiting = nil
      #expect(eventually { broker.log.contains { $0.contains("Received UNSUBSCRIBE") } })
    }

    @Test func `a poll begins in the past where it is asked to`() throws {
      let stream = try bridge.open("topic=b/%23").reader
      for number in 0..<5 { try bridge.publish("\(number)", to: "b/\(number % 2)") }
      #expect(try stream.payloads(5).count == 5)
      #expect(payloads(try poll("topic=b/%23&since=all")) == ["0", "1", "2", "3", "4"])
      #expect(payloads(try poll("topic=b/%23&since=1h&limit=2")) == ["0", "1"])
      #expect(payloads(try poll("topic=b/%23&rewind=2")) == ["3", "4"])
      #expect(payloads(try poll("topic=b/%23&since=all&policy=conflate")) == ["3", "4"])
      let raw = try bridge.client.get(
        "/subscribe?poll=1&topic=b/0&since=all&envelope=none&encoding=base64&limit=1")
      #expect(raw.text.hasPrefix(#"{"messages":["MA=="],"last_event_id":"#))
      let named = try poll("topic=b/0&since=all&event=reading&limit=1")
      #expect(named.objects("messages").first?.string("event") == "reading")
    }

    @Test func `without a broker a poll has what the log has, and is told what may be missing`()
      throws
    {
      let stream = try bridge.open("topic=d/%23").reader
      try bridge.publish("1", to: "d/1")
      let id = try #require(try stream.messages(1).first?.id)
      try bridge.publish("2", to: "d/2")
      #expect(try stream.payloads(1) == ["2"])
      try broker.stop()
      let answer = try poll("topic=d/+&wait=1", after: id)
      #expect(payloads(answer) == ["2"])
      let none = try poll("topic=e/+&wait=1")
      #expect(payloads(none).isEmpty)
      try broker.start()
      let later = try poll("topic=e/+&wait=30", after: none.string("last_event_id"))
      #expect(later.has("gap"))
    }

    @Test func `what a poll cannot be is refused`() throws {
      let bridge = try RunningProgram(broker, flags: ["--history-except", "no/#"])
      let client = bridge.client
      #expect(try client.get("/subscribe?poll=1&topic=no/1").status == 400)
      #expect(try client.get("/subscribe?poll=1&topic=a&wait=61").status == 400)
      #expect(try client.get("/subscribe?poll=1&topic=a&limit=1001").status == 400)
      #expect(try client.get("/subscribe?poll=1&topic=a&last_event_id=x").status == 400)
      #expect(try client.get("/subscribe?poll=1").status == 400)
      let head = try client.request("HEAD", "/subscribe?poll=1&topic=a")
      #expect(head.status == 200 && head.header("content-type") == "application/json")
    }
  }
}
