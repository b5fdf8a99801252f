import TestSupport
import Testing

extension EndToEnd {
  /// Named subscriptions whose consumers divide the messages.
  @Suite struct SharedConsumerTests {
    let broker: Mosquitto
    let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
      try bridge.subscribe("s", #"{"topics":["s/#"],"shared":true}"#)
    }

    private func publish(_ numbers: Range<Int>) throws {
      for number in numbers { try bridge.publish("\(number)", to: "s/1") }
    }

    @Test func `each message goes to one of the consumers`() throws {
      let readers = try (0..<3).map { _ in try bridge.open("subscription=s&auto_ack=true").reader }
      try publish(0..<60)
      var received: [String] = []
      _ = eventually(within: .seconds(20)) {
        for reader in readers {
          while let event = try? reader.next(within: .milliseconds(20)) {
            received.append((try? event.json.string("payload")) ?? "")
          }
        }
        return received.count >= 60
      }
      #expect(received.compactMap { Int($0) }.sorted() == Array(0..<60))
    }

    @Test func `what a consumer leaves unacknowledged goes to another one`() throws {
      let (first, _) = try bridge.open("subscription=s")
      try publish(0..<5)
      let events = try first.messages(5)
      try bridge.acknowledge("s", events[1].json.string("id"), events[3].json.string("id"))
      let (second, _) = try bridge.open("subscription=s")
      first.close()
      #expect(try second.payloads(3) == ["0", "2", "4"])
      #expect(try bridge.subscription("s").integer("unacknowledged") == 3)
    }

    @Test func `who holds as much as it may gets more as soon as it acknowledges`() throws {
      let (reader, _) = try bridge.open("subscription=s")
      try publish(0..<300)
      let held = try reader.messages(256).map { try $0.json.string("id") ?? "" }
      #expect(throws: TestFailure.self) { try reader.next(within: .milliseconds(300)) }
      for id in held { try bridge.acknowledge("s", id) }
      #expect(try reader.payloads(44) == (256..<300).map(String.init))
    }

    @Test func `a paced consumer gets no more than its rate at a time`() throws {
      try publish(0..<10)
      let (slow, _) = try bridge.open("subscription=s&max_rate=1")
      #expect(try slow.payloads(1) == ["0"])
      let (fast, _) = try bridge.open("subscription=s")
      #expect(try fast.payloads(5).count == 5)
    }

    @Test func `a subscription that is no longer shared begins with what is unacknowledged`() throws
    {
      let (first, _) = try bridge.open("subscription=s")
      try publish(0..<3)
      let events = try first.messages(3)
      try bridge.acknowledge("s", events[0].json.string("id"))
      try bridge.subscribe("s", #"{"topics":["s/#"]}"#)
      let close = try #require(try first.next(named: "bridge.close"))
      #expect(try close.json.string("reason") == "subscription_changed")
      let (second, _) = try bridge.open("subscription=s")
      #expect(try second.payloads(2) == ["1", "2"])
    }

    @Test func `a restart gives again what was not acknowledged`() throws {
      let data = try TemporaryDirectory()
      let before = try RunningProgram(broker: broker.url, data: data)
      try before.waitForBroker()
      try before.subscribe("t", #"{"topics":["t"],"shared":true}"#)
      let (first, _) = try before.open("subscription=t")
      for number in 0..<4 { try before.publish("\(number)", to: "t") }
      let events = try first.messages(4)
      try before.acknowledge("t", events[0].json.string("id"))
      before.kill()
      let after = try RunningProgram(broker: broker.url, data: data)
      let (second, _) = try after.open("subscription=t")
      #expect(try second.payloads(3) == ["1", "2", "3"])
    }
  }
}
