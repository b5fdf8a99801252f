import Glibc
import TestSupport
import Testing

extension EndToEnd {
  /// Named subscriptions across crashes and restarts: at least once.
  @Suite struct SubscriptionFaultTests {
    let broker: Mosquitto
    let data: TemporaryDirectory

    init() throws {
      broker = try Mosquitto()
      data = try TemporaryDirectory()
    }

    private func start(_ flags: String...) throws -> RunningProgram {
      let bridge = try RunningProgram(broker: broker.url, flags: flags, data: data)
      try bridge.waitForBroker()
      return bridge
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func `a bridge that ends and starts again gives what was not acknowledged`(
      signal: Int32
    ) throws {
      let first = try start()
      try first.subscribe("s", #"{"topics":["s/#"]}"#)
      let (reader, _) = try first.open("subscription=s")
      for payload in ["1", "2", "3"] { try first.publish(payload, to: "s/1", qos: 2) }
      let events = try reader.messages(3)
      try first.acknowledge("s", events[0].json.string("id"))
      first.process.signal(signal)
      first.process.waitForExit()
      try MosquittoClient.publish("4", to: "s/2", on: broker, qos: 1)
      try MosquittoClient.publish("5", to: "s/2", on: broker, qos: 2)
      let second = try start()
      try MosquittoClient.publish("6", to: "s/3", on: broker)
      let (again, _) = try second.open("subscription=s")
      let given = try again.messages(5)
      #expect(try given.map { try $0.json.string("payload") } == ["2", "3", "4", "5", "6"])
      try second.acknowledge("s", given[4].json.string("id"))
      #expect(try second.subscription("s").integer("behind") == 0)
    }

    @Test(arguments: [true, false])
    func `a broker that restarts loses nothing for it`(isKilled: Bool) throws {
      let bridge = try start()
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      let (reader, _) = try bridge.open("subscription=s")
      try bridge.publish("1", to: "s")
      #expect(try reader.payloads(1) == ["1"])
      if isKilled {
        // It saves once a second; the session must be on its disk.
        #expect(eventually { broker.log.count { $0.contains("Saving in-memory database") } > 1 })
        try broker.kill()
      } else {
        try broker.stop()
      }
      try broker.start()
      try MosquittoClient.publish("2", to: "s", on: broker)
      #expect(try reader.payloads(1) == ["2"])
    }

    @Test func `the terms survive a restart`() throws {
      let first = try start()
      try first.subscribe("s", #"{"topics":["s"]}"#)
      try first.subscribe("s", #"{"topics":["s","t/+"],"qos":1,"max_age":"2h","shared":true}"#)
      try first.subscribe("gone", #"{"topics":["s"]}"#)
      #expect(try first.client.request("DELETE", "/subscriptions/gone").status == 204)
      let before = try first.subscription("s").string("created_at")
      first.kill()
      let second = try start()
      let read = try second.subscription("s")
      #expect(read.members["topics"] as? [String] == ["s", "t/+"])
      #expect(read.integer("qos") == 1)
      #expect(read.string("max_age") == "2h")
      #expect(read.boolean("shared") == true)
      #expect(read.string("created_at") == before)
      #expect(try second.client.get("/subscriptions/gone").status == 404)
    }

    @Test func `an acknowledgement is not undone by a change that came while it was noted`() throws
    {
      let first = try start()
      try first.subscribe("s", #"{"topics":["s"]}"#)
      for payload in ["1", "2"] { try first.publish(payload, to: "s") }
      let (reader, _) = try first.open("subscription=s")
      let id = try reader.messages(2)[0].json.string("id")
      // The broker grants the new filter late, and the acknowledgement comes first.
      broker.pause()
      let change = try OpenRequest(
        first, "PUT", "/subscriptions/s", body: #"{"topics":["s","t"]}"#)
      try first.acknowledge("s", id)
      broker.resume()
      #expect(try change.answer().status == 200)
      first.kill()
      let second = try start()
      #expect(try second.open("subscription=s").reader.payloads(1) == ["2"])
    }

    @Test func `messages wait for it longer than history keeps the others, and not forever`() throws
    {
      let bridge = try start("--history-age", "1s")
      try bridge.subscribe("long", #"{"topics":["a"],"max_age":"1h"}"#)
      try bridge.publish("1", to: "a")
      #expect(
        try !eventually(within: .seconds(4)) {
          // Each new event removes some that are too old.
          try bridge.publish("other", to: "a")
          return try bridge.client.get("/history?topic=a&limit=1").json.objects("messages")
            .first?.string("payload") != "1"
        })
      try bridge.subscribe("long", #"{"topics":["a"],"max_age":"1s"}"#)
      #expect(
        try eventually(within: .seconds(20)) {
          try bridge.publish("other", to: "a")
          return try bridge.client.get("/history?topic=a&limit=1").json.objects("messages")
            .first?.string("payload") != "1"
        })
      let (reader, opening) = try bridge.open("subscription=long")
      #expect(opening.boolean("gap") == true)
      let gap = try #require(try reader.next())
      #expect(gap.name == "bridge.gap")
      #expect(try gap.json.string("reason") == "history_expired")
      #expect(try gap.json.boolean("exact") == false)
      #expect(try reader.messages(1).first?.json.string("payload") == "other")
    }

    @Test func `a consumer is told when history no longer keeps its topics`() throws {
      let first = try start()
      try first.subscribe("s", #"{"topics":["s"]}"#)
      first.kill()
      let second = try start("--history", "none")
      let (reader, opening) = try second.open("subscription=s")
      #expect(opening.boolean("gap") == true)
      #expect(try reader.next()?.json.string("reason") == "no_history")
      let refused = try second.put("t", #"{"topics":["t"]}"#)
      #expect(refused.status == 400)
      #expect(try refused.json.string("detail")?.contains("history") == true)
    }

    @Test func `without a broker only a change that needs none is made`() throws {
      let bridge = try start()
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      try broker.stop()
      #expect(
        try eventually { try bridge.health().object("broker")?.string("state") != "connected" })
      let refused = try bridge.put("t", #"{"topics":["t"]}"#)
      #expect(refused.status == 503)
      #expect(try refused.json.string("code") == "broker-unavailable")
      #expect(refused.header("retry-after") != nil)
      #expect(try bridge.put("s", #"{"topics":["s"],"max_age":"1h"}"#).status == 200)
      #expect(try bridge.client.request("DELETE", "/subscriptions/s").status == 204)
    }
  }
}
