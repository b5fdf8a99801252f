import EventLoop
import HTTPFront
import Testing

extension LiveServerTests {
  /// Streams that are further behind than the ring holds.
  @Suite struct StreamBehindTests {
    private static let ring = 10_000
    /// More than the sockets of both sides hold.
    private static let huge = 12_000_000

    private func withStream(
      _ whenBehind: WhenBehind = .leave,
      _ body: (HTTPServer, TestApplication, TestStream) throws -> Void
    ) throws {
      let application = try TestApplication { _ in
        .stream(TestFrames.head(whenBehind: whenBehind))
      }
      try withServer(application, { $0.ringBytes = Self.ring }) { server in
        try body(server, application, try TestStream(server, application))
      }
    }

    /// Sends one frame after the other, each more than half the ring.
    private func append(_ numbers: ClosedRange<Int>, _ stream: TestStream) throws {
      for frame in TestFrames.frames(numbers, size: 6000) {
        try stream.send(.append(frame, groups: [1]))
      }
    }

    @Test func `a stream that stopped in the middle of a frame gets the whole sequence`() throws {
      try withStream { server, application, stream in
        try stream.send(.join(stream.id, 1))
        try stream.send(.append(TestFrames.frame(1, size: Self.huge), groups: [1]))
        #expect(stream.waitUntilBlocked())
        try append(2...4, stream)
        // The first frame is half written, and its rest goes out whatever happens.
        #expect(application.nextLagged() == 1)
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
        #expect(application.takeAll() == [])
        #expect(try stream.numbers(1) == [1])
        #expect(application.nextDrained() == 1)
        try stream.send(.replay(stream.id, TestFrames.frames(2...3)))
        #expect(application.nextDrained() == 3)
        try stream.send(
          .join(stream.id, 1, isHeld: true), .append(TestFrames.frame(5), groups: [1]),
          .replay(stream.id, [TestFrames.frame(4)]), .release(stream.id))
        #expect(try stream.numbers(4) == [2, 3, 4, 5])
        #expect([4, 5].contains(application.nextDrained()))
        #expect(server.statistics(ofShard: 0).lagsTotal == 1)
        #expect(server.statistics(ofShard: 0).gapsTotal == 0)
      }
    }

    @Test func `a stream that stopped between two frames gets the whole sequence`() throws {
      try withStream { _, application, stream in
        try stream.send(.join(stream.id, 1))
        for number in 1...3 {
          try append(number...number, stream)
          #expect(try stream.numbers(1) == [number])
        }
        // More at once than the ring holds.
        try stream.send(
          .append(TestFrames.frame(4, size: 6000), groups: [1]),
          .append(TestFrames.frame(5, size: 6000), groups: [1]))
        #expect(application.nextLagged() == 3)
        #expect(application.nextDrained() == 3)
        try stream.send(.replay(stream.id, TestFrames.frames(4...5)))
        #expect(application.nextDrained() == 5)
        #expect(try stream.numbers(2) == [4, 5])
      }
    }

    @Test func `frames of a replay count into the position, though they wait`() throws {
      try withStream { server, application, stream in
        try stream.send(
          .replay(
            stream.id, [TestFrames.frame(1, size: Self.huge)] + TestFrames.frames(2...3)),
          .join(stream.id, 1, isHeld: true))
        #expect(stream.waitUntilBlocked())
        try append(4...6, stream)
        #expect(application.nextLagged() == 3)
        #expect(application.takeAll() == [])
        #expect(try stream.numbers(3) == [1, 2, 3])
        #expect(application.nextDrained() == 3)
      }
    }

    @Test func `a stream that loses frames before any position has none`() throws {
      try withStream { _, application, stream in
        try stream.send(.join(stream.id, 1, isHeld: true))
        try append(1...3, stream)
        #expect(application.nextLagged() == 0)
        #expect(application.nextDrained() == 0)
        // It has no group any more, so this lets nothing out.
        try stream.send(
          .release(stream.id), .append(TestFrames.frame(4), groups: [1]),
          .replay(stream.id, TestFrames.frames(1...4)))
        #expect(try stream.numbers(4) == [1, 2, 3, 4])
      }
    }

    @Test func `a private frame with a position goes with the lost frames before it`() throws {
      try withStream { _, application, stream in
        try stream.send(
          .join(stream.id, 1, isHeld: true), .append(TestFrames.frame(1, size: 6000), groups: [1]),
          .private(TestFrames.frame(2), streams: [stream.id]),
          .private(Frame("private"), streams: [stream.id]))
        try append(3...4, stream)
        #expect(application.nextLagged() == 0)
        #expect(application.nextDrained() == 0)
        try stream.send(.replay(stream.id, TestFrames.frames(1...4)))
        #expect(try stream.chunks(5) == ["private", "1 ", "2 ", "3 ", "4 "])
      }
    }

    @Test func `nothing is kept for streams that have left`() throws {
      try withStream { server, application, stream in
        var stalled: [TestStream] = []
        for _ in 0..<5 {
          let other = try TestStream(server, application, receiveBufferBytes: 4096)
          try other.send(.join(other.id, 1))
          stalled.append(other)
        }
        try stream.send(.append(TestFrames.frame(1, size: Self.huge), groups: [1]))
        #expect(eventually { server.statistics(ofShard: 0).laggingStreams == 5 })
        try append(2...4, stream)
        for _ in stalled { #expect(application.nextLagged() == 1) }
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
        // What its old group gets now is not for a stream that has left.
        try append(5...6, stream)
        try stream.send(.end(stalled[0].id, last: Frame("close")))
        #expect(try stalled[0].numbers(1) == [1])
        #expect(try stalled[0].chunks(2) == ["close", ""])
        #expect(server.statistics(ofShard: 0).lagsTotal == 5)
      }
    }

    @Test func `a stream may end when it is behind`() throws {
      try withStream(.end(Frame("too slow"))) { server, application, stream in
        try stream.send(.join(stream.id, 1))
        try stream.send(.append(TestFrames.frame(1, size: Self.huge), groups: [1]))
        #expect(stream.waitUntilBlocked())
        try append(2...4, stream)
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
        #expect(try stream.numbers(1) == [1])
        #expect(try stream.chunks(2) == ["too slow", ""])
        #expect(application.nextClosed() == .fellBehind)
        #expect(application.takeAll() == [])
      }
    }

    @Test func `a stream that is behind may end without a word`() throws {
      try withStream(.end(nil)) { _, application, stream in
        try stream.send(.join(stream.id, 1, isHeld: true))
        try append(1...3, stream)
        #expect(try stream.chunks(1) == [""])
        #expect(application.nextClosed() == .fellBehind)
      }
    }

    @Test func `a stream that was told to end gets a gap, not a chance to catch up`() throws {
      try withStream { _, application, stream in
        try stream.send(.join(stream.id, 1))
        try stream.send(.append(TestFrames.frame(1, size: Self.huge), groups: [1]))
        #expect(stream.waitUntilBlocked())
        try stream.send(
          .append(TestFrames.frame(2), groups: [1]), .end(stream.id, last: Frame("close")))
        try append(3...5, stream)
        #expect(try stream.numbers(1) == [1])
        #expect(try stream.chunks(3).last == "")
        #expect(application.nextClosed() == .ended)
        #expect(application.takeAll() == [])
      }
    }
  }
}
