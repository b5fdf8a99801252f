import EventLoop
import HTTPFront
import TestSupport
import Testing

extension LiveServerTests {
  @Suite struct TLSRequestTests {
    private func application(limit: Int = 1000) throws -> TestApplication {
      try TestApplication(
        admission: {
          $0.path == "/pieces" ? .acceptPieces(bodyLimit: limit) : .accept(bodyLimit: limit)
        },
        answer: { request in
          request.head.path == "/park"
            ? .park(deadline: nil)
            : .respond(.text("\(request.head.clientAddress) \(request.body.count)"))
        })
    }

    @Test(arguments: [TestTLSOptions(), .tls12])
    func `requests are answered on one connection`(options: TestTLSOptions) throws {
      try withTLSServer(application()) { server in
        let client = try TestClient.tls(server, options)
        #expect(client.tls?.serverName == "Test server")
        client.get("/")
        #expect(try client.readAnswer().body == "127.0.0.1 0")
        client.post("/", String(repeating: "x", count: 1000))
        #expect(try client.readAnswer().body == "127.0.0.1 1000")
      }
    }

    @Test func `a body larger than a record of TLS is taken, and a large answer comes whole`()
      throws
    {
      let application = try TestApplication(
        admission: { _ in .accept(bodyLimit: 1 << 20) },
        answer: { .respond(.text(String(decoding: $0.body, as: UTF8.self))) })
      try withTLSServer(application) { server in
        let client = try TestClient.tls(server)
        let body = String(repeating: "0123456789", count: 60_000)
        client.post("/", body)
        #expect(try client.readAnswer().body == body)
      }
    }

    @Test func `a refusal in the middle of an upload reaches a client that goes on sending`() throws
    {
      try withTLSServer(application()) { server in
        let client = try TestClient.tls(server)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send("400\r\n" + String(repeating: "x", count: 1024) + "\r\n")
        client.send("4\r\nmore\r\n")
        #expect(try client.readAnswer().status == 413)
        #expect(try client.isClosedByServer())
        #expect(eventually { server.statistics(ofShard: 0).bodyBytes == 0 })
        let declared = try TestClient.tls(server)
        declared.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
        declared.send([UInt8](repeating: 0x61, count: 200_000))
        #expect(try declared.readAnswer().status == 413)
      }
    }

    @Test func `an upload in pieces that is too large is aborted at once`() throws {
      let application = try application()
      try withTLSServer(application) { server in
        let client = try TestClient.tls(server)
        client.send("POST /pieces HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send("3\r\nabc\r\n400\r\n" + String(repeating: "x", count: 1024) + "\r\n")
        #expect(application.nextAborted() != nil)
        #expect(try client.readAnswer().status == 413)
      }
    }

    @Test func `a parked request is answered, and a client that leaves is noticed`() throws {
      let application = try application()
      try withTLSServer(application) { server in
        let client = try TestClient.tls(server)
        client.get("/park")
        let id = try #require(application.nextHandled())
        server.answer(id, with: .text("later"))
        #expect(try client.readAnswer().body == "later")
        let leaving = try TestClient.tls(server)
        leaving.get("/park")
        let other = try #require(application.nextHandled())
        leaving.reset()
        #expect(application.next { if case .left(let id) = $0 { id } else { nil } } == other)
        #expect(eventually { server.statistics(ofShard: 0).connections == 1 })
      }
    }

    @Test func `a request that does not arrive is answered 408 under TLS`() throws {
      try withTLSServer(application(), nil, { $0.requestTimeout = .milliseconds(200) }) { server in
        let client = try TestClient.tls(server)
        client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
        #expect(try client.readAnswer().status == 408)
        #expect(try client.isClosedByServer())
      }
    }

    @Test func `a client that says nothing, or no TLS, is closed and holds up nobody`() throws {
      let application = try application()
      try withTLSServer(application, nil, { $0.requestTimeout = .milliseconds(300) }) { server in
        let silent = try TestClient(port: server.port)
        let halfway = try TestClient(port: server.port)
        // The beginning of a ClientHello.
        halfway.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
        let plain = try TestClient(port: server.port)
        plain.get("/")
        #expect(try plain.isClosedByServer())
        #expect(!String(decoding: plain.received, as: UTF8.self).hasPrefix("HTTP"))
        let client = try TestClient.tls(server)
        client.get("/")
        #expect(try client.readAnswer().status == 200)
        #expect(try silent.isClosedByServer())
        #expect(try halfway.isClosedByServer())
        #expect(application.nextHandled() != nil)
        #expect(application.takeAll().isEmpty)
        #expect(eventually { server.statistics(ofShard: 0).connections <= 1 })
      }
    }

    @Test func `a handshake that stands still keeps no thread busy`() throws {
      try withTLSServer(application(), nil, { $0.requestTimeout = .seconds(1) }) { server in
        let halfway = try TestClient(port: server.port)
        halfway.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
        #expect(eventually { server.statistics(ofShard: 0).connections == 1 })
        #expect(try halfway.isClosedByServer())
        #expect(eventually { server.statistics(ofShard: 0).connections == 0 })
        // A busy loop goes round many thousand times in that second.
        #expect(server.statistics(ofShard: 0).turnsTotal < 500)
      }
    }

    @Test func `TLS 1.1 is refused`() throws {
      try withTLSServer(application()) { server in
        #expect(throws: TestFailure.self) { try TestClient.tls(server, .tls11) }
        #expect(throws: Never.self) { try TestClient.tls(server, .tls12) }
      }
    }

    @Test func `connections beyond the limit wait, and are served when others go`() throws {
      try withTLSServer(application(), nil, { $0.connectionsMax = 2 }) { server in
        var clients = try (0..<2).map { _ in try TestClient.tls(server) }
        #expect(eventually { server.statistics(ofShard: 0).connections == 2 })
        let waiting = try TestClient(port: server.port)
        clients[0].get("/")
        #expect(try clients[0].readAnswer().status == 200)
        #expect(server.statistics(ofShard: 0).connections == 2)
        clients.removeLast()
        try waiting.startTLS(TestTLSOptions())
        waiting.get("/")
        #expect(try waiting.readAnswer().status == 200)
        clients.removeAll()
        let next = try TestClient.tls(server)
        next.get("/")
        #expect(try next.readAnswer().status == 200)
      }
    }

    @Test func `the header of a proxy comes before TLS`() throws {
      try withTLSServer(application(), expectsProxyHeader: true) { server in
        let client = try TestClient(port: server.port)
        client.send("PROXY TCP4 192.0.2.7 198.51.100.1 5 443\r\n")
        try client.startTLS(TestTLSOptions())
        client.get("/")
        #expect(try client.readAnswer().body == "192.0.2.7 0")
      }
    }
  }
}
