import EventLoop
import Glibc
import HTTPFront
import Testing

extension LiveServerTests {
  @Suite struct HTTPServerTests {
    private func echo() throws -> TestApplication {
      try TestApplication { request in
        .respond(.text("\(request.head.method) \(request.head.path) \(request.body.count)"))
      }
    }

    @Test func `one connection serves several requests`() throws {
      try withServer(try echo()) { server in
        let client = try TestClient(port: server.port)
        for number in 0..<3 {
          client.post("/a/\(number)", "xyz")
          let answer = try client.readAnswer()
          #expect(answer.status == 200)
          #expect(answer.body == "POST /a/\(number) 3")
          #expect(answer.headers["date"] != nil)
        }
      }
    }

    @Test func `pipelined requests are answered in order`() throws {
      try withServer(try echo()) { server in
        let client = try TestClient(port: server.port)
        client.send(
          (0..<20).map { "GET /\($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        for number in 0..<20 {
          #expect(try client.readAnswer().body == "GET /\(number) 0")
        }
      }
    }

    @Test func `HEAD gets the headers alone`() throws {
      try withServer(try echo()) { server in
        let client = try TestClient(port: server.port)
        client.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n")
        let answer = try client.readAnswer(hasBody: false)
        #expect(answer.headers["content-length"] == "9")
        client.get("/y")
        #expect(try client.readAnswer().body == "GET /y 0")
      }
    }

    @Test func `the head arrives as it was sent`() throws {
      let seen = Locked<RequestHead?>(nil)
      let application = try TestApplication { request in
        seen.withLock { $0 = request.head }
        return .respond(Response(status: 204))
      }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/t%2Fx/+?topic=a/%2B/+&x=%00&x=2", headers: "X-One: 1\r\nx-one: 2\r\n")
        #expect(try client.readAnswer().status == 204)
        let head = try #require(seen.withLock { $0 })
        #expect(head.path == "/t%2Fx/+")
        #expect(try head.query.first("topic")?.value(plus: .topicFilter) == "a/+/+")
        #expect(throws: PercentDecodingError.containsNUL) { try head.query.first("x")?.value() }
        #expect(head.headers.values("X-ONE") == ["1", "2"])
        #expect(head.clientAddress == "127.0.0.1")
        #expect(head.version == "HTTP/1.1")
      }
    }

    @Test func `answers may carry hostile header values without breaking the head`() throws {
      let application = try TestApplication { _ in
        .respond(Response(status: 200, headers: ["X-A": "b\r\nX-Evil: 1"]))
      }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/")
        let answer = try client.readAnswer()
        #expect(answer.headers["x-evil"] == nil)
        #expect(answer.headers["x-a"] == "b  X-Evil: 1")
      }
    }

    @Test func `several threads share one port`() throws {
      let application = try echo()
      try withServer(application, { $0.threads = 2 }) { server in
        var shards: Set<Int> = []
        for _ in 0..<64 where shards.count < 2 {
          let client = try TestClient(port: server.port)
          client.get("/")
          #expect(try client.readAnswer().status == 200)
          shards.insert(try #require(application.nextHandled()).shard)
        }
        #expect(shards == [0, 1])
      }
    }

    @Test func `a port that another server has is refused`() throws {
      try withServer(try echo()) { server in
        #expect(throws: HTTPServerError.addressInUse(host: "127.0.0.1", port: server.port)) {
          var options = HTTPServerOptions()
          options.port = server.port
          _ = try HTTPServer(options: options, application: try echo())
        }
      }
    }

    @Test func `a host that nobody knows is refused`() throws {
      var options = HTTPServerOptions()
      options.host = "no.such.host.invalid"
      #expect(throws: HTTPServerError.unknownHost("no.such.host.invalid")) {
        _ = try HTTPServer(options: options, application: try echo())
      }
    }

    @Test func `stop answers parked requests and ends the threads`() throws {
      let application = try TestApplication { _ in .park(deadline: nil) }
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let client = try TestClient(port: server.port)
      client.post("/publish", "x")
      #expect(application.nextHandled() != nil)
      server.stop(deadline: .seconds(5))
      let answer = try client.readAnswer()
      #expect(answer.status == 503)
      #expect(answer.body.contains("\"code\":\"draining\""))
      #expect(answer.headers["connection"]?.lowercased() == "close")
      server.join()
      #expect(throws: TestClient.Failure.self) { try TestClient(port: server.port) }
      #expect(!server.send([.append(Frame("x"), groups: [1])], toShard: 0))
    }

    @Test func `a quiet server answers who is connected once more, and lets nobody in`() throws {
      let application = try echo()
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let (busy, fresh) = (try TestClient(port: server.port), try TestClient(port: server.port))
      busy.get("/")
      #expect(try busy.readAnswer().headers["connection"]?.lowercased() != "close")
      server.quiesce(patience: .seconds(600))
      #expect(eventually { (try? TestClient(port: server.port)) == nil })
      for client in [busy, fresh] {
        client.get("/")
        let answer = try client.readAnswer()
        #expect(answer.status == 200)
        #expect(answer.headers["connection"]?.lowercased() == "close")
        #expect(try client.isClosedByServer())
      }
      server.stop(deadline: .seconds(5))
      server.join()
    }

    @Test func `a quiet server closes who brings no request in time`() throws {
      let application = try echo()
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let client = try TestClient(port: server.port)
      client.get("/")
      #expect(try client.readAnswer().status == 200)
      server.quiesce(patience: .milliseconds(50))
      #expect(try client.isClosedByServer())
      server.stop(deadline: .seconds(5))
      server.join()
    }

    @Test func `stop with idle connections does not wait for them`() throws {
      let application = try echo()
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let client = try TestClient(port: server.port)
      client.get("/")
      #expect(try client.readAnswer().status == 200)
      server.stop(deadline: .seconds(600))
      server.join()
      #expect(try client.isClosedByServer())
    }
  }
}
