import EventLoop
import HTTPFront
import Testing

extension LiveServerTests {
  /// Bodies that the application takes in pieces.
  @Suite struct StreamedBodyTests {
    private func application(
      limit: Int = 1 << 30,
      flow: @escaping @Sendable (RequestID, [UInt8]) -> BodyFlow = { _, _ in .more }
    ) throws -> TestApplication {
      try TestApplication(
        admission: { _ in .acceptPieces(bodyLimit: limit) }, flow: flow,
        answer: { .respond(.text("done \($0.body.count)")) })
    }

    private let head = "POST /b HTTP/1.1\r\nHost: h\r\n"

    @Test func `pieces are handed over as they arrive, and the end after them`() throws {
      let application = try application()
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.send(head + "Content-Length: 9\r\n\r\none")
        #expect(application.nextPiece() == "one")
        client.send("two")
        #expect(application.nextPiece() == "two")
        client.send("six")
        #expect(application.nextPiece() == "six")
        #expect(try client.readAnswer().body == "done 0")
        #expect(server.statistics(ofShard: 0).bodyBytes == 0)
        #expect(application.nextRecord()?.receivedBytes == 9)
        client.send(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        #expect(application.nextPiece() == "abc")
        client.send("2\r\nde\r\n0\r\n\r\n")
        #expect(application.nextPiece() == "de")
        #expect(try client.readAnswer().body == "done 0")
      }
    }

    @Test func `a body without bytes ends at once`() throws {
      let application = try application()
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.post("/b", "")
        #expect(try client.readAnswer().body == "done 0")
        #expect(
          application.takeAll().allSatisfy {
            if case .piece = $0 { false } else if case .aborted = $0 { false } else { true }
          })
      }
    }

    @Test(arguments: [false, true])
    func `nothing is read while the application wants nothing`(isChunked: Bool) throws {
      let application = try application { _, _ in .pause }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        let part = String(repeating: "x", count: 1000)
        let count = 300
        if isChunked {
          client.send(head + "Transfer-Encoding: chunked\r\n\r\n")
          client.send(
            (0..<count).map { _ in "3e8\r\n\(part)\r\n" }.joined() + "0\r\n\r\n")
        } else {
          client.send(head + "Content-Length: \(1000 * count)\r\n\r\n")
          client.send((0..<count).map { _ in part }.joined())
        }
        var taken = 0
        var pieces = 0
        while taken < 1000 * count {
          let (id, text) = try #require(
            application.next { if case .piece(let id, let text) = $0 { (id, text) } else { nil } })
          taken += text.utf8.count
          pieces += 1
          // Nothing more comes before it is wanted.
          #expect(
            application.takeAll().allSatisfy { if case .piece = $0 { false } else { true } })
          server.resumeBody(id)
        }
        #expect(taken == 1000 * count && pieces > 1)
        #expect(try client.readAnswer().status == 200)
      }
    }

    @Test func `the application can refuse in the middle`() throws {
      let application = try application { _, _ in .refuse(.text("enough", status: 422)) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.send(head + "Content-Length: 1000000\r\n\r\nfirst")
        let answer = try client.readAnswer()
        #expect(answer.status == 422 && answer.body == "enough")
        #expect(answer.headers["connection"] == "close")
        #expect(try client.isClosedByServer())
        #expect(
          application.takeAll().allSatisfy { if case .aborted = $0 { false } else { true } })
      }
    }

    @Test func `a body over the limit is refused, and the application learns of it`() throws {
      let application = try application(limit: 1000)
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.send(head + "Transfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<8 { client.send("100\r\n\(String(repeating: "x", count: 256))\r\n") }
        #expect(try client.readAnswer().status == 413)
        #expect(application.nextAborted() != nil)
        let declared = try TestClient(port: server.port)
        declared.send(head + "Content-Length: 1000000\r\n\r\n")
        #expect(try declared.readAnswer().status == 413)
      }
    }

    @Test(arguments: [false, true])
    func `a client that leaves in the middle aborts it`(isPaused: Bool) throws {
      let application = try application { _, _ in isPaused ? .pause : .more }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.send(head + "Content-Length: 100\r\n\r\nfirst")
        let id = try #require(application.nextPieceID())
        client.reset()
        if isPaused { server.resumeBody(id) }
        #expect(application.nextAborted() == id)
        #expect(eventually { server.statistics(ofShard: 0).connections == 0 })
      }
    }

    @Test func `a body that trickles is answered 408, and one that flows is not`() throws {
      let application = try application()
      try withServer(application, { $0.requestTimeout = .milliseconds(500) }) { server in
        let slow = try TestClient(port: server.port)
        slow.send(head + "Content-Length: 100000\r\n\r\n")
        // A byte now and then is not enough.
        var sent = 0
        while slow.received.isEmpty, sent < 100 {
          let next = MonotonicClock.now() + .milliseconds(100)
          slow.send("x")
          sent += 1
          while slow.received.isEmpty, MonotonicClock.now() < next {
            _ = slow.receive(atMost: 4096)
          }
        }
        #expect(!slow.received.isEmpty)
        #expect(try slow.readAnswer().status == 408)
        #expect(application.nextAborted() != nil)
        // Far longer than one deadline altogether.
        let steady = try TestClient(port: server.port)
        steady.send(head + "Transfer-Encoding: chunked\r\n\r\n")
        let end = MonotonicClock.now() + .milliseconds(1500)
        while MonotonicClock.now() < end {
          steady.send("4000\r\n\(String(repeating: "x", count: 16_384))\r\n")
          #expect(application.nextPiece() != nil)
        }
        steady.send("0\r\n\r\n")
        #expect(try steady.readAnswer().status == 200)
      }
    }

    @Test func `stop does not wait for a body that is paused`() throws {
      let application = try application { _, _ in .pause }
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let client = try TestClient(port: server.port)
      client.send(head + "Content-Length: 100\r\n\r\nfirst")
      #expect(application.nextPiece() == "first")
      server.stop(deadline: .seconds(5))
      server.join()
      #expect(application.nextAborted() != nil)
      #expect(try client.isClosedByServer())
    }
  }
}
