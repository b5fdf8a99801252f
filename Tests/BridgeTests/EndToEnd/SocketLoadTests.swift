import TestSupport
import Testing
import WebSocketProtocol

extension EndToEnd {
  /// Many WebSockets, and slow ones.
  @Suite struct SocketLoadTests {
    private let broker: Mosquitto
    private let bridge: RunningProgram

    init() throws {
      broker = try Mosquitto()
      bridge = try RunningProgram(broker, flags: ["--ring-bytes", "1MiB"])
    }

    @Test func `a thousand sockets get every message, in order`() throws {
      let sockets = try (0..<1000).map { _ in try SocketClient(bridge) }
      for socket in sockets { try socket.send(#"{"op":"subscribe","topics":["all/#"]}"#) }
      for socket in sockets { #expect(try socket.result().integer("status") == 200) }
      for number in 0..<10 { try bridge.publish("\(number)", to: "all/x") }
      let expected = (0..<10).map(String.init)
      for socket in sockets { #expect(try socket.payloads(10) == expected) }
    }

    /// Publishes more than sockets and memory hold.
    private func flood(_ topic: String) throws {
      let filler = String(repeating: "x", count: 512 * 1024)
      for number in 0..<40 { try bridge.publish("\(number) \(filler)", to: topic) }
    }

    private func number(_ payload: String) -> Int { Int(payload.prefix { $0 != " " }) ?? -1 }

    @Test func `a slow socket catches up from the log, also when its filters change`() throws {
      let socket = try SocketClient(bridge)
      _ = try socket.ask(#"{"op":"subscribe","topics":["slow/x"]}"#)
      try flood("slow/x")
      try socket.send(#"{"op":"subscribe","ref":9,"topics":["more/#"]}"#)
      try socket.send(#"{"op":"subscribe","ref":10,"topics":["past/#"],"since":"1h"}"#)
      for expected in 0..<40 { #expect(try number(socket.payloads(1)[0]) == expected) }
      try bridge.publish("end", to: "more/x")
      #expect(try socket.payloads(1) == ["end"])
      try bridge.publish("end", to: "past/x")
      #expect(try socket.payloads(1) == ["end"])
    }

    @Test func `a slow socket that wants to be closed is, with 4008`() throws {
      let socket = try SocketClient(bridge)
      _ = try socket.ask(#"{"op":"subscribe","topics":["d/x"],"policy":"disconnect"}"#)
      try flood("d/x")
      var count = 0
      while true {
        let message = try socket.next()
        if message.string("op") == "close" { break }
        count += 1
      }
      #expect(count < 40)
      #expect(try socket.closeStatus()?.code?.rawValue == 4008)
    }
  }
}
