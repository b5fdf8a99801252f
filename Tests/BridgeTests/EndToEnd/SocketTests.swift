import TestSupport
import Testing
import WebSocketProtocol

extension EndToEnd {
  /// `GET /ws` with a real broker.
  @Suite struct SocketTests {
    private let broker: Mosquitto
    private let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker)
    }

    @Test func `a socket publishes and gets what it subscribed to, each message once`() throws {
      let socket = try SocketClient(bridge)
      #expect(socket.peer.subprotocol == "bridge.v1.json")
      #expect(socket.opening.string("connection")?.hasPrefix("s-") == true)
      let granted = try socket.ask(
        #"{"op":"subscribe","ref":1,"topics":["a/#","a/+"],"qos":2}"#)
      #expect(granted.integer("ref") == 1 && granted.integer("status") == 200)
      #expect(granted.objects("subscriptions").map { $0.integer("granted_qos") } == [2, 2])
      let published = try socket.ask(
        #"{"op":"publish","ref":"p","topic":"a/b","payload":{"c":21.50},"qos":1}"#)
      #expect(published.string("ref") == "p" && published.integer("status") == 200)
      #expect(published.string("state") == "acked")
      #expect(published.string("id") != nil)
      let message = try socket.next("message")
      #expect(message.string("topic") == "a/b")
      #expect(message.string("payload") == #"{"c":21.50}"#)
      #expect(message.string("id") != nil)
      #expect(message.object("properties")?.string("content_type") == "application/json")
      try bridge.publish("2", to: "a/b")
      #expect(try socket.payloads(1) == ["2"])
    }

    @Test func `filters come and go without a hole and without a repetition`() throws {
      let socket = try SocketClient(bridge)
      _ = try socket.ask(#"{"op":"subscribe","topics":["n/#"]}"#)
      for number in 0..<40 {
        try bridge.publish("\(number)", to: "n/\(number % 3)")
        let op = number % 2 == 0 ? "subscribe" : "unsubscribe"
        let answer = try socket.ask(
          #"{"op":"\#(op)","ref":\#(number),"topics":["n/1","other/\#(number / 2)"]}"#)
        #expect(answer.integer("status") == 200, "\(answer.members)")
      }
      #expect(try socket.payloads(40) == (0..<40).map(String.init))
    }

    @Test func `what is no longer subscribed to does not come`() throws {
      let socket = try SocketClient(bridge)
      _ = try socket.ask(#"{"op":"subscribe","topics":["u/1","u/2"]}"#)
      let gone = try socket.ask(#"{"op":"unsubscribe","ref":2,"topics":["u/1"]}"#)
      #expect(gone.integer("status") == 200)
      let unknown = try socket.ask(#"{"op":"unsubscribe","ref":3,"topics":["u/1"]}"#)
      #expect(unknown.integer("status") == 400)
      #expect(unknown.object("problem")?.string("code") == "bad-parameter")
      try bridge.publish("1", to: "u/1")
      try bridge.publish("2", to: "u/2")
      #expect(try socket.payloads(1) == ["2"])
    }

    @Test func `a later filter can begin in the past while the others go on`() throws {
      let reader = try bridge.open("topic=p/%23").reader
      let socket = try SocketClient(bridge)
      _ = try socket.ask(#"{"op":"subscribe","topics":["q/#"]}"#)
      for number in 0..<5 { try bridge.publish("p\(number)", to: "p/x") }
      try bridge.publish("q0", to: "q/x")
      #expect(try reader.payloads(5).count == 5)
      #expect(try socket.payloads(1) == ["q0"])
      let answer = try socket.ask(#"{"op":"subscribe","ref":1,"topics":["p/#"],"since":"1h"}"#)
      #expect(answer.integer("status") == 200)
      try bridge.publish("q1", to: "q/x")
      try bridge.publish("p5", to: "p/x")
      #expect(try socket.payloads(7) == ["p0", "p1", "p2", "p3", "p4", "q1", "p5"])
      let again = try socket.ask(#"{"op":"subscribe","ref":2,"topics":["r/#"],"rewind":3}"#)
      #expect(again.integer("status") == 200)
      try bridge.publish("end", to: "r/x")
      #expect(try socket.payloads(1) == ["end"])
    }

    @Test func `retained messages come with a filter, and not to the others again`() throws {
      _ = try bridge.client.request("PUT", "/topics/t/1", body: Array("r".utf8))
      let socket = try SocketClient(bridge)
      let answer = try socket.ask(#"{"op":"subscribe","ref":1,"topics":["t/#"]}"#)
      #expect(answer.integer("status") == 200)
      let message = try socket.next("message")
      #expect(message.boolean("retain") == true && message.string("payload") == "r")
      _ = try socket.ask(#"{"op":"subscribe","topics":["x/#"],"retained":"ignore"}"#)
      try bridge.publish("end", to: "t/1")
      #expect(try socket.payloads(1) == ["end"])
    }

    @Test func `what a client gets wrong is told with its ref, and the socket goes on`() throws {
      let socket = try SocketClient(bridge)
      let cases: [(String, Int, String)] = [
        ("nonsense", 400, "bad-json"), ("[]", 400, "bad-json"),
        (#"{"ref":1}"#, 400, "bad-parameter"),
        (#"{"op":"fly","ref":1}"#, 400, "unknown-parameter"),
        (#"{"op":"ping","ref":[]}"#, 400, "bad-parameter"),
        (#"{"op":"ping","ref":1,"x":1}"#, 400, "unknown-parameter"),
        (#"{"op":"subscribe","ref":1}"#, 400, "missing-topic"),
        (#"{"op":"subscribe","ref":1,"topics":["a/#/b"]}"#, 400, "filter-invalid"),
        (#"{"op":"subscribe","ref":1,"topics":["a"],"event":"topic"}"#, 400, "unknown-parameter"),
        (#"{"op":"subscribe","ref":1,"topics":["a"],"last_event_id":"x"}"#, 400, "bad-event-id"),
        (#"{"op":"publish","ref":1,"payload":"x"}"#, 400, "missing-topic"),
        (#"{"op":"publish","ref":1,"topic":"a/#"}"#, 400, "topic-invalid"),
        (#"{"op":"publish","ref":1,"topic":"a","wait":"x"}"#, 400, "bad-parameter"),
        (#"{"op":"request","ref":1,"topic":"a","retain":true}"#, 400, "bad-parameter"),
        (#"{"op":"ack","ref":1,"subscription":"no","id":"x"}"#, 404, "subscription-unknown"),
        (#"{"op":"ack","ref":1,"id":"x"}"#, 400, "bad-parameter"),
      ]
      for (text, status, code) in cases {
        let answer = try socket.ask(text)
        #expect(answer.integer("status") == status, "\(text)")
        let problem = try #require(answer.object("problem"), "\(text)")
        #expect(problem.string("code") == code, "\(text)")
        if text.contains(#""op":"publish""#) || text.contains(#""op":"request""#) {
          #expect(problem.boolean("kept") == false, "\(text)")
        }
        if text.contains(#""ref":1,"#) || text.contains(#""ref":1}"#) {
          #expect(answer.integer("ref") == 1, "\(text)")
        }
      }
      try socket.send(#"{"op":"ping","ref":"still here"}"#)
      #expect(try socket.next("pong").string("ref") == "still here")
      try socket.peer.send(.binary, [1, 2, 3])
      #expect(try socket.closeStatus()?.code == .unsupportedData)
    }

    @Test func `a request gets its reply, or is told that none came`() throws {
      let socket = try SocketClient(bridge)
      let device = try SocketClient(bridge)
      _ = try device.ask(#"{"op":"subscribe","topics":["dev/cmd"],"retained":"ignore"}"#)
      try socket.send(#"{"op":"request","ref":1,"topic":"dev/cmd","payload":"on","timeout":10}"#)
      let command = try device.next("message")
      let properties = try #require(command.object("properties"))
      let topic = try #require(properties.string("response_topic"))
      let data = try #require(properties.string("correlation_data"))
      _ = try device.ask(
        #"{"op":"publish","topic":"\#(topic)","payload":"done","properties":{"correlation_data":"\#(data)"}}"#
      )
      let reply = try socket.result()
      #expect(reply.integer("ref") == 1 && reply.integer("status") == 200)
      #expect(reply.string("payload") == "done")
      let none = try socket.ask(#"{"op":"request","ref":2,"topic":"nobody","timeout":1}"#)
      #expect(none.integer("ref") == 2 && none.integer("status") == 504)
      #expect(none.object("problem")?.string("code") == "reply-timeout")
    }

    @Test func `events of a named subscription are acknowledged`() throws {
      try bridge.subscribe("orders", #"{"topics":["o/#"]}"#)
      let (reader, _) = try bridge.open("subscription=orders")
      try bridge.publish("1", to: "o/1")
      let id = try #require(try reader.messages(1)[0].id)
      let socket = try SocketClient(bridge)
      let answer = try socket.ask(
        #"{"op":"ack","ref":5,"subscription":"orders","id":"\#(id)"}"#)
      #expect(answer.integer("ref") == 5 && answer.integer("status") == 204)
      let cursor = try #require(try bridge.subscription("orders").string("cursor"))
      #expect(id.hasPrefix(cursor + "-"))
    }

    @Test func `without an upgrade or the subprotocol there is no socket`() throws {
      let plain = try bridge.client.get("/ws")
      #expect(plain.status == 426)
      #expect(plain.header("Upgrade") == "websocket")
      #expect(throws: HandshakeFailure.self) {
        _ = try WebSocketPeer(
          connectingTo: bridge.port, path: "/ws", subprotocols: ["chat"])
      }
    }

    @Test func `operators see sockets, and end them`() throws {
      let socket = try SocketClient(bridge)
      _ = try socket.ask(#"{"op":"subscribe","topics":["a/#"]}"#)
      let page = try bridge.adminClient.get("/admin/connections").json.objects("connections")
      #expect(page.map { $0.string("kind") } == ["ws"])
      #expect(page.first?.texts("topics") == ["a/#"])
      let metrics = try bridge.adminClient.get("/metrics").text
      #expect(metrics.contains(#"bridge_streams{kind="ws"} 1"#))
      #expect(metrics.contains(#"bridge_streams{kind="sse"} 0"#))
      let id = try #require(page.first?.string("id"))
      let answer = try bridge.adminClient.request("DELETE", "/admin/connections/\(id)")
      #expect(answer.status == 204)
      #expect(try socket.next("close").string("reason") == "operator")
      #expect(try socket.closeStatus()?.code == .goingAway)
    }

    @Test func `a bridge that stops says so, and a client goes on where it was`() throws {
      let data = try TemporaryDirectory()
      let first = try RunningProgram(broker: broker.url, data: data)
      try first.waitForBroker()
      let socket = try SocketClient(first)
      _ = try socket.ask(#"{"op":"subscribe","topics":["s/#"]}"#)
      try first.publish("1", to: "s/x")
      #expect(try socket.payloads(1) == ["1"])
      first.process.signal(15)
      let close = try socket.next("close")
      #expect(close.string("reason") == "draining" && close.boolean("reconnect") == true)
      #expect(try socket.closeStatus()?.code == .goingAway)
      first.process.waitForExit()
      try bridge.publish("2", to: "s/x")
      let second = try RunningProgram(broker: broker.url, data: data)
      try second.waitForBroker()
      let again = try SocketClient(second)
      let id = try #require(socket.lastID)
      let answer = try again.ask(
        #"{"op":"subscribe","topics":["s/#"],"last_event_id":"\#(id)"}"#)
      #expect(answer.boolean("resumed") == true)
      try second.publish("3", to: "s/x")
      #expect(try again.payloads(2) == ["2", "3"])
    }
  }
}
