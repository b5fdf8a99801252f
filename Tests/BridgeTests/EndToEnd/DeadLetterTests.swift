import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

extension EndToEnd {
  /// What becomes of messages that cannot be delivered, with a broker that does as it is told.
  @Suite struct DeadLetterTests {
    private func stored(
      _ bridge: RunningProgram, _ topic: String, _ payload: String = "x",
      headers: [(String, String)] = []
    ) throws -> String {
      let answer = try bridge.client.post(
        "/publish?topic=\(topic)&ack=stored", payload, headers: headers)
      guard answer.status == 202 else { throw TestFailure("not stored: \(answer.text)") }
      return answer.header("bridge-message-id") ?? ""
    }

    private func letters(_ bridge: RunningProgram, _ query: String = "") throws -> [JSONObject] {
      try bridge.adminClient.get("/admin/dead-letters\(query)").json.objects("dead_letters")
    }

    private func state(_ bridge: RunningProgram, _ id: String) throws -> String? {
      try bridge.client.get("/messages/\(id)?wait=30").json.string("state")
    }

    /// Refuses what is published to `refused` until it was published so often.
    private static func refusing(_ times: Int) throws -> MQTTClientTesting.ScriptedBroker {
      try MQTTClientTesting.ScriptedBroker { received in
        guard case .publish(let publish) = received.packet, publish.topic == "refused",
          let id = publish.packetID, received.index < times + 1
        else { return [.behave] }
        return [.send(.publishAck(PublishReply(id, .quotaExceeded)))]
      }
    }

    @Test func `a refusal that nobody waits for is listed, survives, and is retried`() throws {
      let broker = try Self.refusing(1)
      let data = try TemporaryDirectory()
      let first = try RunningProgram(broker: broker.url, data: data)
      let id = try stored(
        first, "refused&qos=1&message_expiry_interval=60", "hello",
        headers: [("Idempotency-Key", "a")])
      #expect(try state(first, id) == "rejected")
      #expect(try first.client.get("/messages/\(id)").json.integer("reason_code") == 0x97)
      first.kill()
      let bridge = try RunningProgram(broker: broker.url, data: data)
      let letter = try #require(try letters(bridge).first)
      #expect(letter.string("id") == id && letter.string("topic") == "refused")
      #expect(letter.integer("qos") == 1 && letter.integer("payload_bytes") == 5)
      #expect(letter.integer("reason_code") == 0x97 && letter.string("died_at") != nil)
      #expect(!letter.has("payload"))
      let detail = try bridge.adminClient.get("/admin/dead-letters/\(id)?preview=4").json
      #expect(detail.string("payload") == "hell")
      #expect(detail.object("properties")?.integer("message_expiry_interval") == 60)
      #expect(try state(bridge, id) == "rejected")
      let replay = try bridge.client.post(
        "/publish?topic=refused&qos=1&message_expiry_interval=60", "hello",
        headers: [("Idempotency-Key", "a")])
      #expect(replay.status == 503 && replay.header("idempotency-replayed") == "true")
      #expect(try replay.json.boolean("kept") == true && replay.json.string("id") == id)

      let retry = try bridge.adminClient.post("/admin/dead-letters/\(id)/retry", "")
      #expect(retry.status == 202)
      try bridge.waitForBroker()
      // The new connection's first packet is CONNECT, its next the message: refused once more.
      #expect(try state(bridge, id) == "rejected")
      #expect(try letters(bridge).map { $0.string("id") } == [id])
      #expect(try bridge.adminClient.post("/admin/dead-letters/\(id)/retry", "").status == 202)
      #expect(try state(bridge, id) == "acked")
      #expect(try letters(bridge).isEmpty)
      #expect(
        try bridge.adminClient.post("/admin/dead-letters/\(id)/retry", "").status == 404)
    }

