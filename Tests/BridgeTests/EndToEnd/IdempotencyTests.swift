import TestSupport
import Testing

extension EndToEnd {
  /// A publish that is sent again, with a real broker.
  @Suite struct IdempotencyTests {
    let broker: Mosquitto

    init() throws { broker = try Mosquitto() }

    private func key(_ key: String, wait: Int? = nil) -> [(String, String)] {
      [("Idempotency-Key", key)] + (wait.map { [("Prefer", "wait=\($0)")] } ?? [])
    }

    @Test func `a repetition joins the wait of the first request, and nothing comes twice`() throws
    {
      let bridge = try RunningProgram(broker)
      let subscriber = try MosquittoClient.subscribe(to: ["k"], on: broker)
      broker.pause()
      defer { broker.resume() }
      let first = try OpenRequest(
        bridge, "POST", "/topics/k", headers: key("\"a b\"", wait: 60), body: "x")
      #expect(try eventually { try bridge.health().object("store")?.integer("queue") == 1 })
      let second = try OpenRequest(
        bridge, "POST", "/publish?topic=k&idempotency_key=a%20b", headers: [("Prefer", "wait=60")],
        body: "x")
      let hurried = try bridge.client.post("/topics/k", "x", headers: key("a b", wait: 0))
      #expect(hurried.status == 202)
      #expect(hurried.header("idempotency-replayed") == "true")
      broker.resume()
      let (one, two) = (try first.answer(), try second.answer())
      #expect(one.status == 200 && two.status == 200)
      #expect(one.header("idempotency-replayed") == nil)
      #expect(two.header("idempotency-replayed") == "true")
      let id = try #require(try one.json.string("id"))
      #expect(try two.json.string("id") == id && hurried.json.string("id") == id)
      #expect(two.header("location") == "/messages/\(id)")
      #expect(try one.json.integer("qos") == 2)
      let later = try bridge.client.post("/topics/k", "x", headers: key("a b"))
      #expect(later.status == 200 && later.header("idempotency-replayed") == "true")
      #expect(try later.json.string("id") == id)
      #expect(try bridge.client.post("/topics/k?qos=2", "end").status == 200)
      #expect(eventually { subscriber.output.messages.count >= 2 })
      #expect(subscriber.output.messages == ["2 0 k x", "2 0 k end"])
    }

    @Test func `a key survives kill -9, and a repetition waits for a message of the earlier run`()
      throws
    {
      let data = try TemporaryDirectory()
      let first = try RunningProgram(broker: broker.url, data: data)
      try first.waitForBroker()
      let subscriber = try MosquittoClient.subscribe(
        to: ["k"], on: broker, arguments: ["-c", "-i", "lasting-subscriber"])
      try broker.stop()
      let stored = try first.client.post("/topics/k?ack=stored", "x", headers: key("a"))
      #expect(stored.status == 202)
      first.kill()
      let second = try RunningProgram(broker: broker.url, data: data)
      let waiting = try OpenRequest(
        second, "POST", "/topics/k", headers: key("a", wait: 60), body: "x")
      try broker.start()
      let answer = try waiting.answer()
      #expect(answer.status == 200 && answer.header("idempotency-replayed") == "true")
      #expect(try answer.json.string("id") == stored.json.string("id"))
      #expect(
        try eventually { try second.health().object("store")?.integer("queue") == 0 })
      second.kill()
      let third = try RunningProgram(broker: broker.url, data: data)
      let again = try third.client.post("/topics/k", "x", headers: key("a"))
      #expect(again.status == 200)
      #expect(try again.json.string("acked_at") != nil)
      #expect(try again.json.string("id") == stored.json.string("id"))
      try third.waitForBroker()
      #expect(try third.client.post("/topics/k?qos=2", "end").status == 200)
      #expect(eventually { subscriber.output.messages.count >= 2 })
      #expect(subscriber.output.messages == ["2 0 k x", "2 0 k end"])
    }

    @Test func `a key with another message is refused and the first goes on`() throws {
      let bridge = try RunningProgram(broker)
      let client = bridge.client
      #expect(try client.post("/topics/k", "x", headers: key("a")).status == 200)
      for (target, body) in [("/topics/k", "y"), ("/topics/l", "x"), ("/topics/k?qos=1", "x")] {
        let refused = try client.post(target, body, headers: key("a"))
        #expect(refused.status == 422)
        #expect(try refused.json.string("code") == "idempotency-key-reused")
        #expect(try refused.json.boolean("kept") == false)
        #expect(refused.header("idempotency-replayed") == nil)
      }
      #expect(try client.post("/topics/k", "x", headers: key("a")).status == 200)
    }

    @Test func `a refusal that was told leaves neither the message nor its key`() throws {
      let folder = try TemporaryDirectory()
      var options = Mosquitto.Options()
      options.extraLines = ["acl_file \(try folder.write("topic readwrite open/#\n", to: "acl"))"]
      let strict = try Mosquitto(options)
      let bridge = try RunningProgram(strict)
      let refused = try bridge.client.post("/topics/closed", "x", headers: key("a"))
      #expect(refused.status == 403)
      #expect(try refused.json.boolean("kept") == false)
      let store = try #require(try bridge.health().object("store"))
      #expect(store.integer("queue") == 0 && store.integer("dead_letters") == 0)
      let other = try bridge.client.post("/topics/open/1", "x", headers: key("a"))
      #expect(other.status == 200 && other.header("idempotency-replayed") == nil)
    }

    @Test func `keys can be required, and messages stamped with their id`() throws {
      let bridge = try RunningProgram(
        broker, flags: ["--require-idempotency-key", "true", "--stamp", "true"])
      let subscriber = try MosquittoClient.subscribe(
        to: ["k"], on: broker, arguments: ["-V", "5", "-F", "message %P"])
      let missing = try bridge.client.post("/topics/k", "x")
      #expect(missing.status == 400)
      #expect(try missing.json.string("code") == "idempotency-key-missing")
      let answer = try bridge.client.post("/topics/k", "x", headers: key("a"))
      let id = try #require(try answer.json.string("id"))
      #expect(eventually { subscriber.output.messages == ["bridge-message-id:\(id)"] })
    }
  }
}
