import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// Bytes in which a proxy might see another request than we do, and requests without end.
  @Suite struct SmugglingTests {
    private static let evil = "POST /topics/evil HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"

    private static func post(_ fields: String, _ body: String) -> String {
      "POST /topics/first HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\r\n\(body)"
    }

    private static let chunkedEvil =
      String(evil.utf8.count, radix: 16) + "\r\n" + evil + "\r\n0\r\n\r\n"

    /// The evil request stands inside of what one reading takes for the body.
    private static let shapes: [String] = [
      post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n" + evil),
      post("Transfer-Encoding: chunked\r\nContent-Length: \(evil.utf8.count)", evil),
      post("Content-Length: 0\r\nContent-Length: \(evil.utf8.count)", evil),
      post("Content-Length: \(evil.utf8.count)\r\nContent-Length: 0", evil),
      post("Content-Length: 0,\(evil.utf8.count)", evil),
      post("Content-Length: \(evil.utf8.count)", evil),
      post("Transfer-Encoding: chunked", chunkedEvil),
      post("Transfer-Encoding: chunked", "1;x=\r\n\(evil)\r\nx\r\n0\r\n\r\n"),
      post("Transfer-Encoding: chunked", "1;\n\(evil)"),
      post(
        "Transfer-Encoding: chunked", "0\r\nX: \(evil.replacing("\r\n", with: "\r\n "))\r\n\r\n"),
      post("Transfer-Encoding: xchunked", "0\r\n\r\n" + evil),
      post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n" + evil),
      post("Content-Length:\r\n \(evil.utf8.count)", evil),
      post("X: a\r\n Content-Length: \(evil.utf8.count)", evil),
      post("X: a\nTransfer-Encoding: chunked", chunkedEvil),
      post("Content-Length : \(evil.utf8.count)", evil),
      post("\u{0B}Transfer-Encoding: chunked", "0\r\n\r\n" + evil),
      post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n" + evil),
      post("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 0", ""),
      "GET /subscribe?topic=a HTTP/1.1\r\nHost: h\r\nContent-Length: \(evil.utf8.count)\r\n\r\n"
        + evil,
      "GET http://other/ HTTP/1.1\r\nHost: h\r\nContent-Length: \(evil.utf8.count)\r\n\r\n" + evil,
    ]

    @Test func `nothing inside of a request is another request`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: broker)
      for shape in Self.shapes {
        let socket = try LoopbackSocket(port: bridge.port)
        try socket.send(shape)
        socket.shutdownSending()
        var said = 0
        // A stream has no end; an answer is one piece or two.
        while said < 2, let bytes = try? socket.receive(until: Deadline(after: .seconds(10))),
          !bytes.isEmpty
        {
          said += 1
          if String(decoding: bytes, as: UTF8.self).contains("event-stream") { break }
        }
        socket.close(reset: true)
        #expect(try bridge.client.post("/topics/after", "x").status == 200, "\(shape)")
      }
      try bridge.publish("x", to: "end")
      #expect(eventually { watcher.output.messages.last == "1 0 end x" })
      let topics = Set(
        watcher.output.messages.compactMap { $0.split(separator: " ").dropFirst(2).first })
      #expect(
        !topics.contains("evil") && topics.isSubset(of: ["first", "after", "end"]), "\(topics)")
      #expect(bridge.process.isRunning)
    }

    @Test func `heads and bodies without end are ended`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker, flags: ["--payload-bytes", "1000"])
      let long = String(repeating: "a", count: 20_000)
      let many = (0..<3000).map { "X-\($0): b\r\n" }.joined()
      let heads = [
        "GET /\(long) HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /?\(long) HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX: \(long)\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\(many)\r\n",
        "\(long)\(long)",
      ]
      for head in heads {
        let raw = HTTPTestConnection(try LoopbackSocket(port: bridge.port))
        try? raw.socket.send(head)
        let status = (try? raw.readHead(until: Deadline(after: .seconds(10))))?.status ?? 431
        #expect([400, 414, 431].contains(status), "\(status)")
      }
      let raw = HTTPTestConnection(try LoopbackSocket(port: bridge.port))
      try raw.socket.send(
        "POST /topics/a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<200 { try? raw.socket.send("400\r\n\(long.prefix(1024))\r\n") }
      let status = (try? raw.readHead(until: Deadline(after: .seconds(10))))?.status
      #expect(status == 413)
      #expect(try bridge.client.post("/topics/a", "x").status == 200)
      #expect(try eventually { try bridge.health().object("store")?.integer("queue") == 0 })
    }
  }
}
