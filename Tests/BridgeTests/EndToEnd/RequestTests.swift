import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Requests and their replies, with a real broker; the device is a stream and a publish.
  @Suite struct RequestTests {
    let broker: Mosquitto

    init() throws { broker = try Mosquitto() }

    /// Answers the next request that comes on the stream.
    private func reply(
      _ payload: String, to stream: SSEReader, of bridge: RunningProgram, times: Int = 1
    ) throws {
      let request = try #require(try stream.messages(1).first)
      let properties = try #require(try request.json.object("properties"))
      let topic = try #require(properties.string("response_topic"))
      let data = try #require(properties.string("correlation_data"))
      #expect(topic.hasPrefix("bridge/replies/") && data.utf8.count == 24)
      #expect((properties.integer("message_expiry_interval") ?? 99) <= 30)
      for number in 0..<times {
        let sent = try bridge.client.post(
          "/topics/\(topic)?content_type=text/plain", payload + (times > 1 ? "\(number)" : ""),
          headers: [("Mqtt-Correlation-Data", data), ("Mqtt-User-Property", "a=1")])
        #expect(sent.status == 200)
      }
    }

    private func device(_ bridge: RunningProgram) throws -> SSEReader {
      let stream = try bridge.client.stream("/subscribe?topic=dev/%23")
      #expect(try stream.next()?.name == "bridge.open")
      return stream
    }

    @Test func `a reply answers its request, and is in no stream and no log`() throws {
      let bridge = try RunningProgram(broker)
      let device = try device(bridge)
      let all = try bridge.client.stream("/subscribe?topic=%23")
      #expect(try all.next()?.name == "bridge.open")
      let first = try OpenRequest(
        bridge, "POST", "/request?topic=dev/1&timeout=30", body: "status?")
      try reply("fine", to: device, of: bridge)
      let answer = try first.answer()
      #expect(answer.status == 200 && answer.text == "fine")
      #expect(answer.header("content-type") == "text/plain")
      #expect(answer.header("mqtt-topic")?.hasPrefix("bridge/replies/") == true)
      #expect(answer.header("mqtt-user-properties") == "W1siYSIsIjEiXV0=")
      #expect(answer.header("bridge-elapsed-ms") != nil)
      let second = try OpenRequest(
        bridge, "POST", "/request?topic=dev/1&timeout=30",
        headers: [("Accept", "application/json")], body: "again")
      try reply("well", to: device, of: bridge)
      let json = try second.answer()
      #expect(try json.status == 200 && json.json.string("payload") == "well")
      #expect(try json.json.integer("elapsed_ms") != nil)
      #expect(try bridge.client.post("/topics/end", "end").status == 200)
      let seen = try all.messages(3).map { try $0.json.string("payload") }
      #expect(seen == ["status?", "again", "end"])
      let history = try bridge.client.get("/history?topic=%23").json.objects("messages")
      #expect(history.map { $0.string("payload") } == ["status?", "again", "end"])
    }

    @Test func `without a reply the answer tells what is known, and a late one is counted`() throws
    {
      let bridge = try RunningProgram(broker)
      let alone = try bridge.client.post("/request?topic=nobody&timeout=1", "x")
      #expect(alone.status == 504)
      #expect(try alone.json.string("code") == "reply-timeout")
      #expect(try alone.json.boolean("acked") == true)
      #expect(try alone.json.boolean("matching_subscribers") == false)
      let device = try device(bridge)
      let late = try bridge.client.post("/request?topic=dev/1&timeout=1", "x")
      #expect(late.status == 504)
      #expect(try late.json.boolean("matching_subscribers") == true)
      try reply("too late", to: device, of: bridge)
      #expect(
        try eventually { try bridge.health().object("broker")?.integer("late_replies") == 1 })
    }

    @Test func `several replies come together, as lines or as events`() throws {
      let bridge = try RunningProgram(broker)
      let device = try device(bridge)
      let together = try OpenRequest(
        bridge, "POST", "/request?topic=dev/all&timeout=30&max_replies=2", body: "who?")
      try reply("me", to: device, of: bridge, times: 2)
      let both = try together.answer().json
      #expect(both.objects("replies").map { $0.string("payload") } == ["me0", "me1"])
      #expect(both.boolean("complete") == true)
      let some = try OpenRequest(
        bridge, "POST", "/request?topic=dev/all&timeout=2&max_replies=9", body: "who?")
      try reply("me", to: device, of: bridge)
      let part = try some.answer().json
      #expect(part.objects("replies").count == 1 && part.boolean("complete") == false)
      let lines = try OpenRequest(
        bridge, "POST", "/request?topic=dev/all&timeout=30&max_replies=2",
        headers: [("Accept", "application/x-ndjson")], body: "who?")
      try reply("me", to: device, of: bridge, times: 2)
      let text = try lines.answer()
      #expect(text.header("content-type") == "application/x-ndjson")
      let found = try text.text.split(separator: "\n").map { try JSONObject(String($0)) }
      #expect(found.map { $0.string("payload") } == ["me0", "me1", nil])
      #expect(found.last?.string("event") == "bridge.close")
      #expect(found.last?.string("reason") == "complete")
      let events = try OpenRequest(
        bridge, "POST", "/request?topic=dev/all&timeout=2&max_replies=9",
        headers: [("Accept", "text/event-stream")], body: "who?")
      try reply("me", to: device, of: bridge)
      let stream = try events.answer().text
      #expect(stream.contains(#""payload":"me""#))
      #expect(stream.contains("event: bridge.close") && stream.contains(#""reason":"timeout""#))
    }

    @Test func `a request is not kept for a broker that is away, unless it shall be`() throws {
      let bridge = try RunningProgram(broker)
      let subscriber = try MosquittoClient.subscribe(
        to: ["dev/#"], on: broker, arguments: ["-c", "-i", "lasting-subscriber"])
      try broker.stop()
      #expect(
        try eventually {
          try bridge.health().object("broker")?.string("state") == "disconnected"
        })
      let refused = try bridge.client.post("/request?topic=dev/1&timeout=1", "x")
      #expect(refused.status == 503)
      #expect(try refused.json.string("code") == "broker-unavailable")
      #expect(try refused.json.boolean("kept") == false)
      let queued = try bridge.client.post("/request?topic=dev/1&timeout=1&queue=true", "y")
      #expect(queued.status == 504)
      #expect(try queued.json.boolean("acked") == false)
      try broker.start()
      #expect(eventually { !subscriber.output.messages.isEmpty })
      #expect(subscriber.output.messages == ["1 0 dev/1 y"])
    }

    @Test func `with MQTT 3_1_1 a device replies where it always does`() throws {
      let bridge = try RunningProgram(broker, flags: ["--mqtt-version", "3.1.1"])
      let missing = try bridge.client.post("/request?topic=dev/1", "x")
      #expect(missing.status == 422)
      #expect(try missing.json.string("code") == "mqtt5-required")
      let subscriber = try MosquittoClient.subscribe(to: ["dev/1"], on: broker)
      let waiting = try OpenRequest(
        bridge, "POST", "/request?topic=dev/1&reply_topic=dev/1/out&timeout=30", body: "x")
      #expect(eventually { subscriber.output.messages == ["1 0 dev/1 x"] })
      let second = try bridge.client.post("/request?topic=dev/1&reply_topic=dev/1/out", "x")
      #expect(second.status == 429)
      #expect(try second.json.string("code") == "too-many-requests-outstanding")
      try MosquittoClient.publish("out", to: "dev/1/out", on: broker)
      let answer = try waiting.answer()
      #expect(answer.status == 200 && answer.text == "out")
      #expect(answer.header("mqtt-topic") == "dev/1/out")
    }

    @Test func `a stop tells who waits that the request was sent, and needs no key`() throws {
      let bridge = try RunningProgram(broker, flags: ["--require-idempotency-key", "true"])
      let device = try device(bridge)
      let waiting = try OpenRequest(
        bridge, "POST", "/request?topic=dev/1&timeout=30", body: "x")
      _ = try device.messages(1)
      bridge.process.signal(SIGTERM)
      let answer = try waiting.answer()
      #expect(answer.status == 503)
      #expect(try answer.json.string("code") == "draining" && answer.json.boolean("kept") == true)
      #expect(bridge.process.waitForExit() == .status(0))
    }

    @Test func `a reply to an earlier process is late, and in no stream and no log`() throws {
      let data = try TemporaryDirectory()
      let flags = ["--client-id", "lasting-bridge"]
      let first = try RunningProgram(broker: broker.url, flags: flags, data: data)
      try first.waitForBroker()
      #expect(try first.client.post("/request?topic=dev/1&timeout=1", "x").status == 504)
      first.kill()
      try MosquittoClient.publish("late", to: "bridge/replies/lasting-bridge/reply", on: broker)
      let second = try RunningProgram(broker: broker.url, flags: flags, data: data)
      #expect(
        try eventually { try second.health().object("broker")?.integer("late_replies") == 1 })
      #expect(try second.client.get("/history?topic=%23").json.objects("messages").isEmpty)
    }

    @Test func `only so many wait`() throws {
      let bridge = try RunningProgram(broker, flags: ["--requests", "1"])
      let device = try device(bridge)
      let waiting = try OpenRequest(
        bridge, "POST", "/request?topic=dev/1&timeout=30", body: "x")
      let pending = try #require(try device.messages(1).first?.json.object("properties"))
      let second = try bridge.client.post("/request?topic=dev/2", "x")
      #expect(second.status == 429 && second.header("retry-after") == "1")
      let topic = try #require(pending.string("response_topic"))
      let data = try #require(pending.string("correlation_data"))
      #expect(
        try bridge.client.post(
          "/topics/\(topic)", "r", headers: [("Mqtt-Correlation-Data", data)]
        ).status == 200)
      #expect(try waiting.answer().text == "r")
      #expect(try bridge.client.post("/request?topic=dev/2&timeout=1", "x").status == 504)
    }
  }
}
