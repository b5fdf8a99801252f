import TestSupport
import Testing

extension EndToEnd {
  /// WebSockets that are open while the broker goes and comes back.
  @Suite struct SocketOutageTests {
    private struct Seen: Equatable {
      let payload: String?
      let id: String?
      /// The place in the log, out of the id.
      var sequence: Int { (id?.split(separator: "-")).flatMap { Int($0[1]) } ?? 0 }
    }

    private func messages(_ count: Int, _ socket: SocketClient) throws -> [Seen] {
      try (0..<count).map { _ in
        let message = try socket.next("message")
        return Seen(payload: message.string("payload"), id: message.string("id"))
      }
    }

    @Test(arguments: [true, false])
    func `sockets lose nothing over restarts of the broker, and their positions go on`(
      keepsSessions: Bool
    ) throws {
      var options = Mosquitto.Options()
      options.keepsSessions = keepsSessions
      let broker = try Mosquitto(options)
      let bridge = try RunningProgram(broker)
      try bridge.subscribe("n", #"{"topics":["r/#"]}"#)
      let live = try SocketClient(bridge)
      _ = try live.ask(#"{"op":"subscribe","topics":["r/#"]}"#)
      let paced = try SocketClient(bridge)
      _ = try paced.ask(#"{"op":"subscribe","topics":["r/#"],"max_rate":10000}"#)
      let consumer = try SocketClient(bridge)
      _ = try consumer.ask(#"{"op":"subscribe","subscription":"n"}"#)
      for round in 0..<3 {
        for number in 0..<5 { try bridge.publish("\(round * 10 + number)", to: "r/x") }
        if keepsSessions { try broker.stop() } else { try broker.kill() }
        #expect(
          try eventually { try bridge.health().object("broker")?.string("state") != "connected" })
        for number in 5..<10 {
          let kept = try bridge.client.post(
            "/publish?topic=r/x&ack=stored", "\(round * 10 + number)")
          #expect(kept.status == 202)
        }
        try broker.start()
        try bridge.waitForBroker()
      }
      let seen = try messages(30, live)
      #expect(seen.map(\.payload) == (0..<30).map { "\($0)" })
      #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
      #expect(try messages(30, paced) == seen)
      #expect(try messages(30, consumer) == seen)
      let late = try SocketClient(bridge)
      let resumed = try late.ask(
        #"{"op":"subscribe","topics":["r/#"],"last_event_id":"\#(seen[6].id ?? "")"}"#)
      #expect(resumed.boolean("resumed") == true)
      #expect(try messages(23, late) == Array(seen[7...]))
    }
  }
}
