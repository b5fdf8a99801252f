import EventLoop
import HTTPFront
import Testing

extension LiveServerTests {
  /// Frames for one stream alone, and joining a group that is held until they are written.
  @Suite struct StreamReplayTests {
    private func withStream(
      _ head: StreamHead = TestFrames.head(),
      _ body: (HTTPServer, TestApplication, TestStream) throws -> Void
    ) throws {
      let application = try TestApplication { _ in .stream(head) }
      try withServer(application) { server in
        try body(server, application, try TestStream(server, application))
      }
    }

    @Test func `replayed frames come before what the group got since a held join`() throws {
      try withStream { _, application, stream in
        try stream.send(
          .append(TestFrames.frame(3), groups: [1]),
          .join(stream.id, 1, isHeld: true), .append(TestFrames.frame(4), groups: [1]),
          .replay(stream.id, TestFrames.frames(1...2)))
        #expect(application.nextDrained() == 2)
        // Were it not held, 4 would be written already.
        try stream.send(
          .append(TestFrames.frame(5), groups: [1]),
          .replay(stream.id, [TestFrames.frame(3)]))
        #expect(application.nextDrained() == 3)
        try stream.send(
          .release(stream.id), .append(TestFrames.frame(6), groups: [1]))
        #expect(try stream.numbers(6) == [1, 2, 3, 4, 5, 6])
      }
    }

    @Test func `a replay of many frames keeps its order through many writes`() throws {
      try withStream { server, application, stream in
        try stream.send(.join(stream.id, 1, isHeld: true))
        try stream.send(.append(TestFrames.frame(1001), groups: [1]))
        try stream.send(.replay(stream.id, TestFrames.frames(1...500, size: 10_000)))
        try stream.send(.replay(stream.id, TestFrames.frames(501...1000)), .release(stream.id))
        #expect(try stream.numbers(1001) == Array(1...1001))
        // It counts what has gone out with the last of them.
        #expect([1000, 1001].contains(application.nextDrained()))
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
      }
    }

    @Test func `a private frame of a held stream keeps its place among the group's`() throws {
      try withStream { server, application, stream in
        try stream.send(
          .join(stream.id, 1, isHeld: true), .append(TestFrames.frame(2), groups: [1]),
          .private(Frame("private"), streams: [stream.id]),
          .append(TestFrames.frame(3), groups: [1]), .replay(stream.id, [TestFrames.frame(1)]))
        #expect(application.nextDrained() == 1)
        try stream.send(.replay(stream.id, []))
        #expect(application.nextDrained() == 1)
        // What is held back must not make it ask for room in the socket, over and over.
        #expect(server.statistics(ofShard: 0).laggingStreams == 0)
        try stream.send(.release(stream.id))
        #expect(try stream.chunks(4) == ["1 ", "2 ", "private", "3 "])
      }
    }

    @Test func `a replay is drained once, however many commands it came in`() throws {
      try withStream { _, application, stream in
        try stream.send(
          .replay(stream.id, [TestFrames.frame(1)]), .replay(stream.id, []),
          .replay(stream.id, [TestFrames.frame(2)]))
        #expect(application.nextDrained() == 2)
        try stream.send(.replay(stream.id, []))
        #expect(application.nextDrained() == 2)
        // Frames that are no replay tell nothing.
        try stream.send(
          .join(stream.id, 1), .append(TestFrames.frame(3), groups: [1]),
          .private(Frame("private"), streams: [stream.id]), .end(stream.id, last: nil))
        #expect(application.nextClosed() == .ended)
        #expect(application.takeAll() == [])
      }
    }

    @Test func `a replay is not drained before the socket has taken all of it`() throws {
      try withStream { server, application, stream in
        try stream.send(.replay(stream.id, [TestFrames.frame(1, size: 12_000_000)]))
        #expect(stream.waitUntilBlocked())
        #expect(application.takeAll() == [])
        #expect(try stream.numbers(1) == [1])
        #expect(application.nextDrained() == 1)
      }
    }

    @Test func `a replay before the start waits for it`() throws {
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/subscribe")
        let id = try #require(application.nextHandled()).stream
        let commands: [StreamCommand] = [
          .join(id, 1, isHeld: true), .append(TestFrames.frame(3), groups: [1]),
          .replay(id, TestFrames.frames(1...2)), .release(id),
        ]
        for command in commands { #expect(server.send([command], toShard: 0)) }
        #expect(eventually { server.statistics(ofShard: 0).commandsWaiting == 0 })
        #expect(application.takeAll() == [])
        #expect(server.send([.start(id, Frame("open"))], toShard: 0))
        _ = try client.readAnswer()
        let chunks = try (0..<4).map { _ in try client.readChunk() }
        #expect(chunks == ["open", "1 ", "2 ", "3 "])
        #expect(application.nextDrained() == 3)
      }
    }

    @Test func `a replay does not take the room of private frames`() throws {
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      try withServer(application, { $0.privateBytesPerStream = 100 }) { server in
        let stream = try TestStream(server, application)
        try stream.send(
          .replay(stream.id, TestFrames.frames(1...3, size: 1000)),
          .private(Frame("private"), streams: [stream.id]))
        #expect(try stream.numbers(3) == [1, 2, 3])
        #expect(try stream.chunks(1) == ["private"])
      }
    }

    @Test func `a held stream ends after its private frames, without its group's`() throws {
      try withStream { server, application, stream in
        try stream.send(
          .join(stream.id, 1, isHeld: true), .append(TestFrames.frame(2), groups: [1]),
          .replay(stream.id, [TestFrames.frame(1)]), .end(stream.id, last: Frame("close")))
        #expect(try stream.chunks(3) == ["1 ", "close", ""])
        #expect(application.nextClosed() == .ended)
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
      }
    }

    /// 1. A waits for its start or release, and frames are kept for it.
    /// 2. A may go on, and in the same turn a neighbour writes something of its own.
    /// 3. The neighbour sees nobody behind, and lets go of the frames before A had its turn.
    @Test(arguments: [false, true])
    func `a neighbour's write does not take the frames of one that may go on`(isHeld: Bool) throws {
      try withStream { server, application, first in
        let second = try TestStream(server, application)
        if isHeld {
          try first.send(.join(first.id, 1, isHeld: true), .join(second.id, 1))
          try first.send(.append(TestFrames.frame(1), groups: [1]))
          #expect(try second.numbers(1) == [1])
          try first.send(
            .release(first.id), .private(Frame("private"), streams: [second.id]),
            .append(TestFrames.frame(2), groups: [1]))
          #expect(try first.numbers(2) == [1, 2])
        } else {
          let client = try TestClient(port: server.port)
          client.get("/subscribe")
          let id = try #require(application.nextHandled()).stream
          try first.send(.join(id, 1), .join(second.id, 1))
          try first.send(.append(TestFrames.frame(1), groups: [1]))
          #expect(try second.numbers(1) == [1])
          try first.send(
            .start(id, Frame("open")), .private(Frame("private"), streams: [second.id]),
            .append(TestFrames.frame(2), groups: [1]))
          _ = try client.readAnswer()
          let chunks = try (0..<3).map { _ in try client.readChunk() }
          #expect(chunks == ["open", "1 ", "2 "])
        }
      }
    }
  }
}
