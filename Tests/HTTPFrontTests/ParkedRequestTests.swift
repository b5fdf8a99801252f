import EventLoop
import HTTPFront
import Testing

extension LiveServerTests {
  @Suite struct ParkedRequestTests {
    @Test func `a parked request is answered from another thread`() throws {
      let application = try TestApplication { _ in .park(deadline: .seconds(60)) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        for number in 0..<10 {
          client.post("/publish", "x")
          let id = try #require(application.nextHandled())
          server.answer(id, with: .text("answer \(number)"))
          #expect(try client.readAnswer().body == "answer \(number)")
        }
      }
    }

    @Test func `a thousand parked requests each get their own answer`() throws {
      let application = try TestApplication { _ in .park(deadline: .seconds(60)) }
      try withServer(application, { $0.threads = 2 }) { server in
        let clients = try (0..<1000).map { _ in try TestClient(port: server.port) }
        var ids: [RequestID] = []
        for client in clients {
          client.post("/publish", "x")
          ids.append(try #require(application.nextHandled()))
        }
        #expect(
          eventually {
            (0..<2).map { server.statistics(ofShard: $0).parkedRequests }.reduce(0, +) == 1000
          })
        for (index, id) in ids.enumerated().reversed() {
          server.answer(id, with: .text("\(index)"))
        }
        for (index, client) in clients.enumerated() {
          #expect(try client.readAnswer().body == "\(index)")
        }
      }
    }

    @Test func `only the first answer counts`() throws {
      let application = try TestApplication { _ in .park(deadline: nil) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.post("/publish", "x")
        let id = try #require(application.nextHandled())
        server.answer(id, with: .text("first"))
        server.answer(id, with: .text("second"))
        #expect(try client.readAnswer().body == "first")
        client.post("/publish", "x")
        let next = try #require(application.nextHandled())
        #expect(next != id)
        server.answer(next, with: .text("third"))
        #expect(try client.readAnswer().body == "third")
      }
    }

    @Test(arguments: [false, true])
    func `a client that leaves while parked is noticed`(resets: Bool) throws {
      let application = try TestApplication { _ in .park(deadline: nil) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.post("/publish", "x")
        let id = try #require(application.nextHandled())
        if resets { client.reset() } else { client.finishSending() }
        #expect(application.next { if case .left(let id) = $0 { id } else { nil } } == id)
        server.answer(id, with: .text("too late"))
        #expect(eventually { server.statistics(ofShard: 0).connections == 0 })
        #expect(server.statistics(ofShard: 0).parkedRequests == 0)
      }
    }

    @Test func `a parked request has the deadline it was given`() throws {
      let application = try TestApplication { _ in .park(deadline: .milliseconds(50)) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        for _ in 0..<3 {
          client.post("/publish", "x")
          #expect(try client.readAnswer().status == 202)
        }
      }
    }

    @Test func `a request may stay parked beyond its deadline`() throws {
      let reached = try TestMailbox<RequestID>()
      let application = try TestApplication(
        late: { id in
          reached.send(id)
          return nil
        }, answer: { _ in .park(deadline: .milliseconds(20)) })
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.post("/publish", "x")
        let id = try #require(reached.next())
        server.answer(id, with: .text("at last"))
        #expect(try client.readAnswer().body == "at last")
      }
    }

    @Test func `a parked request can become a stream`() throws {
      let application = try TestApplication { _ in .park(deadline: nil) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/subscribe")
        let id = try #require(application.nextHandled())
        server.answer(id, with: StreamHead(headers: [:], heartbeat: Frame(":\n")))
        #expect(server.send([.start(id.stream, Frame("open\n\n"))], toShard: id.shard))
        #expect(try client.readAnswer(hasBody: false).status == 200)
        #expect(try client.readChunk() == "open\n\n")
      }
    }

    @Test func `pipelined requests behind a parked one wait for it`() throws {
      let application = try TestApplication { request in
        request.head.path == "/park" ? .park(deadline: nil) : .respond(.text("now"))
      }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/park")
        client.get("/now")
        let id = try #require(application.nextHandled())
        server.answer(id, with: .text("parked"))
        #expect(try client.readAnswer().body == "parked")
        #expect(try client.readAnswer().body == "now")
      }
    }
  }
}
