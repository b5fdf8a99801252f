import MQTTClient
import Store
import Testing

@testable import Bridge
@testable import HTTPFront

/// What one stream is given of the log at a time.
@Suite struct ReplayPageTests {
  /// The sequences of the events of a page, and up to where it has looked.
  private struct Result: Equatable, Sendable {
    var events: [Int64]
    var cursor: Int64
  }

  private static func page(
    _ log: TestLog, after: Int64 = 0, _ filters: [String] = ["a/#"], bytesMax: Int = 1 << 20,
    _ read: @escaping @Sendable (inout ReplayPage, EventReader) throws -> Void
  ) throws -> Result {
    let request = StreamRequest(
      stream: StreamID(shard: 0, serial: 1), filters: try filters.map { try TopicFilter($0) },
      maximumQoS: .atLeastOnce, wantsRetained: false, representation: Representation())
    return try log.read { reader in
      var page = ReplayPage(
        after: LoggedEvent(sequence: after, time: 1), request, epoch: TestLog.epoch,
        bytesMax: bytesMax)
      try read(&page, reader)
      #expect(page.frames.last.map { $0.position <= page.cursor.sequence } ?? true)
      return Result(events: page.frames.flatMap(\.sequences), cursor: page.cursor.sequence)
    }
  }

  @Test func `a page has what counts for the stream, and every mark`() throws {
    let log = try TestLog()
    let served = ["a/#", "#"]
    try log.log([
      .message("x"), .message("a/1"), .mark("m"), .message("a/2", through: ["#"], served: served),
      .message("a/2", through: ["a/#"], served: served), .message("x"),
    ])
    let all = try Self.page(log) { try $0.read($1, through: 6, eventsMax: .max) }
    #expect(all == Result(events: [2, 3, 5], cursor: 6))
    let part = try Self.page(log, after: 2) { try $0.read($1, through: 4, eventsMax: .max) }
    #expect(part == Result(events: [3], cursor: 4))
    let none = try Self.page(log, ["y"]) { try $0.read($1, through: 2, eventsMax: .max) }
    #expect(none == Result(events: [], cursor: 2))
    let beyond = try Self.page(log, after: 5) { try $0.read($1, through: 99, eventsMax: .max) }
    #expect(beyond == Result(events: [], cursor: 6))
  }

  @Test func `a page ends when it has enough events or bytes`() throws {
    let log = try TestLog()
    try log.log((0..<20).map { try .message($0 % 2 == 0 ? "x" : "a/b", bytes: 1000) })
    let few = try Self.page(log) { try $0.read($1, through: 20, eventsMax: 3) }
    #expect(few == Result(events: [2, 4, 6], cursor: 6))
    let small = try Self.page(log, bytesMax: 2500) { try $0.read($1, through: 20, eventsMax: 99) }
    #expect(small == Result(events: [2, 4, 6], cursor: 6))
  }

  @Test func `pages of any size together have each event once`() throws {
    let log = try TestLog()
    try log.log((0..<50).map { try $0 % 7 == 0 ? .mark("m") : .message($0 % 3 == 0 ? "x" : "a/b") })
    let all = try Self.page(log) { try $0.read($1, through: 50, eventsMax: .max) }
    #expect(all.events.count == 36)
    for (eventsMax, bytesMax) in [(1, 1 << 20), (3, 1 << 20), (.max, 1), (.max, 400), (2, 300)] {
      var events: [Int64] = []
      var cursor: Int64 = 0
      while cursor < 50 {
        let page = try Self.page(log, after: cursor, bytesMax: bytesMax) {
          try $0.read($1, through: 50, eventsMax: eventsMax)
        }
        try #require(page.cursor > cursor)
        events += page.events
        cursor = page.cursor
      }
      #expect(events == all.events)
    }
  }

  @Test func `of each topic only the newest is kept, and every mark`() throws {
    let log = try TestLog()
    try log.log([
      .message("a/1"), .message("a/2"), .mark("m"), .message("a/1"), .message("x"),
      .message("a/3"), .message("a/2"),
    ])
    let all = try Self.page(log) { try $0.readNewest($1, through: 7, eventsMax: .max) }
    #expect(all == Result(events: [3, 4, 6, 7], cursor: 7))
    let early = try Self.page(log) { try $0.readNewest($1, through: 3, eventsMax: .max) }
    #expect(early == Result(events: [1, 2, 3], cursor: 3))
    let one = try Self.page(log) { try $0.readNewest($1, through: 7, eventsMax: 1) }
    #expect(one == Result(events: [3, 4], cursor: 4))
  }

  @Test func `a page of the newest is bounded too, and the next one goes on behind it`() throws {
    let log = try TestLog()
    let topics = ["a/1", "a/2", "a/1", "a/3", "a/4", "a/2", "a/5"]
    try log.log(topics.map { try .message($0, bytes: 1000) })
    let first = try Self.page(log, bytesMax: 1500) {
      try $0.readNewest($1, through: 7, eventsMax: .max)
    }
    #expect(first == Result(events: [3, 4], cursor: 4))
    let second = try Self.page(log, after: 4, bytesMax: 1500) {
      try $0.readNewest($1, through: 7, eventsMax: .max)
    }
    #expect(second == Result(events: [5, 6], cursor: 6))
  }

  @Test func `events that are asked for by name are read as far as they are kept`() throws {
    let log = try TestLog()
    try log.log([.message("a/1"), .message("a/2"), .message("x"), .message("a/3")])
    let page = try Self.page(log, after: 9) { try $0.read($1, events: [1, 3, 4, 7]) }
    #expect(page.events == [1, 4])
  }
}

extension Frame {
  var text: String { String(decoding: bytes(isChunked: false), as: UTF8.self) }

  /// The sequences of its events that have an id.
  var sequences: [Int64] {
    text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("id: ") else { return nil }
      return EventID(String(line.dropFirst(4)))?.sequence
    }
  }
}
