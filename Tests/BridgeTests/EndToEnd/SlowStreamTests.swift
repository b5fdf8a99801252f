import TestSupport
import Testing

extension EndToEnd {
  /// Clients that read late, and streams with a pace.
  @Suite struct SlowStreamTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker, flags: ["--ring-bytes", "1MiB"])
    }

    private static let filler = String(repeating: "x", count: 512 * 1024)

    /// Publishes more than sockets and memory hold, to four topics in turn.
    private func flood(_ topic: String) throws {
      for number in 0..<40 {
        try bridge.publish("\(number) \(Self.filler)", to: "\(topic)/\(number % 4)")
      }
    }

    /// The number that a payload begins with; streams here are without envelopes, which are slow to read.
    private func number(_ event: SSEEvent) -> Int { Int(event.data.prefix { $0 != " " }) ?? -1 }

    @Test func `conflate gives the newest message of each topic and skips others`() throws {
      let (reader, _) = try bridge.open("topic=c/%23&policy=conflate&envelope=none")
      try flood("c")
      var last: [Int: Int] = [:]
      var count = 0
      while last.values.sorted() != [36, 37, 38, 39] {
        let event = try #require(try reader.next(within: .seconds(20)))
        #expect(event.name == "message")
        let number = self.number(event)
        #expect(number > last[number % 4, default: -1], "each topic stays in order")
        last[number % 4] = number
        count += 1
      }
      #expect(count < 40)
      try bridge.publish("40 end", to: "c/0")
      let end = try #require(try reader.next())
      #expect(number(end) == 40)
    }

    @Test func `disconnect closes the stream, which resumes without a loss`() throws {
      let (reader, _) = try bridge.open("topic=d/%23&policy=disconnect&envelope=none")
      try flood("d")
      var numbers: [Int] = []
      while let event = try reader.next(within: .seconds(20)) {
        if event.name == "message" { numbers.append(number(event)) }
        guard event.name == "bridge.close" else { continue }
        #expect(try event.json.string("reason") == "slow")
        #expect(try event.json.boolean("reconnect") == true)
      }
      #expect(numbers.count < 40)
      let (again, opening) = try bridge.open("topic=d/%23&envelope=none", after: reader.lastEventID)
      #expect(opening.boolean("resumed") == true)
      while numbers.count < 40 { numbers.append(try number(again.messages(1)[0])) }
      #expect(numbers == Array(0..<40))
    }

    @Test func `a consumer that reads late gets everything`() throws {
      try bridge.subscribe("s", #"{"topics":["s/#"]}"#)
      let (reader, _) = try bridge.open("subscription=s&envelope=none")
      try flood("s")
      #expect(try reader.messages(40).map(number) == Array(0..<40))
    }

    @Test func `topics that history does not keep are skipped with a number`() throws {
      let bridge = try RunningProgram(
        broker, flags: ["--ring-bytes", "1MiB", "--history-except", "n/#"])
      let (reader, _) = try bridge.open("topic=n/%23&envelope=none")
      for number in 0..<40 { try bridge.publish("\(number) \(Self.filler)", to: "n/1") }
      try bridge.publish("40 end", to: "n/1")
      var expected = 0
      while expected <= 40, let event = try reader.next(within: .seconds(20)) {
        if event.name == "bridge.gap" {
          #expect(try event.json.string("reason") == "slow")
          #expect(try event.json.boolean("exact") == true)
          expected += try event.json.integer("missed") ?? 0
        } else {
          #expect(number(event) == expected)
          expected += 1
        }
      }
      #expect(expected == 41)
    }

    @Test func `a paced stream gets everything in order, also what comes later`() throws {
      let (live, _) = try bridge.open("topic=p&envelope=none")
      for number in 0..<20 { try bridge.publish("\(number)", to: "p") }
      _ = try live.messages(20)
      let (reader, _) = try bridge.open("topic=p&since=all&max_rate=15&envelope=none")
      #expect(try reader.messages(20).map(number) == Array(0..<20))
      try bridge.publish("20", to: "p")
      #expect(try reader.messages(1).map(number) == [20])
    }

    @Test func `a paced stream that conflates is a sample`() throws {
      let (live, _) = try bridge.open("topic=p/%23&envelope=none")
      for number in 0..<21 { try bridge.publish("\(number)", to: "p/\(number % 2)") }
      _ = try live.messages(21)
      let (reader, _) = try bridge.open(
        "topic=p/%23&since=all&policy=conflate&max_rate=1&envelope=none")
      #expect(try reader.messages(2).map(number) == [19, 20])
    }

    @Test func `a pace does not go with policies about memory`() throws {
      for policy in ["drop_oldest", "disconnect"] {
        let answer = try bridge.client.get("/subscribe?topic=a&max_rate=1&policy=\(policy)")
        #expect(answer.status == 400)
        #expect(try answer.json.string("code") == "bad-parameter")
      }
    }
  }
}
