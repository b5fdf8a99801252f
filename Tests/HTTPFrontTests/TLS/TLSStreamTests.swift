import EventLoop
import HTTPFront
import TestSupport
import Testing
import WebSocketProtocol

extension LiveServerTests {
  @Suite struct TLSStreamTests {
    private func withStream(
      _ head: StreamHead = TestFrames.head(),
      _ configure: (inout HTTPServerOptions) -> Void = { _ in },
      receiveBufferBytes: Int32? = nil,
      _ body: (HTTPServer, TestApplication, TestStream) throws -> Void
    ) throws {
      let application = try TestApplication { _ in .stream(head) }
      try withTLSServer(application, nil, configure) { server in
        let stream = try TestStream(
          server, application, receiveBufferBytes: receiveBufferBytes, tls: TestTLSOptions())
        try body(server, application, stream)
      }
    }

    @Test func `a stream brings what its group gets, and ends in order`() throws {
      try withStream { server, application, stream in
        try stream.send(.join(stream.id, 1))
        for number in 1...50 {
          try stream.send(.append(TestFrames.frame(number), groups: [1]))
        }
        #expect(try stream.numbers(50) == Array(1...50))
        // It counts as a stream, not as a connection.
        #expect(eventually { server.statistics(ofShard: 0).connections == 0 })
        #expect(server.statistics(ofShard: 0).streams == 1)
        try stream.send(.end(stream.id, last: Frame("last")))
        #expect(try stream.chunks(2) == ["last", ""])
        #expect(try stream.client.isClosedByServer())
        #expect(application.nextClosed() == .ended)
      }
    }

    @Test func `heartbeats go out`() throws {
      try withStream(TestFrames.head(heartbeat: .milliseconds(50))) { _, _, stream in
        let chunks = try stream.chunks(3)
        #expect(chunks == ["plain", "plain", "plain"])
      }
    }

    @Test(arguments: [true, false])
    func `a client that leaves ends its stream`(resets: Bool) throws {
      try withStream { server, application, stream in
        if resets {
          stream.client.reset()
        } else {
          stream.client.tls?.sayGoodbye()
          stream.client.finishSending()
        }
        #expect(application.nextClosed() == .clientLeft)
        #expect(eventually { server.statistics(ofShard: 0).streams == 0 })
      }
    }

    @Test func `a client that does not read is bounded like any other, and gets all it was given`()
      throws
    {
      let ring = 1 << 20
      try withStream(
        TestFrames.head(whenBehind: .leave), { $0.ringBytes = ring },
        receiveBufferBytes: 8192
      ) { server, application, stream in
        try stream.send(.join(stream.id, 1))
        let size = 100_000
        for number in 1...200 {
          try stream.send(.append(TestFrames.frame(number, size: size), groups: [1]))
        }
        let lagged = try #require(application.nextLagged())
        // What the sockets of both sides, the relay and the ring hold.
        #expect(lagged < 100)
        #expect(server.statistics(ofShard: 0).ringBytes <= 2 * ring)
        #expect(try stream.numbers(Int(lagged)) == Array(1...Int(lagged)))
        #expect(application.nextDrained() == lagged)
        try stream.send(.replay(stream.id, TestFrames.frames(Int(lagged) + 1...Int(lagged) + 3)))
        #expect(try stream.numbers(3) == Array(Int(lagged) + 1...Int(lagged) + 3))
      }
    }

    @Test func `a client that takes nothing for too long is cut off`() throws {
      var head = TestFrames.head()
      head.writeStallLimit = .seconds(1)
      try withStream(head, receiveBufferBytes: 8192) { server, application, stream in
        try stream.send(.join(stream.id, 1))
        try stream.send(.append(TestFrames.frame(1, size: 12_000_000), groups: [1]))
        #expect(application.nextClosed() == .stalled)
      }
    }

    @Test func `a WebSocket carries messages of every size, both ways`() throws {
      let application = try TestWebSocket.application()
      try withTLSServer(application) { server in
        let socket = try TestWebSocket(server, application, tls: TestTLSOptions())
        for size in [0, 1, 125, 16_384, 300_000] {
          let text = String(repeating: "a", count: size)
          try socket.peer.send(.text, Array(text.utf8)[...])
          #expect(application.nextReceived() == text)
          try socket.say(text)
          #expect(try socket.text() == text)
        }
        try socket.peer.close(CloseStatus(.normal))
        #expect(try socket.closeStatus() == CloseStatus(.normal))
        #expect(application.nextClosed() == .closedByClient(CloseStatus(.normal)))
        #expect(eventually { server.statistics(ofShard: 0).streams == 0 })
      }
    }

    @Test func `two hundred streams all get every frame`() throws {
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      try withTLSServer(application, nil, { $0.threads = 2 }) { server in
        let streams = try (0..<200).map { _ in
          try TestStream(server, application, tls: TestTLSOptions())
        }
        for stream in streams { try stream.send(.join(stream.id, 1)) }
        for number in 1...100 {
          for shard in 0..<2 {
            let frame = TestFrames.frame(number, size: 500)
            #expect(server.send([.append(frame, groups: [1])], toShard: shard))
          }
        }
        for stream in streams { #expect(try stream.numbers(100) == Array(1...100)) }
        #expect((0..<2).reduce(0) { $0 + server.statistics(ofShard: $1).streams } == 200)
      }
    }

    @Test func `the server stops with open streams, and they hear its last words`() throws {
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      var streams: [TestStream] = []
      try withTLSServer(application) { server in
        streams = try (0..<5).map { _ in try TestStream(server, application, tls: TestTLSOptions())
        }
      }
      for stream in streams { #expect(try stream.chunks(2) == ["bye\n\n", ""]) }
    }

    @Test func `the server stops although a client does not read`() throws {
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      let listener = HTTPListener(
        .tcp(host: "127.0.0.1", port: 0), tls: try TestIdentity.make(), application: application)
      let server = try HTTPServer(options: HTTPServerOptions(), listeners: [listener])
      try server.start()
      let stream = try TestStream(
        server, application, receiveBufferBytes: 8192, tls: TestTLSOptions())
      try stream.send(.join(stream.id, 1))
      try stream.send(.append(TestFrames.frame(1, size: 12_000_000), groups: [1]))
      #expect(stream.waitUntilBlocked())
      server.stop(deadline: .milliseconds(200))
      server.join()
      #expect(application.nextClosed() == .serverStopped)
    }
  }
}