    @Test func `dead letters are paged and deleted`() throws {
      let broker = try Self.refusing(.max - 1)
      let bridge = try RunningProgram(broker: broker.url, flags: ["--dead-letters", "4"])
      let ids = try (1...5).map { try stored(bridge, "refused&qos=1", "\($0)") }
      for id in ids { #expect(try state(bridge, id) == "rejected") }
      let page = try bridge.adminClient.get("/admin/dead-letters?limit=3").json
      #expect(page.objects("dead_letters").map { $0.string("id") } == [ids[4], ids[3], ids[2]])
      let cursor = try #require(page.string("next_cursor"))
      #expect(try letters(bridge, "?cursor=\(cursor)").map { $0.string("id") } == [ids[1]])
      let store = try #require(try bridge.health().object("store"))
      #expect(store.integer("dead_letters") == 4 && store.integer("dead_letters_dropped") == 1)
      let client = bridge.adminClient
      #expect(try client.request("DELETE", "/admin/dead-letters/\(ids[2])").status == 204)
      #expect(try client.request("DELETE", "/admin/dead-letters/\(ids[2])").status == 404)
      #expect(try client.request("DELETE", "/admin/dead-letters").status == 400)
      #expect(try letters(bridge).count == 3)
      #expect(try client.request("DELETE", "/admin/dead-letters?all=true").status == 204)
      #expect(try letters(bridge).isEmpty)
      #expect(try client.get("/admin/dead-letters/nonsense").status == 404)
      #expect(try client.get("/admin/dead-letters?limit=0").status == 400)
      #expect(try client.get("/admin/dead-letters?offset=1").status == 400)
    }

    @Test(arguments: [1, 2])
    func `a message over which the broker ends the connection dies, and the others go on`(
      qos: Int
    ) throws {
      let broker = try MQTTClientTesting.ScriptedBroker { received in
        if case .publish(let publish) = received.packet, publish.topic == "poison" {
          return [.reset]
        }
        return [.behave]
      }
      let bridge = try RunningProgram(broker: broker.url)
      try bridge.waitForBroker()
      let before = try stored(bridge, "good&qos=\(qos)")
      let poison = try stored(bridge, "poison&qos=\(qos)")
      let after = try stored(bridge, "good&qos=\(qos)")
      #expect(try state(bridge, poison) == "rejected")
      #expect(try state(bridge, before) == "acked")
      #expect(try state(bridge, after) == "acked")
      let letter = try #require(try letters(bridge).first)
      #expect(letter.string("id") == poison && letter.string("delivery") == "uncertain")
      #expect(letter.string("reason")?.contains("ended the connection") == true)
    }

    @Test(arguments: ["resend", "hold"])
    func `a message of a lost session goes out again, or is held`(choice: String) throws {
      let broker = try MQTTClientTesting.ScriptedBroker { received in
        received.type == .publish && received.connection == 1 ? [.reset] : [.behave]
      }
      let bridge = try RunningProgram(
        broker: broker.url + "?session_expiry=0", flags: ["--uncertain", choice])
      try bridge.waitForBroker()
      let request = try OpenRequest(
        bridge, "POST", "/topics/a?qos=2", headers: [("Prefer", "wait=60")], body: "x")
      let answer = try request.answer(within: .seconds(60))
      if choice == "resend" {
        #expect(answer.status == 200)
        #expect(try answer.json.string("delivery") == "uncertain")
        #expect(try letters(bridge).isEmpty)
      } else {
        #expect(answer.status == 502)
        #expect(try answer.json.string("code") == "delivery-uncertain")
        #expect(try answer.json.boolean("kept") == true)
        let letter = try #require(try letters(bridge).first)
        #expect(letter.string("reason") == "uncertain" && !letter.has("reason_code"))
        #expect(try letter.string("id") == answer.json.string("id"))
      }
      let health = try #require(try bridge.health().object("broker"))
      #expect(health.integer("uncertain_publishes") == 1)
    }

    @Test func `a message that the broker came to find too large dies, and the others go on`()
      throws
    {
      let broker = try MQTTClientTesting.ScriptedBroker { received in
        switch received.packet {
        case .connect:
          var ack = ConnectAck(sessionPresent: false, reasonCode: .success)
          ack.properties.maximumPacketSize = 100
          return [.send(.connectAck(ack))]
        case .publish(let publish):
          return publish.packetID.map { [.send(.publishAck(PublishReply($0)))] } ?? []
        default: return [.behave]
        }
      }
      broker.setAccepting(false)
      let bridge = try RunningProgram(broker: broker.url)
      let big = try stored(bridge, "big&qos=1", String(repeating: "x", count: 200))
      let small = try stored(bridge, "small&qos=1")
      broker.setAccepting(true)
      #expect(try state(bridge, big) == "rejected")
      #expect(try state(bridge, small) == "acked")
      #expect(try letters(bridge).map { $0.string("id") } == [big])
      let late = try bridge.client.post("/topics/big", String(repeating: "x", count: 200))
      #expect(late.status == 413)
    }
  }
}
