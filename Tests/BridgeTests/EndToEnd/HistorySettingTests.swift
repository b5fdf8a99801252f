import TestSupport
import Testing

extension EndToEnd {
  /// The settings `record`, `history` and `history_except`, and what streams then say.
  @Suite struct HistorySettingTests {
    let broker: Mosquitto

    init() throws { broker = try Mosquitto() }

    @Test func `what record names is kept without a stream, also before the first one`() throws {
      let bridge = try RunningProgram(
        broker, flags: ["--record", "r/#", "--unsubscribe-linger", "0s"])
      #expect(eventually { broker.log.contains { $0.contains("r/# (QoS") } })
      try bridge.publish("1", to: "r/1")
      let (reader, opening) = try bridge.open("topic=r/1&since=all")
      #expect(opening.boolean("gap") == false)
      let id = try #require(try reader.messages(1).first?.json.string("id"))
      reader.close()
      try bridge.publish("2", to: "r/1")
      #expect(try eventually { try bridge.health().object("streams")?.integer("open") == 0 })
      let (again, resumed) = try bridge.open("topic=r/1", after: id)
      #expect(resumed.boolean("resumed") == true)
      #expect(resumed.boolean("gap") == false, "a recorded filter misses nothing")
      #expect(try again.payloads(1) == ["2"])
    }

    @Test func `a filter that was not subscribed meanwhile is told so`() throws {
      let bridge = try RunningProgram(broker, flags: ["--unsubscribe-linger", "0s"])
      let (reader, _) = try bridge.open("topic=u")
      try bridge.publish("1", to: "u")
      let id = try #require(try reader.messages(1).first?.json.string("id"))
      reader.close()
      #expect(eventually { broker.log.contains { $0.contains("Received UNSUBSCRIBE") } })
      try bridge.publish("2", to: "u")
      let (again, opening) = try bridge.open("topic=u", after: id)
      #expect(opening.boolean("gap") == true)
      #expect(try again.next()?.json.string("reason") == "not_subscribed")
      try bridge.publish("3", to: "u")
      #expect(try again.payloads(1) == ["3"])
    }

    @Test func `without history events have no id, and who resumes is told`() throws {
      let bridge = try RunningProgram(broker, flags: ["--history", "none"])
      let (reader, _) = try bridge.open("topic=n")
      try bridge.publish("1", to: "n")
      let event = try #require(try reader.messages(1).first)
      #expect(try event.json.string("payload") == "1")
      #expect(try event.json.has("id") == false)
      #expect(event.id == nil)
      #expect(try bridge.client.get("/history?topic=n").json.objects("messages").isEmpty)
      let (again, opening) = try bridge.open("topic=n", after: "k3f9-1-x")
      #expect(opening.boolean("gap") == true)
      var reasons: [String?] = []
      while !reasons.contains("no_history"), let gap = try again.next() {
        #expect(gap.name == "bridge.gap")
        reasons.append(try gap.json.string("reason"))
      }
      try bridge.publish("2", to: "n")
      #expect(try again.payloads(1) == ["2"])
      let paced = try bridge.client.get("/subscribe?topic=n&max_rate=1")
      #expect(paced.status == 400)
      #expect(try paced.json.string("hint")?.contains("history") == true)
    }

    @Test func `topics that are excepted are live only, the others are kept`() throws {
      let bridge = try RunningProgram(
        broker, flags: ["--history", "k/#", "--history-except", "k/not/#"])
      let (reader, _) = try bridge.open("topic=k/%23")
      try bridge.publish("1", to: "k/a")
      try bridge.publish("2", to: "k/not/a")
      try bridge.publish("3", to: "k/a")
      let events = try reader.messages(3).map { try $0.json }
      #expect(events.map { $0.string("payload") } == ["1", "2", "3"])
      #expect(events.map { $0.has("id") } == [true, false, true])
      let kept = try bridge.client.get("/history?topic=%23").json.objects("messages")
      #expect(kept.map { $0.string("payload") } == ["1", "3"])
      let id = try #require(events[0].string("id"))
      let (mixed, opening) = try bridge.open("topic=k/%23", after: id)
      #expect(opening.boolean("gap") == true)
      #expect(try mixed.next()?.json.string("reason") == "no_history")
      #expect(try mixed.payloads(1) == ["3"])
      #expect(try bridge.open("topic=k/a", after: id).opening.boolean("gap") == false)
      #expect(try bridge.put("s", #"{"topics":["k/a"]}"#).status == 201)
      #expect(try bridge.put("t", #"{"topics":["k/a/+"]}"#).status == 201)
      // `k/not` is one of `k/not/#`.
      #expect(try bridge.put("u", #"{"topics":["k/+"]}"#).status == 400)
      #expect(try bridge.put("v", #"{"topics":["k/#"]}"#).status == 400)
    }
  }
}
