import TestSupport
import Testing
import WebSocketProtocol

extension EndToEnd {
  /// Named subscriptions that are consumed on `GET /ws`.
  @Suite struct SocketConsumerTests {
    private let broker: Mosquitto
    private let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    /// A socket that consumes a subscription, and what it was told.
    private func consumer(
      _ name: String, _ more: String = "", on other: RunningProgram? = nil
    ) throws -> (socket: SocketClient, opening: JSONObject) {
      let socket = try SocketClient(other ?? bridge)
      let answer = try socket.ask(#"{"op":"subscribe","ref":1,"subscription":"\#(name)"\#(more)}"#)
      guard answer.integer("status") == 200 else { throw TestFailure("\(answer.members)") }
      return (socket, answer)
    }

    private func consumers(of name: String) throws -> Int? {
      try bridge.subscription(name).integer("consumers")
    }

    /// The next messages as pairs of payload and id.
    private func messages(_ count: Int, _ socket: SocketClient) throws -> [(String, String)] {
      try (0..<count).map { _ in
        let message = try socket.next("message")
        return (message.string("payload") ?? "", message.string("id") ?? "")
      }
    }

    private func acknowledge(_ id: String, _ socket: SocketClient) throws {
      let answer = try socket.ask(#"{"op":"ack","ref":"a","id":"\#(id)"}"#)
      #expect(answer.integer("status") == 204, "\(answer.members)")
    }

    @Test func `a consumer that is killed, or its bridge, goes on behind what it acknowledged`()
      throws
    {
      let data = try TemporaryDirectory()
      let before = try RunningProgram(broker: broker.url, data: data)
      try before.waitForBroker()
      try before.subscribe("s", #"{"topics":["s/#"]}"#)
      for number in 1...3 { try before.publish("\(number)", to: "s/x") }
      let (first, opening) = try consumer("s", on: before)
      #expect(opening.integer("ref") == 1 && opening.boolean("resumed") == true)
      #expect(opening.objects("subscriptions").map { $0.string("topic") } == ["s/#"])
      let given = try messages(3, first)
      #expect(given.map(\.0) == ["1", "2", "3"])
      try acknowledge(given[0].1, first)
      first.peer.socket.close(reset: true)
      #expect(try eventually { try before.subscription("s").integer("consumers") == 0 })
      let (second, _) = try consumer("s", on: before)
      #expect(try messages(2, second).map(\.0) == ["2", "3"])
      try acknowledge(given[1].1, second)
      try before.publish("4", to: "s/x")
      #expect(try messages(1, second).map(\.0) == ["4"])
      before.kill()
      let after = try RunningProgram(broker: broker.url, data: data)
      try after.waitForBroker()
      let (third, _) = try consumer("s", on: after)
      #expect(try messages(2, third).map(\.0) == ["3", "4"])
      try after.publish("5", to: "s/x")
      #expect(try messages(1, third).map(\.0) == ["5"])
    }

    @Test func `with auto_ack what the socket took is acknowledged, and nothing before that`()
      throws
    {
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      for number in 0..<50 { try bridge.publish("\(number)", to: "s") }
      try bridge.publish("other", to: "t")
      let (first, _) = try consumer("s", #","auto_ack":true"#)
      let given = try messages(50, first)
      #expect(given.map(\.0) == (0..<50).map(String.init))
      #expect(
        try eventually {
          let cursor = try bridge.subscription("s").string("cursor") ?? ""
          return given[49].1.hasPrefix(cursor + "-") || cursor > given[49].1
        })
      first.peer.socket.close(reset: true)
      #expect(try eventually { try consumers(of: "s") == 0 })
      try bridge.publish("50", to: "s")
      let (second, _) = try consumer("s")
      #expect(try messages(1, second).map(\.0) == ["50"])
    }

    @Test func `there is one consumer at a time, of whatever kind, and another takes over`() throws
    {
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      let (first, _) = try consumer("s")
      let other = try SocketClient(bridge)
      let refused = try other.ask(#"{"op":"subscribe","ref":2,"subscription":"s"}"#)
      #expect(refused.integer("status") == 409)
      #expect(refused.object("problem")?.string("code") == "subscription-in-use")
      #expect(try bridge.client.get("/subscribe?subscription=s").status == 409)
      let taken = try other.ask(#"{"op":"subscribe","ref":3,"subscription":"s","takeover":true}"#)
      #expect(taken.integer("status") == 200)
      let close = try first.next("close")
      #expect(close.string("reason") == "taken_over" && close.boolean("reconnect") == false)
      #expect(try first.closeStatus()?.code == .normal)
      let (stream, _) = try bridge.open("subscription=s&takeover=true")
      #expect(try other.next("close").string("reason") == "taken_over")
      let (last, _) = try consumer("s", #","takeover":true"#)
      #expect(try stream.next(named: "bridge.close")?.json.string("reason") == "taken_over")
      try bridge.publish("x", to: "s")
      #expect(try messages(1, last).map(\.0) == ["x"])
      #expect(try consumers(of: "s") == 1)
      #expect(try bridge.client.request("DELETE", "/subscriptions/s").status == 204)
      #expect(try last.next("close").string("reason") == "subscription_deleted")
    }

    @Test func `consumers of a shared one divide its messages, and what one leaves goes on`() throws
    {
      try bridge.subscribe("s", #"{"topics":["s"],"shared":true}"#)
      let (first, _) = try consumer("s")
      for number in 0..<5 { try bridge.publish("\(number)", to: "s") }
      let given = try messages(5, first)
      try acknowledge(given[1].1, first)
      let (second, _) = try consumer("s")
      #expect(try consumers(of: "s") == 2)
      first.peer.socket.close(reset: true)
      let rest = try messages(4, second)
      #expect(rest.map(\.0) == ["0", "2", "3", "4"])
      for (_, id) in rest { try acknowledge(id, second) }
      #expect(try bridge.subscription("s").integer("unacknowledged") == 0)
    }

    @Test func `a socket that has followed topics can consume when it follows none`() throws {
      try bridge.subscribe("s", #"{"topics":["s/#"]}"#)
      let socket = try SocketClient(bridge)
      _ = try socket.ask(#"{"op":"subscribe","topics":["s/#","t"]}"#)
      try bridge.publish("1", to: "s/x")
      #expect(try socket.payloads(1) == ["1"])
      let both = try socket.ask(#"{"op":"subscribe","ref":1,"subscription":"s"}"#)
      #expect(both.object("problem")?.string("code") == "bad-parameter")
      _ = try socket.ask(#"{"op":"unsubscribe","topics":["s/#","t"]}"#)
      let answer = try socket.ask(#"{"op":"subscribe","subscription":"s","max_rate":1000}"#)
      #expect(answer.integer("status") == 200)
      #expect(try socket.payloads(1) == ["1"])
      try bridge.publish("2", to: "s/x")
      #expect(try socket.payloads(1) == ["2"])
      let page = try bridge.adminClient.get("/admin/connections").json.objects("connections")
      #expect(page.first?.string("subscription") == "s" && page.first?.texts("topics") == ["s/#"])
      for wanted in [#""topics":["u"]"#, #""subscription":"s","takeover":true"#] {
        let more = try socket.ask(#"{"op":"subscribe","ref":2,\#(wanted)}"#)
        #expect(more.object("problem")?.string("code") == "bad-parameter", "\(wanted)")
      }
      #expect(try socket.ask(#"{"op":"ack","id":"x"}"#).integer("status") == 400)
      try bridge.publish("3", to: "s/x")
      #expect(try socket.payloads(1) == ["3"])
    }

    @Test func `what does not go with a subscription is refused`() throws {
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      let socket = try SocketClient(bridge)
      let cases: [(String, Int, String)] = [
        (#""subscription":"none""#, 404, "subscription-unknown"),
        (#""subscription":"s","topics":["a"]"#, 400, "bad-parameter"),
        (#""subscription":"s","since":"1h""#, 400, "bad-parameter"),
        (#""subscription":"s","policy":"conflate""#, 400, "bad-parameter"),
        (#""topics":["a"],"takeover":true"#, 400, "bad-parameter"),
        (#""topics":["a"],"auto_ack":true"#, 400, "bad-parameter"),
      ]
      for (fields, status, code) in cases {
        let answer = try socket.ask(#"{"op":"subscribe","ref":1,\#(fields)}"#)
        #expect(answer.integer("status") == status, "\(fields)")
        #expect(answer.object("problem")?.string("code") == code, "\(fields)")
      }
      #expect(try consumers(of: "s") == 0)
    }

    @Test func `without an envelope a message is its payload, byte for byte`() throws {
      try bridge.subscribe("s", #"{"topics":["s"]}"#)
      let payloads: [[UInt8]] = [
        [0xFF, 0x00, 0x0A], Array(#"{"op":"close"}"#.utf8), Array("é".utf8),
      ]
      let socket = try SocketClient(bridge)
      let refused = try socket.ask(
        #"{"op":"subscribe","topics":["s"],"envelope":"none","encoding":"text"}"#)
      #expect(refused.object("problem")?.string("code") == "bad-parameter")
      _ = try socket.ask(#"{"op":"subscribe","topics":["s"],"envelope":"none"}"#)
      for payload in payloads {
        #expect(try bridge.client.request("POST", "/publish?topic=s", body: payload).status == 200)
        let message = try socket.peer.nextMessage()
        #expect(message?.kind == .binary && message.map { Array($0.bytes) } == payload)
      }
      // What comes from the log is several messages in one piece.
      let (consumer, _) = try consumer("s", #","envelope":"none","auto_ack":true"#)
      for payload in payloads {
        let message = try consumer.peer.nextMessage()
        #expect(message?.kind == .binary && message.map { Array($0.bytes) } == payload)
      }
    }
  }
}
