import HTTPFront
import MQTTClient
import Store
import TestSupport
import Testing

@testable import Bridge

/// Where a reader of the log begins, and what it is told about that.
@Suite struct ReplayStartTests {
  private let coverage = CoverageTable()

  /// Resolves a start on a log, for a reader of these filters.
  private func resolve(
    _ log: TestLog, _ start: StreamStart, _ filters: [String] = ["a/#"],
    history: HistoryFilter = HistoryFilter(kept: .all, except: .none)
  ) throws -> ReplayStart {
    let resolver = ReplayResolver(epoch: TestLog.epoch, coverage: coverage, history: history)
    let request = StreamRequest(
      stream: StreamID(shard: 0, serial: 1), filters: try filters.map { try TopicFilter($0) },
      maximumQoS: .atLeastOnce, wantsRetained: false, representation: Representation(), start: start
    )
    return try log.read { try resolver.resolve(request, $0) }
  }

  private func cover(_ filter: String, since: Int64) throws {
    let filter = try TopicFilter(filter)
    coverage.cover(filter)
    coverage.recorded([RecordedName(name: CoverageTable.name(filter), since: since)])
  }

  private func id(_ event: LoggedEvent, epoch: String = TestLog.epoch) -> EventID {
    EventID(epoch: epoch, sequence: event.sequence, time: event.time)
  }

  private static func messages(_ count: Int) throws -> [EventItem] {
    try (0..<count).map { try .message($0 % 2 == 0 ? "a/b" : "x") }
  }

