import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Retained and last messages, with a real broker.
  @Suite struct TopicValueTests {
    let broker: Mosquitto

    init() throws { broker = try Mosquitto() }

    @Test(arguments: [[], ["--mqtt-version", "3.1.1"]])
    func `a retained message is asked of the broker`(flags: [String]) throws {
      let bridge = try RunningProgram(broker, flags: flags + ["--history", "none"])
      try MosquittoClient.publish("21.5", to: "s/1", on: broker, retain: true)
      let found = try bridge.client.get("/topics/s/1")
      #expect(found.status == 200 && found.text == "21.5")
      #expect(found.header("bridge-source") == "broker" && found.header("age") == nil)
      #expect(found.header("mqtt-retain") == "true" && found.header("mqtt-qos") == "1")
      #expect(found.header("content-type") == "application/octet-stream")
      let tag = try #require(found.header("etag"))
      let same = try bridge.client.get("/topics?topic=s/1", headers: [("If-None-Match", tag)])
      #expect(same.status == 304 && same.header("etag") == tag)
      let head = try bridge.client.request("HEAD", "/topics/s/1")
      #expect(head.status == 200 && head.header("etag") == tag)
      let none = try bridge.client.get("/topics/s/2")
      #expect(none.status == 404)
      #expect(try none.json.string("code") == "no-retained-message")
      // Nothing stays subscribed for a question that is answered.
      let again = try bridge.client.get("/topics/s/1")
      #expect(again.status == 200)
    }

    @Test func `the last value of a topic is kept, retained or not, across kill -9`() throws {
      let data = try TemporaryDirectory()
      let flags = ["--last-value", "l/#", "--history", "none"]
      let first = try RunningProgram(broker: broker.url, flags: flags, data: data)
      try first.waitForBroker()
      let missing = try first.client.get("/topics/l/1")
      #expect(missing.status == 404)
      #expect(
        try first.client.post(
          "/topics/l/1?content_type=text/plain", "a",
          headers: [("Mqtt-User-Property", "k=1"), ("Mqtt-User-Property", "k=2")]
        ).status == 200)
      #expect(try eventually { try first.client.get("/topics/l/1").status == 200 })
      let found = try first.client.get("/topics/l/1")
      #expect(found.text == "a" && found.header("bridge-source") == "cache")
      #expect(found.header("content-type") == "text/plain")
      #expect(found.header("age") != nil && found.header("last-modified") != nil)
      #expect(found.header("mqtt-user-properties") == "W1siayIsIjEiXSxbImsiLCIyIl1d")
      first.kill()
      let second = try RunningProgram(broker: "mqtt://127.0.0.1:1", flags: flags, data: data)
      let json = try second.client.get("/topics/l/1", headers: [("Accept", "application/json")])
      #expect(json.status == 200)
      #expect(try json.json.string("payload") == "a" && json.json.string("received_at") != nil)
      #expect(
        try json.json.object("properties")?.pairs("user_properties") == [["k", "1"], ["k", "2"]])
      let away = try second.client.get("/topics/other")
      #expect(away.status == 503)
      #expect(try away.json.string("code") == "broker-unavailable")
    }

    @Test func `a cleared retained message is no last value, and a retained one from before is`()
      throws
    {
      try MosquittoClient.publish("old", to: "l/1", on: broker, retain: true)
      let bridge = try RunningProgram(broker, flags: ["--last-value", "l/#"])
      #expect(try eventually { try bridge.client.get("/topics/l/1").status == 200 })
      #expect(try bridge.client.get("/topics/l/1").header("bridge-source") == "cache")
      #expect(try bridge.client.post("/topics/l/1", "live").status == 200)
      #expect(try eventually { try bridge.client.get("/topics/l/1").text == "live" })
      // A stream on the filter brings the retained message again, which changes nothing.
      let stream = try bridge.client.stream("/subscribe?topic=l/%23")
      #expect(try stream.messages(1).first?.json.string("payload") == "old")
      #expect(try bridge.client.get("/topics/l/1").text == "live")
      #expect(try bridge.client.request("DELETE", "/topics/l/1").status == 200)
      #expect(try eventually { try bridge.client.get("/topics/l/1").status == 404 })
    }

    @Test func `what changed while the broker had lost our session is seen`() throws {
      var options = Mosquitto.Options()
      options.keepsSessions = false
      let broker = try Mosquitto(options)
      let bridge = try RunningProgram(broker, flags: ["--last-value", "l/#"])
      #expect(try bridge.client.request("PUT", "/topics/l/1", body: Array("1".utf8)).status == 200)
      #expect(try eventually { try bridge.client.get("/topics/l/1").text == "1" })
      bridge.process.signal(SIGSTOP)
      try broker.stop()
      try broker.start()
      try MosquittoClient.publish("2", to: "l/1", on: broker, retain: true)
      bridge.process.signal(SIGCONT)
      #expect(try eventually { try bridge.client.get("/topics/l/1").text == "2" })
    }

    @Test(arguments: [["--last-value", "l/#"], []])
    func `who has the value waits for another one`(flags: [String]) throws {
      try MosquittoClient.publish("1", to: "l/1", on: broker, retain: true)
      let bridge = try RunningProgram(broker, flags: flags)
      #expect(try eventually { try bridge.client.get("/topics/l/1").status == 200 })
      let tag = try #require(try bridge.client.get("/topics/l/1").header("etag"))
      let poll = [("If-None-Match", tag), ("Prefer", "wait=60")]
      let waiting = try OpenRequest(bridge, "GET", "/topics/l/1", headers: poll)
      let brief = try bridge.client.get(
        "/topics/l/1", headers: [("If-None-Match", tag), ("Prefer", "wait=1")])
      #expect(brief.status == 304 && brief.header("preference-applied") == "wait=1")
      #expect(try bridge.client.request("PUT", "/topics/l/1", body: Array("2".utf8)).status == 200)
      let changed = try waiting.answer()
      #expect(changed.status == 200 && changed.text == "2")
      #expect(changed.header("etag") != tag)
    }

    @Test(arguments: [["--last-value", "l/#"], []])
    func `retained messages are listed in pages`(flags: [String]) throws {
      for topic in ["l/b", "l/a", "l/c", "m"] {
        try MosquittoClient.publish(topic, to: topic, on: broker, retain: true)
      }
      let bridge = try RunningProgram(broker, flags: flags)
      func topics(_ query: String) throws -> [String?] {
        try bridge.client.get("/retained" + query).json.objects("messages")
          .map { $0.string("topic") }
      }
      #expect(try eventually { try topics("?filter=l/%23") == ["l/a", "l/b", "l/c"] })
      let page = try bridge.client.get("/retained?filter=l/%23&limit=2")
      #expect(page.header("bridge-source") == (flags.isEmpty ? "broker" : "cache"))
      #expect(try page.json.string("next") == "l/b")
      let rest = try bridge.client.get("/retained?filter=l/%23&limit=2&cursor=l/b")
      #expect(try rest.json.objects("messages").map { $0.string("payload") } == ["l/c"])
      #expect(try rest.json.string("next") == nil)
      #expect(try topics("?filter=l/%2B&cursor=l/a") == ["l/b", "l/c"])
      #expect(try topics("?filter=none/%23") == [])
      #expect(try topics("") == ["l/a", "l/b", "l/c", "m"])
    }
  }
}
