import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

extension EndToEnd {
  /// Waiting for the end of a message, and the order of messages on their way.
  @Suite struct MessageStateTests {
    @Test func `a look-up waits for the end of its message`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      broker.pause()
      defer { broker.resume() }
      let stored = try bridge.client.post("/topics/a?qos=2&ack=stored", "x")
      let location = try #require(stored.header("location"))
      let waiting = try OpenRequest(bridge, "GET", location + "?wait=60")
      let polite = try OpenRequest(bridge, "GET", location, headers: [("Prefer", "wait=60")])
      let short = try bridge.client.get(location + "?wait=1")
      #expect(["queued", "sent"].contains(try short.json.string("state")))
      broker.resume()
      let first = try waiting.answer()
      #expect(try first.json.string("state") == "acked")
      #expect(first.header("preference-applied") == nil)
      let second = try polite.answer()
      #expect(try second.json.string("state") == "acked")
      #expect(second.header("preference-applied") == "wait=60")
      let late = try bridge.client.get(location + "?wait=60")
      #expect(try late.json.string("state") == "acked")
    }

    @Test func `a look-up that waits is answered when the bridge stops`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      try broker.stop()
      let stored = try bridge.client.post("/topics/a?ack=stored", "x")
      let location = try #require(stored.header("location"))
      let waiting = try OpenRequest(bridge, "GET", location + "?wait=600")
      for query in ["?wait=-1", "?wait=3601", "?wait=x", "?wait=1&wait=1", "?weit=1"] {
        #expect(try bridge.client.get(location + query).status == 400)
      }
      bridge.process.signal(15)
      let answer = try waiting.answer()
      #expect([200, 503].contains(answer.status))
      if answer.status == 200 { #expect(try answer.json.string("state") == "queued") }
      #expect(bridge.process.waitForExit(within: .seconds(20)) == .status(0))
    }

    @Test(arguments: [1, 2])
    func `messages of a topic keep their order through lost connections and a crash`(
      qos: Int
    ) throws {
      let broker = try MQTTClientTesting.ScriptedBroker { received in
        received.connection < 4 && received.index == 8 ? [.reset] : [.behave]
      }
      broker.setAccepting(false)
      let data = try TemporaryDirectory()
      let url = broker.url + "?backoff_maximum=1s"
      let first = try RunningProgram(broker: url, data: data)
      for number in 1...30 {
        let answer = try first.client.post("/topics/t?qos=\(qos)&ack=stored", "\(number)")
        #expect(answer.status == 202)
      }
      broker.setAccepting(true)
      try first.waitForBroker()
      first.kill()
      let second = try RunningProgram(broker: url, data: data)
      #expect(
        try eventually(within: .seconds(60)) {
          try second.health().object("store")?.integer("queue") == 0
        })
      var seen: [String] = []
      for case .publish(let publish) in broker.packets.map(\.packet) {
        let payload = String(decoding: publish.payload, as: UTF8.self)
        if !seen.contains(payload) { seen.append(payload) }
      }
      #expect(seen == (1...30).map { "\($0)" })
    }
  }
}