  @Test func `without a beginning a reader starts at the end`() throws {
    let log = try TestLog()
    #expect(
      try resolve(log, .live) == ReplayStart(cursor: LoggedEvent(sequence: 0, time: 0)))
    let events = try log.log(Self.messages(4))
    #expect(try resolve(log, .live) == ReplayStart(cursor: events[3]))
  }

  @Test func `the oldest event has all before it`() throws {
    let log = try TestLog()
    #expect(try resolve(log, .earliest).cursor.sequence == 0)
    try log.log(Self.messages(4))
    let start = try resolve(log, .earliest)
    #expect(start.cursor.sequence == 0 && start.resumed == .no && start.gaps.isEmpty)
  }

  @Test func `a time leads before the first event that is not older`() throws {
    let log = try TestLog()
    let events = try log.log(Self.messages(3))
    #expect(try resolve(log, .since(events[0].time)).cursor.sequence == 0)
    #expect(try resolve(log, .since(events[2].time + 1)).cursor == events[2])
    #expect(try resolve(log, .since(.min)).cursor.sequence == 0)
    #expect(try resolve(log, .since(.max)).cursor == events[2])
  }

  @Test func `the newest messages are counted without other topics, marks and copies`() throws {
    let log = try TestLog()
    let served = ["a/#", "a/b"]
    try log.log([
      .message("a/1"), .message("a/2"), .mark("m"), .message("x"),
      // One message, which the broker sent for each of two filters.
      .message("a/b", through: ["a/b"], served: served),
      .message("a/b", through: ["a/#"], served: served),
      .message("x"),
    ])
    #expect(try resolve(log, .newest(1)).cursor.sequence == 5)
    #expect(try resolve(log, .newest(2)).cursor.sequence == 1)
    #expect(try resolve(log, .newest(3)).cursor.sequence == 0)
    #expect(try resolve(log, .newest(9)).cursor.sequence == 0)
    #expect(try resolve(log, .newest(2), ["a/b"]).cursor.sequence == 0)
    #expect(try resolve(log, .newest(1), ["a/b"]).cursor.sequence == 4)
  }

  @Test func `a reader goes on directly behind an event of this log`() throws {
    let log = try TestLog()
    let events = try log.log(Self.messages(4))
    try cover("a/#", since: 2)
    let start = try resolve(log, .after(id(events[1])))
    #expect(start == ReplayStart(cursor: events[1], resumed: .exactly))
    let end = try resolve(log, .after(id(events[3])))
    #expect(end == ReplayStart(cursor: events[3], resumed: .exactly))
  }

  @Test func `a reader is told of topics without history and without a subscription`() throws {
    let log = try TestLog()
    let events = try log.log(Self.messages(4))
    try cover("a/#", since: 2)
    func reasons(_ event: Int, _ filters: [String], except: TopicFilterList = .none) throws
      -> [String]
    {
      try resolve(
        log, .after(id(events[event])), filters, history: HistoryFilter(kept: .all, except: except)
      ).gaps.map(\.reason)
    }
    #expect(try reasons(1, ["a/#"]) == [])
    #expect(try reasons(0, ["a/#"]) == ["not_subscribed"])
    #expect(try reasons(1, ["a/#", "x"]) == ["not_subscribed"])
    let except = try TopicFilterList(settingText: "a/b")
    #expect(try reasons(1, ["a/#"], except: except) == ["no_history"])
    #expect(try reasons(0, ["a/#"], except: except) == ["no_history", "not_subscribed"])
    #expect(try reasons(1, ["a/c"], except: except) == [])
  }

  @Test func `an event of another log is found by its time, with some before it`() throws {
    let log = try TestLog()
    let events = try log.log(Self.messages(4))
    try cover("a/#", since: 0)
    var foreign = LoggedEvent(sequence: 2, time: events[3].time + 5001)
    let start = try resolve(log, .after(id(foreign, epoch: "other")))
    #expect(start == ReplayStart(cursor: events[3], resumed: .approximately))
    // Nothing shows that the log reaches back to five seconds before that.
    foreign = LoggedEvent(sequence: 2, time: events[0].time)
    let early = try resolve(log, .after(id(foreign, epoch: "other")))
    #expect(early.cursor.sequence == 0 && early.resumed == .approximately)
    #expect(early.gaps == [GapMark(reason: "history_expired")])
  }

  @Test(arguments: [(9 as Int64, 0 as Int64), (2, 1), (2, -1), (.max, 0)])
  func `an event that this log gave to nobody is of an older copy`(sequence: Int64, later: Int64)
    throws
  {
    let log = try TestLog()
    let events = try log.log(Self.messages(4))
    try cover("a/#", since: 0)
    let unknown = LoggedEvent(sequence: sequence, time: events[1].time + later)
    let start = try resolve(log, .after(id(unknown)))
    #expect(start.resumed == .approximately)
    #expect(start.gaps.first == GapMark(reason: "epoch_changed"))
  }

  @Test func `a reader that comes too late is told how many can be missing`() throws {
    let log = try TestLog { $0.eventBytes = 20_000 }
    for _ in 0..<40 { try log.log([.message("a/b", bytes: 2000)]) }
    #expect(eventually { log.store.eventBounds.first > 20 })
    let first = log.store.eventBounds.first
    try cover("a/#", since: 0)
    let start = try resolve(
      log, .after(EventID(epoch: TestLog.epoch, sequence: 5, time: 1)))
    #expect(start.cursor.sequence == first - 1 && start.resumed == .exactly)
    let missed = GapMark(reason: "history_expired", missed: Int(first) - 6, isExact: false)
    #expect(start.gaps == [missed])
    let exact = try resolve(
      log, .after(EventID(epoch: TestLog.epoch, sequence: first - 1, time: 1)))
    #expect(exact.resumed == .exactly && exact.gaps.isEmpty)
    #expect(try resolve(log, .cursor(5)).gaps == [missed])
    #expect(try resolve(log, .earliest).gaps.isEmpty)
  }

  @Test func `the cursor of a subscription is taken as it is`() throws {
    let log = try TestLog()
    let events = try log.log(Self.messages(4))
    let start = try resolve(log, .cursor(2), ["nobody/has/it"])
    #expect(start == ReplayStart(cursor: events[1], resumed: .exactly))
  }
}
