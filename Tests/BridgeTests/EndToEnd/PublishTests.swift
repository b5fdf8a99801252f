import TestSupport
import Testing

extension EndToEnd {
  /// From HTTP to the broker, as an independent subscriber sees it.
  @Suite struct PublishTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    @Test(arguments: 0...2)
    func `every way to publish reaches a subscriber with its QoS`(qos: Int) throws {
      let subscriber = try MosquittoClient.subscribe(to: ["a/#"], on: broker)
      let client = bridge.client
      let json = [("Content-Type", "application/json")]
      let form = [("Content-Type", "application/x-www-form-urlencoded")]
      let answers = [
        try client.post("/publish?topic=a/query&qos=\(qos)", "one"),
        try client.post(
          "/publish", "two", headers: [("Mqtt-Topic", "a/h"), ("Mqtt-Qos", "\(qos)")]),
        try client.post(
          "/publish", #"{"topic":"a/json","payload":"three","qos":\#(qos)}"#, headers: json),
        try client.post("/publish", "topic=a%2Fform&payload=four+4&qos=\(qos)", headers: form),
        try client.post("/topics/a/b%2Fc?qos=\(qos)", "five"),
        try client.request("PUT", "/topics/a/put?qos=\(qos)", body: Array("six".utf8)),
      ]
      for answer in answers {
        #expect(answer.status == 200)
        #expect(try answer.json.string("state") == (qos == 0 ? "sent" : "acked"))
        #expect(try answer.json.integer("qos") == qos)
        #expect(answer.header("bridge-message-id") == (try answer.json.string("id")))
        #expect((answer.header("location") != nil) == (qos > 0))
      }
      #expect(eventually { subscriber.output.messages.count == answers.count })
      #expect(
        subscriber.output.messages == [
          "\(qos) 0 a/query one", "\(qos) 0 a/h two", "\(qos) 0 a/json three",
          "\(qos) 0 a/form four 4", "\(qos) 0 a/b/c five", "\(qos) 0 a/put six",
        ])
    }

    @Test func `PUT retains and DELETE clears`() throws {
      let client = bridge.client
      #expect(try client.request("PUT", "/topics/r/1", body: Array("kept".utf8)).status == 200)
      let first = try MosquittoClient.subscribe(to: ["r/1"], on: broker)
      #expect(eventually { first.output.messages == ["1 1 r/1 kept"] })
      #expect(try client.request("DELETE", "/topics/r/1").status == 200)
      #expect(try client.post("/topics/r/1", "live").status == 200)
      let second = try MosquittoClient.subscribe(to: ["r/1"], on: broker)
      #expect(try client.post("/topics/r/1", "later").status == 200)
      #expect(eventually { second.output.messages == ["1 0 r/1 later"] })
    }

