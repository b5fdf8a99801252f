import EventLoop
import HTTPFront
import Testing

extension LiveServerTests {
  /// Heartbeats that tell how far a stream has come.
  @Suite struct StreamHeartbeatTests {
    private func withStream(
      tellsPosition: Bool = true,
      _ body: (TestApplication, TestStream) throws -> Void
    ) throws {
      let application = try TestApplication { _ in
        .stream(
          TestFrames.head(heartbeat: .milliseconds(20), tellsPosition: tellsPosition))
      }
      try withServer(application, { $0.ringBytes = 10_000 }) { server in
        try body(application, try TestStream(server, application))
      }
    }

    /// The next heartbeats after a private frame, so that older ones do not count.
    private func heartbeats(_ stream: TestStream) throws -> Set<String> {
      try stream.send(.private(Frame("now"), streams: [stream.id]))
      while try stream.client.readChunk() != "now" {}
      return Set(try stream.chunks(3))
    }

    @Test func `an idle stream tells the position that its thread has reached`() throws {
      try withStream { application, stream in
        try stream.send(
          .join(stream.id, 1), .append(TestFrames.frame(5), groups: [1]),
          .position(Frame("at 7"), 7))
        while try stream.client.readChunk() != "5 " {}
        #expect(try heartbeats(stream) == ["at 7"])
        try stream.send(.position(Frame("at 9"), 9))
        #expect(try heartbeats(stream) == ["at 9"])
        // The told position is where a replay has to begin.
        try stream.send(
          .append(TestFrames.frame(10, size: 6000), groups: [1]),
          .append(TestFrames.frame(11, size: 6000), groups: [1]))
        #expect(application.nextLagged() == 9)
      }
    }

    @Test func `a position that a stream has passed is not told`() throws {
      try withStream { _, stream in
        try stream.send(
          .join(stream.id, 1), .position(Frame("at 7"), 7),
          .append(TestFrames.frame(8), groups: [1]))
        #expect(try heartbeats(stream) == ["plain"])
      }
    }

    @Test func `a stream whose head does not allow it has its own heartbeat`() throws {
      try withStream(tellsPosition: false) { _, stream in
        try stream.send(.join(stream.id, 1), .position(Frame("at 7"), 7))
        #expect(try heartbeats(stream) == ["plain"])
      }
    }

    @Test func `a stream tells a position in the kind of heartbeat that its head names`() throws {
      let application = try TestApplication { _ in
        var head = TestFrames.head(heartbeat: .milliseconds(20), tellsPosition: true)
        head.heartbeatKind = 1
        return .stream(head)
      }
      try withServer(application) { server in
        let stream = try TestStream(server, application)
        try stream.send(.join(stream.id, 1), .position(Frame("at 7"), 7))
        #expect(try heartbeats(stream) == ["plain"])
        try stream.send(.position(Frame("line 8"), 8, kind: 1), .position(Frame("at 9"), 9))
        #expect(try heartbeats(stream) == ["line 8"])
      }
    }

    @Test func `a stream tells no position while it is held or has no group`() throws {
      try withStream { application, stream in
        try stream.send(.position(Frame("at 7"), 7))
        #expect(try heartbeats(stream) == ["plain"])
        try stream.send(.join(stream.id, 1, isHeld: true))
        #expect(try heartbeats(stream) == ["plain"])
        try stream.send(.release(stream.id))
        #expect(try heartbeats(stream) == ["at 7"])
        try stream.send(
          .append(TestFrames.frame(10, size: 6000), groups: [1]),
          .append(TestFrames.frame(11, size: 6000), groups: [1]), .position(Frame("at 11"), 11))
        #expect(application.nextLagged() == 7)
        #expect(try heartbeats(stream) == ["plain"])
      }
    }

    @Test func `a stream that is not started tells no position`() throws {
      let application = try TestApplication { _ in
        .stream(TestFrames.head(heartbeat: .milliseconds(20), tellsPosition: true))
      }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/subscribe")
        let id = try #require(application.nextHandled()).stream
        #expect(server.send([.join(id, 1), .position(Frame("at 7"), 7)], toShard: 0))
        _ = try client.readAnswer()
        #expect(eventually { server.statistics(ofShard: 0).commandsWaiting == 0 })
        for _ in 0..<3 { #expect(try client.readChunk() == "plain") }
        #expect(server.send([.start(id, Frame("open"))], toShard: 0))
        while try client.readChunk() != "open" {}
        #expect(try client.readChunk() == "at 7")
      }
    }
  }
}
