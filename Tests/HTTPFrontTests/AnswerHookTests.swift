import EventLoop
import HTTPFront
import Testing
import WebSocketProtocol

extension LiveServerTests {
  /// What the application says to and hears of every answer.
  @Suite struct AnswerHookTests {
    private func application() throws -> TestApplication {
      try TestApplication(
        admission: { head in
          switch (head.method, head.path) {
          case ("OPTIONS", _):
            .refuse(Response(status: 204, headers: ["Access-Control-Allow-Methods": "QUERY"]))
          case (_, "/forbidden"): .refuse(Problem(.brokerNotAuthorized).response(to: head))
          default: .accept(bodyLimit: 100)
          }
        },
        decoration: { headers, head in
          headers.set("Vary", "Origin")
          if let origin = head?.headers["Origin"] {
            headers.set("Access-Control-Allow-Origin", origin)
          }
          if let id = head?.headers["Request-Id"] { headers.set("Request-Id", id) }
        },
        answer: { request in
          switch request.head.path {
          case "/s": .stream(StreamHead(headers: [:], heartbeat: Frame(":\n")))
          case "/ws": .upgrade(WebSocketHead())
          case "/park": .park(deadline: .milliseconds(1))
          default: .respond(.text("\(request.head.method) \(request.body.count)"))
          }
        })
    }

    private static let origin = "Origin: https://a.example\r\nRequest-Id: r-42\r\n"

    @Test(arguments: [
      ("GET /t/x?secret=1", "", 200), ("GET /forbidden", "", 403), ("GET /s", "", 200),
      ("OPTIONS /anything", "", 204), ("GET /park", "", 202), ("GET /ws", "", 426),
      (
        "GET /ws",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 101
      ),
      ("POST /t/x", "Content-Length: 1000000\r\n", 413), ("HEAD /s", "", 200),
      ("GET /\(String(repeating: "x", count: 9000))", "", 414),
      ("POST /t/x", "Content-Length: 1\r\nContent-Length: 2\r\n", 400),
    ])
    func `every answer has what the application adds, and is told of`(
      line: String, fields: String, status: Int
    ) throws {
      let application = try application()
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.send("\(line) HTTP/1.1\r\nHost: h\r\n\(Self.origin)\(fields)\r\n")
        let answer = try client.readAnswer(hasBody: false)
        #expect(answer.status == status)
        #expect(answer.headers["vary"] == "Origin")
        #expect(answer.headers["access-control-allow-origin"] == "https://a.example")
        #expect(answer.headers["request-id"] == "r-42")
        let record = try #require(application.nextRecord())
        #expect(record.status == status)
        #expect(record.method == line.split(separator: " ").first.map(String.init))
        #expect(record.clientAddress == "127.0.0.1")
        #expect(record.route == (line.contains("/t/") ? "/t/{name}" : nil))
        #expect(!"\(record)".contains("secret"))
      }
    }

    @Test func `a request that timed out is answered with it too`() throws {
      let application = try application()
      try withServer(application, { $0.requestTimeout = .milliseconds(50) }) { server in
        let client = try TestClient(port: server.port)
        client.send("POST /t/x HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\(Self.origin)\r\nabc")
        let answer = try client.readAnswer()
        #expect(answer.status == 408)
        #expect(answer.headers["request-id"] == "r-42")
        let record = try #require(application.nextRecord())
        #expect(record.status == 408 && record.receivedBytes == 3)
      }
    }

    @Test func `other methods are routed, with a body or without`() throws {
      let application = try application()
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        for method in ["QUERY", "PURGE", "X-CUSTOM"] {
          client.send("\(method) /q HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
          #expect(try client.readAnswer().body == "\(method) 3")
        }
        client.send("QUERY /q HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readAnswer().body == "QUERY 0")
      }
    }
  }
}
