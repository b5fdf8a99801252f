import EventLoop
import HTTPFront
import Testing

extension LiveServerTests {
  @Suite struct EventStreamTests {
    /// Opens a stream and returns its client and name.
    private func open(
      _ server: HTTPServer, _ application: TestApplication, version: String = "1.1",
      receiveBufferBytes: Int32? = nil
    ) throws -> (client: TestClient, id: StreamID) {
      let client = try TestClient(port: server.port, receiveBufferBytes: receiveBufferBytes)
      client.send("GET /subscribe HTTP/\(version)\r\nHost: h\r\n\r\n")
      let id = try #require(application.nextHandled()).stream
      return (client, id)
    }

    private func application(
      heartbeat: Duration = .seconds(60), stall: Duration = .seconds(60)
    ) throws -> TestApplication {
      try TestApplication { _ in
        .stream(
          StreamHead(
            headers: ["Content-Type": "text/event-stream"], opening: Frame(": hello\n\n"),
            heartbeat: Frame(": hb\n\n"), heartbeatInterval: heartbeat, writeStallLimit: stall))
      }
    }

    @Test func `a stream begins with its head and its opening at once`() throws {
      let application = try application()
      try withServer(application) { server in
        let (client, _) = try open(server, application)
        let head = try client.readAnswer()
        #expect(head.status == 200)
        #expect(head.headers["content-type"] == "text/event-stream")
        #expect(head.headers["transfer-encoding"] == "chunked")
        #expect(head.headers["content-length"] == nil)
        #expect(try client.readChunk() == ": hello\n\n")
      }
    }

    @Test
    func `a stream gets its first frame, then the private ones, then the group since joining`()
      throws
    {
      let application = try application()
      try withServer(application) { server in
        let (client, id) = try open(server, application)
        let commands: [StreamCommand] = [
          .append(Frame("before"), groups: [7]),
          .join(id, 7),
          .append(Frame("live 1"), groups: [7]),
          .private(Frame("kept 1"), streams: [id]),
          .append(Frame("live 2"), groups: [7]),
          .private(Frame("kept 2"), streams: [id]),
          .start(id, Frame("open")),
          .append(Frame("live 3"), groups: [7]),
          .private(Frame("kept 3"), streams: [id]),
          .append(Frame("live 4"), groups: [7]),
        ]
        for command in commands { #expect(server.send([command], toShard: 0)) }
        _ = try client.readAnswer()
        var chunks: [String] = []
        for _ in 0..<9 { chunks.append(try client.readChunk()) }
        #expect(
          chunks == [
            ": hello\n\n", "open", "kept 1", "kept 2", "live 1", "live 2", "live 3", "kept 3",
            "live 4",
          ])
      }
    }

    @Test func `every stream of every group gets its frames once and in order`() throws {
      let application = try application()
      try withServer(application, { $0.threads = 2 }) { server in
        let groups: [GroupID] = [0, 1, 2, 3, 4]
        var streams: [(client: TestClient, id: StreamID, group: GroupID)] = []
        for index in 0..<200 {
          let (client, id) = try open(server, application)
          let group = groups[index % groups.count]
          #expect(
            server.send([.join(id, group), .start(id, Frame("open"))], toShard: id.shard))
          streams.append((client, id, group))
        }
        // Frame n goes to all groups but n % 5, and every third with the groups in reverse.
        for number in 0..<100 {
          var targets = groups.filter { $0 != GroupID(number % 5) }
          if number % 3 == 0 { targets.reverse() }
          for shard in 0..<2 {
            #expect(server.send([.append(Frame("\(number)"), groups: targets)], toShard: shard))
          }
        }
        for stream in streams {
          _ = try stream.client.readAnswer()
          #expect(try stream.client.readChunk() == ": hello\n\n")
          #expect(try stream.client.readChunk() == "open")
          for number in 0..<100 where GroupID(number % 5) != stream.group {
            #expect(try stream.client.readChunk() == "\(number)")
          }
        }
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
        #expect(eventually { server.statistics(ofShard: 1).ringBytes == 0 })
      }
    }