    @Test func `a payload is passed on byte for byte, whatever its type`() throws {
      let subscriber = try MosquittoClient.subscribe(
        to: ["bin"], on: broker, arguments: ["-F", "message %x"])
      let bytes: [UInt8] = [0x00, 0xFF, 0x0D, 0x0A, 0x7B, 0x80]
      for type in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
        let answer = try bridge.client.request(
          "POST", "/publish?topic=bin", headers: [("Content-Type", type)], body: bytes)
        #expect(answer.status == 200)
      }
      #expect(try bridge.client.request("POST", "/publish?topic=bin", body: []).status == 200)
      let expected = Array(repeating: "00ff0d0a7b80", count: 3) + [""]
      #expect(eventually { subscriber.output.messages == expected })
    }

    @Test func `a JSON payload keeps its exact text and an encoded one its bytes`() throws {
      let subscriber = try MosquittoClient.subscribe(
        to: ["doc/#"], on: broker, arguments: ["-V", "5", "-F", "message %C %x"])
      let json = [("Content-Type", "application/json")]
      let bodies = [
        #"{"topic":"doc/1","payload":{"c": 21.50, "e":1e2}}"#,
        #"{"topic":"doc/2","payload":"AP8=","payload_encoding":"base64","content_type":"x/y"}"#,
      ]
      for body in bodies {
        #expect(try bridge.client.post("/publish", body, headers: json).status == 200)
      }
      let text = #"{"c": 21.50, "e":1e2}"#.utf8.map { hex($0) }.joined()
      #expect(
        eventually {
          subscriber.output.messages == ["application/json \(text)", "x/y 00ff"]
        })
    }

    @Test func `MQTT 5 properties arrive from every place that can give them`() throws {
      let subscriber = try MosquittoClient.subscribe(
        to: ["p"], on: broker, arguments: ["-V", "5", "-F", "message %C|%D|%F|%P|%R|%p"])
      let expected = "text/csv|ABC|1|a:1 a:2|re/1|hi"
      let query =
        "topic=p&content_type=text/csv&correlation_data=QUJD&payload_format_indicator=1"
        + "&response_topic=re/1&user_properties=%5B%5B%22a%22,%221%22%5D,%5B%22a%22,%222%22%5D%5D"
      #expect(try bridge.client.post("/publish?\(query)", "hi").status == 200)
      let headers = [
        ("Mqtt-Topic", "p"), ("Content-Type", "text/csv"), ("Mqtt-Correlation-Data", "QUJD"),
        ("Mqtt-Payload-Format-Indicator", "1"), ("Mqtt-Response-Topic", "re%2F1"),
        ("Mqtt-User-Property", "a=1"), ("Mqtt-User-Property", "a=2"),
      ]
      #expect(try bridge.client.post("/publish", "hi", headers: headers).status == 200)
      let envelope = #"""
        {"topic":"p","payload":"hi","properties":{"content_type":"text/csv",
         "correlation_data":"QUJD","payload_format_indicator":1,"response_topic":"re/1",
         "user_properties":[{"a":"1"},["a","2"]]},"x_note":"ignored"}
        """#
      let json = [("Content-Type", "application/json")]
      #expect(try bridge.client.post("/publish", envelope, headers: json).status == 200)
      #expect(
        eventually { subscriber.output.messages == [expected, expected, expected] },
        "\(subscriber.output.messages)")
    }

    @Test func `the answer says whether anybody subscribed`() throws {
      let lonely = try bridge.client.post("/publish?topic=nobody", "x").json
      #expect(lonely.integer("reason_code") == 16)
      #expect(lonely.boolean("matching_subscribers") == false)
      let subscriber = try MosquittoClient.subscribe(to: ["somebody"], on: broker)
      let heard = try bridge.client.post("/publish?topic=somebody", "x").json
      #expect(heard.integer("reason_code") == 0)
      #expect(heard.boolean("matching_subscribers") == true)
      #expect(eventually { subscriber.output.messages.count == 1 })
    }

    @Test func `ack and Prefer decide what the answer waits for`() throws {
      let client = bridge.client
      let stored = try client.post("/publish?topic=a&ack=stored", "x")
      #expect(stored.status == 202)
      #expect(stored.header("preference-applied") == nil)
      let later = try client.post("/publish?topic=a", "x", headers: [("Prefer", "respond-async")])
      #expect(later.status == 202)
      #expect(later.header("preference-applied") == "respond-async")
      let waited = try client.post("/publish?topic=a", "x", headers: [("Prefer", "wait=3")])
      #expect(waited.status == 200)
      #expect(waited.header("preference-applied") == "wait=3")
      let none = try client.post("/publish?topic=a&qos=0&ack=none", "x")
      #expect(none.status == 200)
      #expect(try none.json.string("state") == "sent")
      let line = try client.post("/publish?topic=a", "x", headers: [("Accept", "text/plain")])
      #expect(line.text == (line.header("bridge-message-id") ?? "") + "\n")
    }

    @Test func `an accepted message can be asked for until it is done and afterwards`() throws {
      let subscriber = try lastingSubscriber("q")
      try broker.stop()
      let client = bridge.client
      let answer = try client.post("/publish?topic=q&qos=2&ack=stored", "x")
      #expect(answer.status == 202)
      let location = try #require(answer.header("location"))
      #expect(try client.get(location).json.string("state") == "queued")
      try broker.start()
      #expect(
        try eventually(within: .seconds(30)) {
          try client.get(location).json.string("state") == "acked"
        })
      #expect(try client.get(location).json.string("delivery") == "exact")
      #expect(eventually { subscriber.output.messages == ["2 0 q x"] })
      let unknown = try client.get("/messages/0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001")
      #expect(unknown.status == 404)
      #expect(try unknown.json.string("code") == "message-unknown")
    }

    @Test func `without a broker QoS 1 and 2 are kept and QoS 0 is refused`() throws {
      let subscriber = try lastingSubscriber("down/#")
      try broker.stop()
      #expect(
        try eventually {
          try bridge.health().object("broker")?.string("state") == "disconnected"
        })
      let client = bridge.client
      for qos in 1...2 {
        let answer = try client.post(
          "/publish?topic=down/\(qos)&qos=\(qos)", "x\(qos)", headers: [("Prefer", "wait=0")])
        #expect(answer.status == 202)
        #expect(try answer.json.string("state") == "queued")
      }
      let refused = try client.post("/publish?topic=down/0&qos=0", "x0")
      #expect(refused.status == 503)
      #expect(try refused.json.string("code") == "broker-unavailable")
      #expect(try refused.json.boolean("kept") == false)
      try broker.start()
      #expect(eventually(within: .seconds(30)) { subscriber.output.messages.count == 2 })
      #expect(subscriber.output.messages == ["1 0 down/1 x1", "2 0 down/2 x2"])
    }

    @Test func `what was answered 202 survives a crash of the bridge`() throws {
      let data = try TemporaryDirectory()
      let first = try RunningProgram(broker: broker.url, data: data)
      try first.waitForBroker()
      let subscriber = try lastingSubscriber("crash")
      try broker.stop()
      for number in 1...20 {
        let target = "/publish?topic=crash&qos=\(1 + number % 2)&ack=stored"
        #expect(try first.client.post(target, "\(number)").status == 202)
      }
      first.kill()
      let second = try RunningProgram(broker: broker.url, data: data)
      #expect(try second.health().object("store")?.integer("queue") == 20)
      try broker.start()
      #expect(eventually(within: .seconds(30)) { subscriber.output.messages.count == 20 })
      let odd = subscriber.output.messages.filter { $0.hasPrefix("2 ") }
      #expect(odd == stride(from: 1, to: 20, by: 2).map { "2 0 crash \($0)" })
      #expect(try eventually { try second.health().object("store")?.integer("queue") == 0 })
    }

    /// A subscriber whose session the broker keeps over a restart.
    private func lastingSubscriber(_ filter: String) throws -> ChildProcess {
      try MosquittoClient.subscribe(
        to: [filter], on: broker, arguments: ["-c", "-i", "lasting-subscriber"])
    }

    private func hex(_ byte: UInt8) -> String {
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
}
