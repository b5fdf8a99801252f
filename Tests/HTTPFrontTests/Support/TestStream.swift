import HTTPFront
import TestSupport
import Testing

/// One stream of a test: its client, and the commands that name it.
final class TestStream {
  let client: TestClient
  let id: StreamID
  private let server: HTTPServer

  /// Opens a stream, starts it and reads everything up to the frame `open`.
  init(
    _ server: HTTPServer, _ application: TestApplication, receiveBufferBytes: Int32? = nil,
    tls: TestTLSOptions? = nil
  ) throws {
    self.server = server
    client = try TestClient(
      port: server.port, receiveBufferBytes: receiveBufferBytes, tls: tls)
    client.get("/subscribe")
    id = try #require(application.nextHandled()).stream
    try send(.start(id, Frame("open")))
    _ = try client.readAnswer()
    while try client.readChunk() != "open" {}
  }

  func send(_ commands: StreamCommand...) throws {
    try #require(server.send(commands, toShard: id.shard))
  }

  func chunks(_ count: Int) throws -> [String] {
    try (0..<count).map { _ in try client.readChunk() }
  }

  /// The numbers at the beginning of this many chunks.
  func numbers(_ count: Int) throws -> [Int] {
    try chunks(count).map { TestFrames.number(of: $0) }
  }

  /// Waits until its socket takes no more.
  func waitUntilBlocked() -> Bool {
    eventually { self.server.statistics(ofShard: self.id.shard).laggingStreams == 1 }
  }
}

/// Frames that begin with their position.
enum TestFrames {
  static func frame(_ number: Int, size: Int = 0) -> Frame {
    Frame("\(number) " + String(repeating: "x", count: size), position: Int64(number))
  }

  static func frames(_ numbers: ClosedRange<Int>, size: Int = 0) -> [Frame] {
    numbers.map { frame($0, size: size) }
  }

  /// The number that a frame's text begins with; -1 when it does not.
  static func number(of text: String) -> Int { Int(text.prefix { $0.isNumber }) ?? -1 }

  static func head(
    heartbeat: Duration = .seconds(60), whenBehind: WhenBehind = .leave,
    tellsPosition: Bool = false
  ) -> StreamHead {
    StreamHead(
      headers: [:], heartbeat: Frame("plain"), heartbeatInterval: heartbeat,
      whenBehind: whenBehind, heartbeatTellsPosition: tellsPosition)
  }
}