    @Test func `stalled streams cost the others nothing and bounded memory`() throws {
      let application = try application()
      let ring = 1 << 20
      try withServer(application, { $0.ringBytes = ring }) { server in
        var stalled: [TestClient] = []
        for _ in 0..<20 {
          let (client, id) = try open(server, application, receiveBufferBytes: 4096)
          #expect(server.send([.join(id, 1), .start(id, Frame("open"))], toShard: 0))
          stalled.append(client)
        }
        let (client, id) = try open(server, application)
        #expect(server.send([.join(id, 1), .start(id, Frame("open"))], toShard: 0))
        _ = try client.readAnswer()
        #expect(try client.readChunk() == ": hello\n\n")
        #expect(try client.readChunk() == "open")
        // More than the sockets of the stalled ones and the ring can hold.
        let filling = String(repeating: "x", count: 10_000)
        for number in 0..<1000 {
          #expect(server.send([.append(Frame("\(number) \(filling)"), groups: [1])], toShard: 0))
          #expect(try client.readChunk().hasPrefix("\(number) "))
          #expect(server.statistics(ofShard: 0).ringBytes <= ring)
        }
        let statistics = server.statistics(ofShard: 0)
        #expect(statistics.laggingStreams == 20)
        #expect(statistics.streams == 21)
        // One that wakes up finds out what it missed, and goes on without a hole.
        let late = stalled[0]
        _ = try late.readAnswer()
        #expect(try late.readChunk() == ": hello\n\n")
        #expect(try late.readChunk() == "open")
        var next = 0
        var gaps = 0
        while next < 1000 {
          let chunk = try late.readChunk()
          let words = chunk.split(separator: " ")
          if words[0] == "gap" {
            next += try #require(Int(words[1].prefix { $0.isNumber }))
            gaps += 1
          } else {
            #expect(words[0] == "\(next)")
            next += 1
          }
        }
        #expect(gaps == 1)
      }
    }

    @Test func `private frames over the limit become a gap`() throws {
      let application = try application()
      try withServer(application, { $0.privateBytesPerStream = 100 }) { server in
        let (client, id) = try open(server, application)
        let frame = Frame(String(repeating: "p", count: 40))
        var commands = [StreamCommand.join(id, 1)]
        for _ in 0..<5 { commands.append(.private(frame, streams: [id])) }
        commands.append(.start(id, Frame("open")))
        #expect(server.send(commands, toShard: 0))
        _ = try client.readAnswer()
        #expect(try client.readChunk() == ": hello\n\n")
        #expect(try client.readChunk() == "open")
        #expect(try client.readChunk().hasPrefix("pppp"))
        #expect(try client.readChunk().hasPrefix("pppp"))
        #expect(try client.readChunk() == "gap 3\n\n")
      }
    }

    @Test func `an idle stream gets heartbeats, started or not`() throws {
      let application = try application(heartbeat: .milliseconds(30))
      try withServer(application) { server in
        let (client, id) = try open(server, application)
        _ = try client.readAnswer()
        #expect(try client.readChunk() == ": hello\n\n")
        #expect(try client.readChunk() == ": hb\n\n")
        #expect(server.send([.start(id, Frame("open"))], toShard: 0))
        while try client.readChunk() != "open" {}
        #expect(try client.readChunk() == ": hb\n\n")
        #expect(try client.readChunk() == ": hb\n\n")
      }
    }

    @Test(arguments: [false, true])
    func `a client that leaves is noticed without any traffic`(resets: Bool) throws {
      let application = try application()
      try withServer(application) { server in
        let (client, _) = try open(server, application)
        _ = try client.readAnswer()
        if resets { client.reset() } else { client.finishSending() }
        #expect(application.nextClosed() == .clientLeft)
        #expect(eventually { server.statistics(ofShard: 0).streams == 0 })
      }
    }

    @Test func `a stream whose client takes nothing is closed after the stall limit`() throws {
      let application = try application(stall: .milliseconds(200))
      try withServer(application) { server in
        let (client, id) = try open(server, application, receiveBufferBytes: 4096)
        var commands: [StreamCommand] = [.join(id, 1), .start(id, Frame("open"))]
        let frame = Frame(String(repeating: "x", count: 100_000))
        for _ in 0..<200 { commands.append(.append(frame, groups: [1])) }
        #expect(server.send(commands, toShard: 0))
        #expect(application.nextClosed() == .stalled)
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
        #expect(client.received.isEmpty)
      }
    }

