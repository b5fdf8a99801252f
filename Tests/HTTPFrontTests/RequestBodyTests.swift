import EventLoop
import HTTPFront
import Testing

extension LiveServerTests {
  @Suite struct RequestBodyTests {
    private func server(
      limit: Int = 1000, _ configure: (inout HTTPServerOptions) -> Void = { _ in },
      _ body: (HTTPServer, TestApplication) throws -> Void
    ) throws {
      let application = try TestApplication(
        admission: { head in
          head.path == "/forbidden"
            ? .refuse(.text("no", status: 403)) : .accept(bodyLimit: limit)
        },
        answer: { .respond(.text(String(decoding: $0.body, as: UTF8.self))) })
      try withServer(application, configure) { try body($0, application) }
    }

    @Test func `a declared length over the limit is refused before a byte is sent`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
        let answer = try client.readAnswer()
        #expect(answer.status == 413)
        #expect(answer.body.contains("\"max_bytes\":1000"))
        #expect(answer.headers["connection"] == "close")
        #expect(try client.isClosedByServer())
      }
    }

    @Test func `a client that sends on after a refusal can still read it`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
        client.send([UInt8](repeating: 0x61, count: 4_000_000))
        #expect(try client.readAnswer().status == 413)
      }
    }

    @Test func `a body of exactly the limit is taken`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        let body = String(repeating: "x", count: 1000)
        client.post("/p", body)
        #expect(try client.readAnswer().body == body)
        client.post("/p", body + "y")
        #expect(try client.readAnswer().status == 413)
      }
    }

    @Test func `a refused request with a small body leaves the connection usable`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.post("/forbidden", "small")
        #expect(try client.readAnswer().status == 403)
        client.post("/p", "next")
        #expect(try client.readAnswer().body == "next")
      }
    }

    @Test func `a client that asks first is told to go on`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send(
          "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.read(through: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
        client.send("abc")
        #expect(try client.readAnswer().body == "abc")
      }
    }

    @Test func `a client that asks first is refused without being told to go on`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send(
          "POST /forbidden HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        #expect(try client.readAnswer().status == 403)
        #expect(try client.isClosedByServer())
      }
    }

    @Test func `a chunked body is put together`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send(
          "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
        #expect(try client.readAnswer().body == "abcde")
      }
    }

    @Test func `a chunked body over the limit is refused while it arrives`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = "100\r\n" + String(repeating: "x", count: 256) + "\r\n"
        for _ in 0..<8 { client.send(chunk) }
        #expect(try client.readAnswer().status == 413)
      }
    }

    @Test func `a body that does not come is answered 408`() throws {
      try server(limit: 1000, { $0.requestTimeout = .milliseconds(100) }) { server, application in
        let client = try TestClient(port: server.port)
        client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
        #expect(try client.readAnswer().status == 408)
        #expect(try client.isClosedByServer())
        let fact = application.next { if case .reported(let fact) = $0 { fact } else { nil } }
        #expect(fact == .requestTimedOut(clientAddress: "127.0.0.1"))
      }
    }

    @Test func `headers that do not end are answered 408`() throws {
      try server(limit: 1000, { $0.requestTimeout = .milliseconds(100) }) { server, _ in
        let client = try TestClient(port: server.port)
        client.send("GET /p HTTP/1.1\r\nHost: h\r\n")
        #expect(try client.readAnswer().status == 408)
      }
    }

    @Test func `a connection that says nothing is closed`() throws {
      try server(limit: 1000, { $0.requestTimeout = .milliseconds(100) }) { server, _ in
        let client = try TestClient(port: server.port)
        #expect(try client.isClosedByServer())
      }
    }

    @Test func `a connection that stays idle between requests is closed`() throws {
      try server(limit: 1000, { $0.idleTimeout = .milliseconds(100) }) { server, _ in
        let client = try TestClient(port: server.port)
        client.get("/")
        #expect(try client.readAnswer().status == 200)
        #expect(try client.isClosedByServer())
      }
    }

    @Test func `an answer that nobody reads is cut off`() throws {
      let application = try TestApplication { _ in
        .respond(Response(status: 200, body: [UInt8](repeating: 0, count: 64 << 20)))
      }
      try withServer(application, { $0.idleTimeout = .seconds(1) }) { server in
        let client = try TestClient(port: server.port, receiveBufferBytes: 4096)
        client.get("/")
        #expect(eventually { server.statistics(ofShard: 0).connections == 1 })
        #expect(eventually { server.statistics(ofShard: 0).connections == 0 })
      }
    }

    @Test func `headers over the limit are answered 431`() throws {
      try server(limit: 1000, { $0.headerBytesMax = 4096 }) { server, _ in
        let client = try TestClient(port: server.port)
        client.get("/", headers: "X-Long: \(String(repeating: "x", count: 5000))\r\n")
        let answer = try client.readAnswer()
        #expect(answer.status == 431)
        #expect(answer.headers["content-type"] == "application/problem+json")
      }
    }

    @Test func `headers that fit in no memory are answered 431`() throws {
      try server(limit: 1000, { $0.headerBytesMax = 4096 }) { server, _ in
        let client = try TestClient(port: server.port)
        client.get("/", headers: "X-Long: \(String(repeating: "x", count: 50_000))\r\n")
        #expect(try client.readAnswer().status == 431)
      }
    }

    @Test func `a URI over the limit is answered 414`() throws {
      try server(limit: 1000, { $0.urlBytesMax = 100 }) { server, _ in
        let client = try TestClient(port: server.port)
        client.get("/" + String(repeating: "u", count: 200))
        #expect(try client.readAnswer().status == 414)
      }
    }

    @Test func `a URI that is no text is answered 400`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send(
          Array("GET /".utf8) + [0xFF, 0xFE] + Array(" HTTP/1.1\r\nHost: h\r\n\r\n".utf8))
        #expect(try client.readAnswer().status == 400)
      }
    }

    @Test func `two different lengths are refused`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send(
          "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")
        #expect(try client.readAnswer().status == 400)
        #expect(try client.isClosedByServer())
      }
    }

    @Test func `bodies share one quota, which they give back`() throws {
      try server(limit: 1000, { $0.bodyBytesMax = 1500 }) { server, _ in
        let body = String(repeating: "x", count: 1000)
        let slow = try TestClient(port: server.port)
        slow.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n\(body.dropLast())")
        let client = try TestClient(port: server.port)
        #expect(eventually { server.statistics(ofShard: 0).bodyBytes == 999 })
        client.post("/p", body)
        #expect(try client.readAnswer().status == 503)
        slow.send("x")
        #expect(try slow.readAnswer().status == 200)
        let other = try TestClient(port: server.port)
        other.post("/p", body)
        #expect(try other.readAnswer().status == 200)
      }
    }

    @Test func `two ways to say the length are refused`() throws {
      try server { server, _ in
        let client = try TestClient(port: server.port)
        client.send(
          "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try client.readAnswer().status == 400)
        #expect(try client.isClosedByServer())
        #expect(client.received.isEmpty)
      }
    }

    @Test(arguments: [
      "GET\r\n\r\n", "\u{0}\u{1}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ])
    func `nonsense does not disturb the next client`(nonsense: String) throws {
      try server { server, _ in
        let rude = try TestClient(port: server.port)
        rude.send(nonsense)
        rude.finishSending()
        #expect(try rude.isClosedByServer())
        let polite = try TestClient(port: server.port)
        polite.post("/p", "fine")
        #expect(try polite.readAnswer().body == "fine")
      }
    }
  }
}
