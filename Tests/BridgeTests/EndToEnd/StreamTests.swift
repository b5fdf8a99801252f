import TestSupport
import Testing

extension EndToEnd {
  /// From the broker to event streams.
  @Suite struct StreamTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    /// Opens a stream and waits until the broker has answered for its filters.
    private func open(_ query: String) throws -> SSEReader {
      let reader = try bridge.client.stream("/subscribe?" + query)
      guard try reader.next()?.name == "bridge.open" else {
        throw TestFailure("the stream did not begin with bridge.open")
      }
      return reader
    }

    private func publish(_ payload: String, to topic: String, retain: Bool = false) throws {
      try MosquittoClient.publish(payload, to: topic, on: broker, retain: retain)
    }

    @Test func `a stream begins with its headers, a comment, a retry time and bridge.open`() throws
    {
      let reader = try bridge.client.stream("/subscribe?topic=a/%23&topic=b&qos=2")
      #expect(reader.response.status == 200)
      #expect(reader.response.header("content-type") == "text/event-stream; charset=utf-8")
      #expect(reader.response.header("cache-control") == "no-store, no-transform")
      #expect(reader.response.header("x-accel-buffering") == "no")
      #expect(reader.response.header("content-length") == nil)
      let open = try #require(try reader.next())
      #expect(open.name == "bridge.open")
      #expect(reader.comments == ["bridge"])
      #expect((1000...3000).contains(reader.retryMilliseconds ?? 0))
      let data = try open.json
      #expect(data.string("connection") == reader.response.header("bridge-connection-id"))
      let subscriptions = data.objects("subscriptions")
      #expect(subscriptions.map { $0.string("topic") } == ["a/#", "b"])
      #expect(subscriptions.map { $0.integer("granted_qos") } == [2, 2])
      let head = try bridge.client.request("HEAD", "/subscribe?topic=a")
      #expect(head.status == 200)
      #expect(head.header("content-type") == "text/event-stream; charset=utf-8")
    }

    @Test func `bridge.open waits until the broker has answered`() throws {
      try broker.stop()
      let reader = try bridge.client.stream("/subscribe?topic=late")
      #expect(reader.response.status == 200)
      #expect(throws: TestFailure.self) { try reader.next(within: .milliseconds(200)) }
      try broker.start()
      #expect(try reader.next(within: .seconds(30))?.name == "bridge.open")
      try publish("x", to: "late")
      #expect(try reader.messages(1).first?.json.string("payload") == "x")
    }

    @Test(arguments: [
      ("topic=w/%23", ["w", "w/1", "w/1/t", "w/2/t"]),
      ("topic=w/+/t", ["w/1/t", "w/2/t"]),
      ("topic=w/%2B/t", ["w/1/t", "w/2/t"]),
      ("topic=%2B", ["w", "v"]),
      ("topic=%23", ["w", "w/1", "v", "w/1/t", "v/1", "w/2/t"]),
      ("match=glob&topic=w/*/t", ["w/1/t", "w/2/t"]),
      ("match=glob&filter=w/**", ["w", "w/1", "w/1/t", "w/2/t"]),
      ("topic=w/%23&topic=w/+/t&topic=w/1/t", ["w", "w/1", "w/1/t", "w/2/t"]),
      ("topic=w/1/t&topic=%2B/%2B/t&topic=v", ["v", "w/1/t", "w/2/t"]),
    ])
    func `a stream gets each message of its filters once`(query: String, topics: [String]) throws {
      let reader = try open(query)
      for topic in ["w", "w/1", "v", "w/1/t", "v/1", "w/2/t"] { try publish("x", to: topic) }
      let events = try reader.messages(topics.count)
      #expect(try events.map { try $0.json.string("topic") ?? "" } == topics)
      // Another message that every query here matches ends what could still come.
      let last = topics[topics.count - 1]
      try publish("end", to: last)
      #expect(try reader.messages(1).first?.json.string("payload") == "end")
    }

    @Test func `first and late joiners get the retained messages once, and only they`() throws {
      try publish("old", to: "ret/1", retain: true)
      let first = try open("topic=ret/%23&topic=ret/1")
      let message = try #require(try first.messages(1).first).json
      #expect(message.string("payload") == "old")
      #expect(message.boolean("retain") == true)
      let late = try open("topic=ret/%23")
      #expect(try late.messages(1).first?.json.string("payload") == "old")
      let uninterested = try open("topic=ret/%23&retained=ignore")
      try publish("new", to: "ret/1")
      for reader in [first, late, uninterested] {
        let next = try #require(try reader.messages(1).first).json
        #expect(next.string("payload") == "new")
        #expect(next.boolean("retain") == false)
      }
    }