    @Test func `an ended stream has its last frame and the end of the body`() throws {
      let application = try application()
      try withServer(application) { server in
        let (client, id) = try open(server, application)
        #expect(
          server.send(
            [
              .join(id, 1), .start(id, Frame("open")), .append(Frame("one"), groups: [1]),
              .end(id, last: Frame("close")), .append(Frame("too late"), groups: [1]),
            ], toShard: 0))
        _ = try client.readAnswer()
        var chunks: [String] = []
        for _ in 0..<5 { chunks.append(try client.readChunk()) }
        #expect(chunks == [": hello\n\n", "open", "one", "close", ""])
        #expect(try client.isClosedByServer())
        #expect(client.received.isEmpty)
        #expect(application.nextClosed() == .ended)
      }
    }

    @Test func `a stream can end before it started`() throws {
      let application = try application()
      try withServer(application) { server in
        let (client, id) = try open(server, application)
        #expect(
          server.send(
            [.join(id, 1), .append(Frame("one"), groups: [1]), .end(id, last: Frame("close"))],
            toShard: 0))
        _ = try client.readAnswer()
        #expect(try client.readChunk() == ": hello\n\n")
        #expect(try client.readChunk() == "close")
        #expect(try client.readChunk() == "")
        #expect(try client.isClosedByServer())
      }
    }

    @Test func `an HTTP 1.0 client gets the content without chunks`() throws {
      let application = try application()
      try withServer(application) { server in
        let (client, id) = try open(server, application, version: "1.0")
        #expect(
          server.send(
            [
              .join(id, 1), .start(id, Frame("open\n\n")), .append(Frame("one\n\n"), groups: [1]),
              .end(id, last: Frame("close\n\n")),
            ], toShard: 0))
        let head = try client.readAnswer()
        #expect(head.headers["transfer-encoding"] == nil)
        #expect(try client.isClosedByServer())
        #expect(
          String(decoding: client.received, as: UTF8.self)
            == ": hello\n\nopen\n\none\n\nclose\n\n")
      }
    }

    @Test func `a HEAD request for a stream gets the head alone`() throws {
      let application = try application()
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.send("HEAD /subscribe HTTP/1.1\r\nHost: h\r\n\r\n")
        let head = try client.readAnswer(hasBody: false)
        #expect(head.headers["content-type"] == "text/event-stream")
        #expect(application.nextClosed() == .ended)
      }
    }

    @Test func `a stream over the limit is refused`() throws {
      let application = try application()
      try withServer(application, { $0.streamsMax = 1 }) { server in
        let (first, _) = try open(server, application)
        _ = try first.readAnswer()
        let (second, _) = try open(server, application)
        #expect(try second.readAnswer().status == 429)
        #expect(application.nextClosed() == .refused)
      }
    }

    @Test func `stop ends streams with their closing frame`() throws {
      let application = try application()
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let (client, id) = try open(server, application)
      #expect(server.send([.start(id, Frame("open"))], toShard: 0))
      _ = try client.readAnswer()
      #expect(try client.readChunk() == ": hello\n\n")
      #expect(try client.readChunk() == "open")
      server.stop(deadline: .seconds(5))
      #expect(try client.readChunk() == "bye\n\n")
      #expect(try client.readChunk() == "")
      #expect(application.nextClosed() == .serverStopped)
      client.finishSending()
      server.join()
    }

    @Test func `a stalled stream cannot hold up a stop`() throws {
      let application = try application()
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let (client, id) = try open(server, application, receiveBufferBytes: 4096)
      var commands: [StreamCommand] = [.join(id, 1), .start(id, Frame("open"))]
      let frame = Frame(String(repeating: "x", count: 100_000))
      for _ in 0..<200 { commands.append(.append(frame, groups: [1])) }
      #expect(server.send(commands, toShard: 0))
      #expect(eventually { server.statistics(ofShard: 0).laggingStreams == 1 })
      server.stop(deadline: .milliseconds(100))
      server.join()
      #expect(application.nextClosed() == .serverStopped)
      #expect(client.received.isEmpty)
    }

    @Test func `commands to streams and groups that do not exist are ignored`() throws {
      let application = try application()
      try withServer(application) { server in
        let nobody = StreamID(shard: 0, serial: 12_345)
        #expect(
          server.send(
            [
              .join(nobody, 1), .start(nobody, Frame("a")), .append(Frame("b"), groups: [1, 2]),
              .private(Frame("c"), streams: [nobody]), .end(nobody, last: nil),
            ], toShard: 0))
        #expect(!server.send([], toShard: 99))
        let (client, _) = try open(server, application)
        #expect(try client.readAnswer().status == 200)
      }
    }

    @Test func `a full mailbox refuses a batch as a whole`() throws {
      let application = try TestApplication { _ in .respond(.text("")) }
      var options = HTTPServerOptions()
      options.commandsMax = 3
      // Not started, so that nothing is taken out.
      let server = try HTTPServer(options: options, application: application)
      let command = StreamCommand.append(Frame("x"), groups: [1])
      #expect(server.send([command, command], toShard: 0))
      #expect(!server.send([command, command], toShard: 0))
      #expect(server.send([command], toShard: 0))
      #expect(server.statistics(ofShard: 0).commandsWaiting == 3)
    }
  }
}
