import TestSupport
import Testing

extension EndToEnd {
  /// Clients that open connections and say little on them.
  @Suite struct SlowRequestTests {
    private let broker: Mosquitto

    init() throws { broker = try Mosquitto() }

    /// What has come on a connection; nil while nothing has, and empty when it ended without an answer.
    private func answer(_ socket: LoopbackSocket) -> String? {
      do {
        return try socket.receive(until: Deadline(after: .zero)).map {
          String(decoding: $0, as: UTF8.self)
        }
      } catch {
        return ""
      }
    }

    @Test(arguments: [
      "GET /subscribe?topic=a HTTP/1.1\r\nHost: x\r\nX-a: ",
      "POST /publish?topic=a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
    ])
    func `many requests that drip in are cut off in time, while others are served`(
      head: String
    ) throws {
      let bridge = try RunningProgram(broker, flags: ["--request-timeout", "3s"])
      let stream = try bridge.open("topic=b").reader
      var open = try (0..<60).map { _ in
        let socket = try LoopbackSocket(port: bridge.port)
        try socket.send(head)
        return socket
      }
      // Bytes go on coming, and give no further time.
      var answers: [String] = []
      var published = 0
      let isOver = try eventually(within: .seconds(60)) {
        try bridge.publish("\(published)", to: "b")
        published += 1
        for socket in open { try? socket.send("x") }
        open.removeAll { socket in
          guard let answer = answer(socket) else { return false }
          answers.append(answer)
          return true
        }
        return open.isEmpty
      }
      #expect(isOver)
      #expect(answers.contains { $0.hasPrefix("HTTP/1.1 408 ") })
      #expect(answers.allSatisfy { $0.isEmpty || $0.hasPrefix("HTTP/1.1 408 ") })
      #expect(try stream.payloads(published) == (0..<published).map { "\($0)" })
    }

    @Test func `one address has so many connections, and a trusted proxy any number`() throws {
      let limited = ["--connections-per-address", "3"]
      let bridge = try RunningProgram(broker, flags: limited)
      let held = try (0..<3).map { _ in try LoopbackSocket(port: bridge.port) }
      for socket in held { try socket.send("GET / HTTP/1.1\r\nHost: x\r\n") }
      let refused = eventually { (try? bridge.client.get("/"))?.status == 429 }
      #expect(refused)
      for socket in held { socket.close() }
      #expect(eventually { (try? bridge.client.get("/"))?.status == 200 })
      let behind = try RunningProgram(
        broker, flags: limited + ["--trusted-proxies", "127.0.0.0/8"])
      let many = try (0..<10).map { _ in try LoopbackSocket(port: behind.port) }
      for socket in many { try socket.send("GET / HTTP/1.1\r\nHost: x\r\n") }
      #expect(try behind.client.get("/").status == 200)
    }
  }
}