    @Test func `payloads that are not text come as base64`() throws {
      let reader = try open("topic=bin")
      let forced = try open("topic=bin&encoding=base64")
      let raw = try open("topic=bin&envelope=none")
      let bytes: [UInt8] = [0xFF, 0xD8, 0x00]
      #expect(try bridge.client.request("POST", "/topics/bin", body: bytes).status == 200)
      #expect(try bridge.client.post("/topics/bin", "täxt\n2").status == 200)
      let events = try reader.messages(2).map { try $0.json }
      #expect(events.map { $0.string("payload") } == ["/9gA", "täxt\n2"])
      #expect(events.map { $0.string("payload_encoding") } == ["base64", nil])
      #expect(
        try forced.messages(2).map { try $0.json.string("payload_encoding") } == [
          "base64", "base64",
        ])
      #expect(try raw.messages(2).map(\.data) == ["/9gA", "täxt\n2"])
    }

    @Test func `events carry the name that was asked for`() throws {
      let topic = try open("topic=n/%23&event=topic")
      let fixed = try open("topic=n/%23&event=reading")
      try publish("x", to: "n/1")
      #expect(try topic.next(named: "n/1")?.json.string("payload") == "x")
      #expect(try fixed.next(named: "reading")?.json.string("payload") == "x")
    }

    @Test func `a message has its properties, QoS and time`() throws {
      let reader = try open("topic=props")
      try MosquittoClient.publish(
        "x", to: "props", on: broker, qos: 2,
        arguments: [
          "-V", "5", "-D", "publish", "content-type", "text/plain", "-D", "publish",
          "user-property", "a", "1", "-D", "publish", "user-property", "a", "2",
          "-D", "publish", "response-topic", "re", "-D", "publish", "correlation-data", "ABC",
        ])
      let message = try #require(try reader.messages(1).first).json
      #expect(message.integer("qos") == 1)
      let time = try #require(message.string("received_at"))
      #expect(time.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/))
      let properties = try #require(message.object("properties"))
      #expect(properties.string("content_type") == "text/plain")
      #expect(properties.string("response_topic") == "re")
      #expect(properties.string("correlation_data") == "QUJD")
      #expect(properties.pairs("user_properties") == [["a", "1"], ["a", "2"]])
    }

    @Test func `streams of one filter share one subscription at the broker`() throws {
      let readers = try (0..<10).map { _ in try open("topic=shared/%23&retained=ignore") }
      try publish("x", to: "shared/1")
      for reader in readers { #expect(try reader.messages(1).count == 1) }
      #expect(broker.log.count { $0.contains("shared/# (QoS") } == 1)
    }

    @Test func `a filter that nobody needs is unsubscribed`() throws {
      let bridge = try RunningProgram(broker, flags: ["--unsubscribe-linger", "0s"])
      let reader = try bridge.client.stream("/subscribe?topic=gone/%23")
      #expect(try reader.next()?.name == "bridge.open")
      reader.close()
      #expect(eventually { broker.log.contains { $0.contains("Received UNSUBSCRIBE") } })
      #expect(try eventually { try bridge.health().object("streams")?.integer("open") == 0 })
    }

    @Test func `a stream of sixty filters works and one more than the limit is refused`() throws {
      let filters = (0..<60).map { "topic=many/\($0)" }
      let reader = try open(filters.joined(separator: "&"))
      try publish("x", to: "many/59")
      #expect(try reader.messages(1).first?.json.string("topic") == "many/59")
      let query = (0..<65).map { "topic=many/\($0)" }.joined(separator: "&")
      #expect(try bridge.client.get("/subscribe?" + query).status == 429)
    }

    @Test func `streams survive a restart of the broker and miss QoS 0 at most`() throws {
      let reader = try open("topic=back/%23&qos=2")
      try publish("before", to: "back/1")
      #expect(try reader.messages(1).first?.json.string("payload") == "before")
      try broker.restart()
      try publish("after", to: "back/1")
      let gap = try #require(try reader.next(within: .seconds(30)))
      #expect(gap.name == "bridge.gap")
      #expect(try gap.json.string("reason") == "broker_connection_lost")
      #expect(try gap.json.integer("qos") == 0)
      let next = try #require(try reader.next(within: .seconds(30)))
      #expect(next.name == "message")
      #expect(try next.json.string("payload") == "after")
    }

    @Test func `a broker that forgets the session leaves a gap in every stream`() throws {
      var options = Mosquitto.Options()
      options.keepsSessions = false
      let broker = try Mosquitto(options)
      let bridge = try RunningProgram(broker)
      let reader = try bridge.client.stream("/subscribe?topic=back/%23&retained=ignore")
      #expect(try reader.next()?.name == "bridge.open")
      try broker.restart()
      let gap = try #require(try reader.next(within: .seconds(30)))
      #expect(gap.name == "bridge.gap")
      #expect(try gap.json.string("reason") == "broker_session_lost")
      #expect(
        eventually { broker.log.contains { $0.contains("back/# (QoS") } },
        "the subscription is made again")
      try MosquittoClient.publish("after", to: "back/1", on: broker)
      #expect(try reader.messages(1).first?.json.string("payload") == "after")
    }

    @Test func `a client that does not keep up is told how much it missed`() throws {
      let bridge = try RunningProgram(broker, flags: ["--ring-bytes", "1MiB"])
      let reader = try bridge.client.stream(
        "/subscribe?topic=fast&envelope=none&policy=drop_oldest")
      #expect(try reader.next()?.name == "bridge.open")
      let client = bridge.client
      let filler = String(repeating: "x", count: 512 * 1024)
      for number in 0..<40 {
        #expect(try client.post("/topics/fast", "\(number) \(filler)").status == 200)
      }
      #expect(try client.post("/topics/fast", "end").status == 200)
      var received = 0
      var missed = 0
      while let event = try reader.next(within: .seconds(20)), event.data != "end" {
        switch event.name {
        case "bridge.gap":
          let gap = try event.json
          #expect(gap.string("reason") == "slow")
          #expect(gap.boolean("exact") == true)
          missed += gap.integer("missed") ?? 0
        default:
          #expect(event.data.hasPrefix("\(received + missed) "))
          received += 1
        }
      }
      #expect(missed > 0)
      #expect(received + missed == 40)
    }

    @Test func `a client that does not keep up gets everything from the log`() throws {
      let bridge = try RunningProgram(broker, flags: ["--ring-bytes", "1MiB"])
      let reader = try bridge.client.stream("/subscribe?topic=slow&envelope=none")
      #expect(try reader.next()?.name == "bridge.open")
      let filler = String(repeating: "x", count: 512 * 1024)
      for number in 0..<40 {
        #expect(try bridge.client.post("/topics/slow", "\(number) \(filler)").status == 200)
      }
      for number in 0..<40 {
        let event = try #require(try reader.next(within: .seconds(20)))
        #expect(event.data.hasPrefix("\(number) "))
      }
    }

    @Test func `a client that comes back gets what it missed, then what comes`() throws {
      let first = try open("topic=resume/%23&qos=2")
      try publish("1", to: "resume/a")
      let id = try #require(try first.messages(1).first?.json.string("id"))
      for payload in ["2", "3"] { try publish(payload, to: "resume/\(payload)") }
      let second = try bridge.client.stream(
        "/subscribe?topic=resume/%23&qos=2", headers: [("Last-Event-ID", id)])
      let opening = try #require(try second.next()).json
      #expect(opening.boolean("resumed") == true)
      #expect(opening.string("from") == id)
      #expect(opening.boolean("gap") == false)
      try publish("4", to: "resume/b")
      let payloads = try second.messages(3).map { try $0.json.string("payload") }
      #expect(payloads == ["2", "3", "4"])
    }

    @Test func `an id of another log resumes by time and says so`() throws {
      let reader = try bridge.client.stream(
        "/subscribe?topic=a", headers: [("Last-Event-ID", "k3f9-1-x")])
      let open = try #require(try reader.next()).json
      #expect(open.string("resumed") == "approximate")
      #expect(open.boolean("gap") == true)
      let answer = try bridge.client.get("/subscribe?topic=a&last_event_id=x")
      #expect(answer.status == 400)
    }

    @Test func `a killed bridge goes on where it was`() throws {
      let broker = try Mosquitto()
      let data = try TemporaryDirectory()
      let bridge = try RunningProgram(broker: broker.url, data: data)
      try bridge.waitForBroker()
      let reader = try bridge.client.stream("/subscribe?topic=kill/%23&qos=2")
      #expect(try reader.next()?.name == "bridge.open")
      #expect(try bridge.client.post("/publish?topic=kill/1&qos=2", "1").status == 200)
      let id = try #require(try reader.messages(1).first?.json.string("id"))
      bridge.kill()
      try MosquittoClient.publish("2", to: "kill/2", on: broker)
      let next = try RunningProgram(broker: broker.url, data: data)
      let resumed = try next.client.stream(
        "/subscribe?topic=kill/%23&qos=2", headers: [("Last-Event-ID", id)])
      #expect(try resumed.next()?.json.boolean("resumed") == true)
      var payloads: [String?] = []
      while payloads.count < 1, let event = try resumed.next(within: .seconds(20)) {
        if event.name == "message" { payloads.append(try event.json.string("payload")) }
      }
      #expect(payloads == ["2"])
    }

    @Test func `a filter whose hash was cut off is told so`() throws {
      let reader = try bridge.client.stream("/subscribe?topic=a/")
      let open = try #require(try reader.next()).json
      #expect(open.string("hint")?.contains("%23") == true)
    }

    @Test func `a silent stream is kept alive by comments`() throws {
      let reader = try open("topic=silence&heartbeat=5")
      #expect(throws: TestFailure.self) { try reader.next(within: .seconds(7)) }
      #expect(reader.comments.contains("hb"))
    }
  }
}
