import EventLoop
import Glibc
import HTTPFront
import TestSupport
import Testing

extension LiveServerTests {
  /// Random readers that stall and come back, and an application that replays what they missed.
  @Suite struct StreamModelTests {
    @Test func `whatever a reader does, it gets every frame once and in order`() throws {
      var random = SeededGenerator(for: "stream model")
      let application = try TestApplication { _ in .stream(TestFrames.head()) }
      try withServer(application, { $0.ringBytes = 200_000 }) { server in
        var model = StreamModel(server, application)
        for step in 0..<250 {
          if step % 60 == 0 { try model.addReader() }
          if random.chance(0.02), model.readers.count < 8 { try model.addReader() }
          try model.append(sizes: sizes(at: step, &random))
          model.read(&random)
          try model.act(&random)
        }
        #expect(server.statistics(ofShard: 0).ringBytes <= 1_010_000)
        try model.finish(&random)
        #expect(server.statistics(ofShard: 0).lagsTotal > 0)
        #expect(server.statistics(ofShard: 0).gapsTotal == 0)
        for reader in model.readers {
          #expect(reader.numbers == Array(1...model.frames.count), "\(reader.stream.id)")
        }
        #expect(eventually { server.statistics(ofShard: 0).ringBytes == 0 })
      }
    }

    /// Mostly small frames; some fill the sockets, and some come with more than the ring holds.
    private func sizes(at step: Int, _ random: inout SeededGenerator) -> [Int] {
      if random.chance(0.03) { return [1_000_000] }
      if step % 50 == 49 || random.chance(0.02) { return [150_000, 150_000, 10] }
      return (0..<Int.random(in: 1...4, using: &random)).map { _ in
        Int.random(in: 0...10_000, using: &random)
      }
    }
  }
}

/// The application's side of the random test: all frames so far, and where each reader is.
private struct StreamModel {
  final class Reader {
    let stream: TestStream
    var numbers: [Int] = []
    /// While it stalls, it reads nothing.
    var isStalled = true
    /// How many frames it was sent by replays, or had when it lagged.
    var sent = 0
    var isCatchingUp = true

    init(_ stream: TestStream) { self.stream = stream }
  }

  let server: HTTPServer
  let application: TestApplication
  var frames: [Frame] = []
  var readers: [Reader] = []

  init(_ server: HTTPServer, _ application: TestApplication) {
    self.server = server
    self.application = application
  }

  /// A new reader wants everything from the first frame on.
  mutating func addReader() throws {
    let reader = Reader(
      try TestStream(server, application, receiveBufferBytes: 65_536))
    readers.append(reader)
    try reader.stream.send(.replay(reader.stream.id, []))
  }

  mutating func append(sizes: [Int]) throws {
    var commands: [StreamCommand] = []
    for size in sizes {
      let frame = TestFrames.frame(frames.count + 1, size: size)
      frames.append(frame)
      commands.append(.append(frame, groups: [1]))
    }
    try #require(server.send(commands, toShard: 0))
  }

  func read(_ random: inout SeededGenerator) {
    for reader in readers {
      if random.chance(0.03) { reader.isStalled.toggle() }
      guard !reader.isStalled else { continue }
      _ = reader.stream.client.receive(atMost: Int.random(in: 1...300_000, using: &random))
      while let chunk = reader.stream.client.takeChunk() {
        reader.numbers.append(TestFrames.number(of: chunk))
      }
    }
  }

  /// Answers what the streams have told since.
  func act(_ random: inout SeededGenerator) throws {
    for event in application.takeAll() {
      switch event {
      case .lagged(let id, let position):
        let reader = try reader(id)
        // What was sent before this came is written too.
        reader.sent = max(reader.sent, Int(position))
        reader.isCatchingUp = true
      case .drained(let id, _):
        let reader = try reader(id)
        if reader.isCatchingUp { try replay(reader, &random) }
      case .closed, .handled, .left, .reported, .opened, .received, .crowded, .piece, .aborted:
        Issue.record("\(event)")
      }
    }
  }

  /// Sends a page, or the rest and lets the stream join.
  private func replay(_ reader: Reader, _ random: inout SeededGenerator) throws {
    let id = reader.stream.id
    let end = min(frames.count, reader.sent + Int.random(in: 0...10, using: &random))
    let page = StreamCommand.replay(id, Array(frames[reader.sent..<end]))
    reader.sent = end
    reader.isCatchingUp = end < frames.count
    if reader.isCatchingUp {
      try reader.stream.send(page)
    } else {
      try reader.stream.send(.join(id, 1, isHeld: true), page, .release(id))
    }
  }

  private func reader(_ id: StreamID) throws -> Reader {
    try #require(readers.first { $0.stream.id == id })
  }

  /// Reads until everybody has everything.
  mutating func finish(_ random: inout SeededGenerator) throws {
    let deadline = Deadline(after: .seconds(60))
    while readers.contains(where: { $0.numbers.count < frames.count }) {
      try #require(!deadline.hasPassed)
      for reader in readers { reader.isStalled = false }
      read(&random)
      try act(&random)
      sched_yield()
    }
  }
}
