import TestSupport
import Testing

extension EndToEnd {
  /// Several messages in one request, with a real broker.
  @Suite struct BatchTests {
    let broker: Mosquitto

    init() throws { broker = try Mosquitto() }

    private let json = [("Content-Type", "application/json")]
    private let lines = [("Content-Type", "application/x-ndjson")]

    private func statuses(_ response: HTTPTestResponse) throws -> [Int?] {
      try response.json.objects("results").map { $0.integer("status") }
    }

    @Test func `all messages reach the broker in their order`() throws {
      let bridge = try RunningProgram(broker)
      let subscriber = try MosquittoClient.subscribe(to: ["b/#"], on: broker)
      let body = (0..<500).map { #"{"topic":"b/\#($0 % 3)","payload":"\#($0)"}"# }
      let sent = try bridge.client.post(
        "/publish/batch", "[" + body.joined(separator: ",") + "]", headers: json)
      #expect(sent.status == 200)
      #expect(try sent.json.integer("accepted") == 500 && sent.json.integer("rejected") == 0)
      #expect(eventually { subscriber.output.messages.count >= 500 })
      #expect(subscriber.output.messages == (0..<500).map { "1 0 b/\($0 % 3) \($0)" })
      let bulk = try bridge.client.post(
        "/publish/bulk",
        "{\"topic\":\"b/n\",\"qos\":0}\n{\"topic\":\"b/n\",\"qos\":2,\"payload\":\"2\"}\n",
        headers: lines)
      #expect(bulk.status == 200)
      #expect(try bulk.json.objects("results").map { $0.string("state") } == ["sent", "acked"])
      #expect(try bulk.json.objects("results").map { $0.integer("index") } == [0, 1])
    }

    @Test func `one bad message keeps all out, and the answer names its place`() throws {
      let bridge = try RunningProgram(broker)
      let subscriber = try MosquittoClient.subscribe(to: ["b/#"], on: broker)
      let refused = try bridge.client.post(
        "/publish/batch",
        #"{"messages":[{"topic":"b/1"},{"topic":"b/+"},{"topic":"b/3","qos":4}]}"#, headers: json)
      #expect(refused.status == 400)
      #expect(try refused.json.string("code") == "topic-invalid")
      #expect(
        try refused.json.objects("errors").map { $0.string("pointer") }
          == ["/messages/1/topic", "/messages/2/qos"])
      #expect(try refused.json.boolean("kept") == false)
      #expect(try bridge.client.post("/topics/b/end", "end").status == 200)
      #expect(eventually { !subscriber.output.messages.isEmpty })
      #expect(subscriber.output.messages == ["1 0 b/end end"])
      let mixed = try bridge.client.post(
        "/publish/batch?atomic=false",
        #"[{"topic":"b/1"},{"topic":"b/+"},{"topic":"b/3","qos":0}]"#, headers: json)
      #expect(mixed.status == 207)
      #expect(try statuses(mixed) == [200, 400, 200])
      let problem = try mixed.json.objects("results")[1].object("problem")
      #expect(problem?.string("code") == "topic-invalid" && problem?.boolean("kept") == false)
      #expect(eventually { subscriber.output.messages.count == 3 })
    }

    @Test func `what the broker refuses is told beside what it took`() throws {
      let folder = try TemporaryDirectory()
      var options = Mosquitto.Options()
      options.extraLines = ["acl_file \(try folder.write("topic readwrite open/#\n", to: "acl"))"]
      let strict = try Mosquitto(options)
      let bridge = try RunningProgram(strict)
      let mixed = try bridge.client.post(
        "/publish/batch", #"[{"topic":"open/1"},{"topic":"shut"}]"#, headers: json)
      #expect(mixed.status == 207)
      #expect(try statuses(mixed) == [200, 403])
      let isEmpty = try eventually {
        try bridge.health().object("store")?.integer("queue") == 0
      }
      #expect(isEmpty)
    }

    @Test func `without a broker all are stored at once, and come later in order`() throws {
      let bridge = try RunningProgram(broker)
      let subscriber = try MosquittoClient.subscribe(
        to: ["b/#"], on: broker, arguments: ["-c", "-i", "lasting-subscriber"])
      try broker.stop()
      let body = #"[{"topic":"b/1","payload":"1"},{"topic":"b/2","payload":"2"}]"#
      let stored = try bridge.client.post("/publish/batch?wait=0", body, headers: json)
      #expect(stored.status == 202)
      #expect(try statuses(stored) == [202, 202])
      let quick = try bridge.client.post("/publish/batch?ack=stored", body, headers: json)
      #expect(quick.status == 202)
      let single = try bridge.client.post(
        "/publish/batch?atomic=false", #"[{"topic":"b/0","qos":0},{"topic":"b/3","ack":"stored"}]"#,
        headers: json)
      #expect(single.status == 207)
      #expect(try statuses(single) == [503, 202])
      try broker.start()
      #expect(eventually { subscriber.output.messages.count >= 5 })
      #expect(
        subscriber.output.messages
          == ["1 0 b/1 1", "1 0 b/2 2", "1 0 b/1 1", "1 0 b/2 2", "1 0 b/3 "])
    }

    @Test
    func `a batch that is sent again publishes nothing, and another one with its key is refused`()
      throws
    {
      let bridge = try RunningProgram(broker)
      let subscriber = try MosquittoClient.subscribe(to: ["b/#"], on: broker)
      let key = json + [("Idempotency-Key", "order-7")]
      let body = #"[{"topic":"b/1","payload":"1"},{"topic":"b/2","payload":"2"}]"#
      let first = try bridge.client.post("/publish/batch", body, headers: key)
      let again = try bridge.client.post("/publish/batch", body, headers: key)
      #expect(first.status == 200 && again.status == 200)
      #expect(first.header("idempotency-replayed") == nil)
      #expect(again.header("idempotency-replayed") == "true")
      #expect(
        try first.json.objects("results").map { $0.string("id") }
          == again.json.objects("results").map { $0.string("id") })
      #expect(try first.json.objects("results").map { $0.integer("qos") } == [2, 2])
      let other = try bridge.client.post(
        "/publish/batch", #"[{"topic":"b/1","payload":"1"}]"#, headers: key)
      #expect(other.status == 422)
      #expect(try other.json.string("code") == "idempotency-key-reused")
      let twins = #"[{"topic":"b/3","idempotency_key":"x"},{"topic":"b/3","idempotency_key":"x"}]"#
      let joined = try bridge.client.post("/publish/batch", twins, headers: json)
      #expect(joined.status == 200)
      let ids = try joined.json.objects("results").map { $0.string("id") }
      #expect(ids.count == 2 && ids[0] == ids[1])
      #expect(try bridge.client.post("/topics/b/end?qos=2", "end").status == 200)
      #expect(eventually { subscriber.output.messages.contains("2 0 b/end end") })
      #expect(
        subscriber.output.messages == ["2 0 b/1 1", "2 0 b/2 2", "2 0 b/3 ", "2 0 b/end end"])
    }

    @Test func `a batch that is too large or empty is refused`() throws {
      let bridge = try RunningProgram(broker)
      let long =
        "[{\"topic\":\"a\",\"payload\":\"" + String(repeating: "x", count: 5 << 20) + "\"}]"
      let large = try bridge.client.post("/publish/batch", long, headers: json)
      #expect(large.status == 413)
      #expect(try large.json.string("code") == "batch-too-large")
      #expect(try large.json.boolean("kept") == false)
      let empty = try bridge.client.post("/publish/batch", "[]", headers: json)
      #expect(empty.status == 400)
      #expect(try empty.json.string("code") == "empty-batch")
    }

    @Test func `a queue without room for all takes none`() throws {
      let bridge = try RunningProgram(broker, flags: ["--queue-messages", "3"])
      try broker.stop()
      let four = "[" + (0..<4).map { #"{"topic":"b/\#($0)"}"# }.joined(separator: ",") + "]"
      let full = try bridge.client.post("/publish/batch?wait=0", four, headers: json)
      #expect(full.status == 503)
      #expect(try full.json.string("code") == "queue-full")
      #expect(try bridge.health().object("store")?.integer("queue") == 0)
      let three = try bridge.client.post(
        "/publish/batch?wait=0&atomic=false", four, headers: json)
      #expect(three.status == 207)
      #expect(try statuses(three) == [202, 202, 202, 503])
    }
  }
}
