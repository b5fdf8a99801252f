import EventLoop
import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

/// The table of polls, with a log on disk and everything else scripted.
@Suite struct PollsTests {
  /// What the polls asked for, and what they answered.
  private final class Script: Sendable {
    let reads = Locked<[@Sendable (EventReader) -> Void]>([])
    let answers = Locked<[(RequestID, Response)]>([])
    let closed = Locked<[StreamID]>([])
    let isFull = Locked(false)
    /// Runs once, right after the end of the log was looked up.
    let meanwhile = Locked<(@Sendable () -> Void)?>(nil)
  }

  private let log: TestLog
  private let script = Script()
  private let position = LogPosition(LoggedEvent(sequence: 0, time: 0))
  private let polls: Polls

  init() throws {
    log = try TestLog()
    let script = script
    let position = position
    let resolver = ReplayResolver(
      epoch: TestLog.epoch, coverage: CoverageTable(),
      history: HistoryFilter(kept: .all, except: .none))
    let ports = PollPorts(
      open: { _ in !script.isFull.withLock { $0 } },
      close: { id in script.closed.withLock { $0.append(id) } },
      read: { body in
        guard !script.isFull.withLock({ $0 }) else { return false }
        script.reads.withLock { $0.append(body) }
        return true
      },
      head: {
        let head = position.last
        script.meanwhile.withLock { exchange(&$0, with: nil) }?()
        return head
      },
      countGap: { _ in },
      answer: { id, response in script.answers.withLock { $0.append((id, response)) } })
    polls = Polls(ports, resolver)
  }

  private let opening = StreamOpening(filters: [.init(filter: "a/#", reasonCode: .success)])
  private func id(_ serial: UInt64) -> RequestID { RequestID(shard: 0, serial: serial) }

  @discardableResult
  private func begin(
    _ serial: UInt64, _ query: String = "", start: StreamStart = .live,
    policy: OverflowPolicy = .catchup
  ) throws -> StreamRequest {
    let parameters = try StreamParameters(
      Query(raw: ("topic=a/%23&poll=1&" + query).utf8), topicsMaximum: 4)
    var request = StreamRequest(
      stream: id(serial).stream, filters: parameters.filters, maximumQoS: .atLeastOnce,
      wantsRetained: false, representation: Representation(), start: start, policy: policy)
    request.isPoll = true
    let head = RequestHead(method: "GET", target: "/subscribe")
    _ = try polls.begin(request, PollTerms(parameters, [:]), head)
    return request
  }

  private func logged(_ items: [EventItem]) throws {
    position.advance(to: try #require(log.log(items).last))
  }

  /// Runs every read that is asked for, and those that they ask for.
  private func read() throws {
    while true {
      let bodies = script.reads.withLock { exchange(&$0, with: []) }
      guard !bodies.isEmpty else { return }
      try log.read { reader in for body in bodies { body(reader) } }
    }
  }

  private func answers() -> [String] {
    script.answers.withLock { exchange(&$0, with: []) }
      .map { "\($0.0.serial) \($0.1.status) " + String(decoding: $0.1.body, as: UTF8.self) }
  }

  private func count(_ text: String, of part: String) -> Int {
    text.ranges(of: part).count
  }

  @Test func `a poll that finds something is answered at once and lets go of everything`() throws {
    try logged([.message("a/1"), .message("b"), .message("a/2")])
    let request = try begin(1, start: .earliest)
    #expect(answers() == [] && polls.count == 1)
    polls.opened(request, opening, at: nil)
    try read()
    let answer = try #require(answers().first)
    #expect(answer.hasPrefix("1 200 ") && count(answer, of: #""topic":"a/"#) == 2)
    #expect(answer.contains(#""last_event_id":"\#(TestLog.epoch)-3-"#))
    #expect(polls.isEmpty && script.closed.withLock { $0 } == [request.stream])
  }

  @Test func `a poll that finds nothing waits for its topics only, and for gaps`() throws {
    try logged([.message("a/1")])
    for serial in 1...2 as ClosedRange<UInt64> {
      polls.opened(try begin(serial), opening, at: position.last)
    }
    try read()
    #expect(answers() == [])
    try logged([.message("b")])
    polls.headMoved(["b"], concernsAll: false)
    #expect(script.reads.withLock { $0.isEmpty })
    try logged([.message("a/2")])
    polls.headMoved(["a/2"], concernsAll: false)
    try read()
    let told = answers()
    #expect(told.count == 2 && told.allSatisfy { count($0, of: #""topic":"a/2""#) == 1 })
    let third = try begin(3)
    polls.opened(third, opening, at: position.last)
    try read()
    try logged([.mark("broker_session_lost")])
    polls.headMoved([], concernsAll: true)
    try read()
    #expect(
      answers().first?.contains(#""gap":{"from":"\#(TestLog.epoch)-3-"#) == true)
    #expect(polls.isEmpty)
  }

  @Test func `a poll begins where its filters were granted, however late its first read is`() throws
  {
    try logged([.message("a/1")])
    polls.opened(try begin(1), opening, at: position.last)
    try logged([.message("a/2")])
    try read()
    let answer = try #require(answers().first)
    #expect(count(answer, of: #""topic":"a/"#) == 1 && answer.contains(#""topic":"a/2""#))
  }

  @Test func `what comes while a poll is read is not missed`() throws {
    try logged([.message("b")])
    polls.opened(try begin(1), opening, at: position.last)
    let event = try #require(try log.log([.message("a/1")]).last)
    // The read ends before the message, and the poll waits after everybody was told of it.
    let (polls, position) = (polls, position)
    script.meanwhile.withLock {
      $0 = {
        position.advance(to: event)
        polls.headMoved(["a/1"], concernsAll: false)
      }
    }
    try read()
    #expect(answers().count == 1)
  }

  @Test func `a poll ends before a later gap, and the next one begins with all that are there`()
    throws
  {
    try logged([.message("a/1"), .mark("not_logged"), .mark("not_logged"), .message("a/2")])
    var found: [Int] = []
    var gaps = 0
    var start = StreamStart.earliest
    for serial in 1...2 as ClosedRange<UInt64> {
      polls.opened(try begin(serial, start: start), opening, at: nil)
      try read()
      let answer = try #require(answers().first)
      found.append(count(answer, of: #""topic":"a/"#))
      gaps += count(answer, of: #""reason":"not_logged""#)
      let id = try #require(answer.firstMatch(of: /"last_event_id":"([^"]+)"/)?.1)
      start = .after(try #require(EventID(String(id))))
    }
    #expect(found == [1, 1] && gaps == 2)
  }

  @Test func `a limit ends a page, and conflate keeps the newest of each topic`() throws {
    try logged([.message("a/1"), .message("a/2"), .message("a/1"), .message("a/3")])
    polls.opened(try begin(1, "limit=2", start: .earliest), opening, at: nil)
    try read()
    let first = try #require(answers().first)
    #expect(count(first, of: #""topic":"#) == 2 && first.contains("\(TestLog.epoch)-2-"))
    polls.opened(try begin(2, "limit=3", start: .earliest, policy: .conflate), opening, at: nil)
    try read()
    let newest = try #require(answers().first)
    #expect(count(newest, of: #""topic":"#) == 3 && count(newest, of: #""topic":"a/1""#) == 1)
    #expect(newest.ranges(of: "a/2")[0].lowerBound < newest.ranges(of: "a/1")[0].lowerBound)
  }

  @Test func `time that is over ends the waiting, wherever a poll is`() throws {
    try logged([.message("a/1")])
    // At the end of the log.
    polls.opened(try begin(1), opening, at: position.last)
    try read()
    let waited = try #require(polls.deadlineReached(id(1)))
    #expect(String(decoding: waited.body, as: UTF8.self).hasPrefix(#"{"messages":[],"last_"#))
    // While it is read: what is found is the answer.
    polls.opened(try begin(2), opening, at: position.last)
    #expect(polls.deadlineReached(id(2)) == nil)
    try read()
    #expect(answers().first?.hasPrefix(#"2 200 {"messages":[]"#) == true)
    // Before the broker has granted anything.
    let third = try begin(3, start: .earliest)
    #expect(polls.deadlineReached(id(3)) == nil)
    polls.opened(third, opening, at: position.last)
    try read()
    #expect(answers().first?.contains(#""topic":"a/1""#) == true)
    #expect(polls.deadlineReached(id(4)) == nil)
    #expect(polls.isEmpty)
  }

  @Test func `a credential that ends ends the waiting too, and is nothing to others`() throws {
    polls.opened(try begin(1), opening, at: position.last)
    try read()
    polls.expired(id(1).stream)
    #expect(answers().first?.hasPrefix(#"1 200 {"messages":[]"#) == true)
    polls.opened(try begin(2), opening, at: position.last)
    polls.expired(id(2).stream)
    try read()
    #expect(answers().first?.hasPrefix(#"2 200 {"messages":[]"#) == true)
    polls.expired(id(3).stream)
    #expect(polls.isEmpty && answers().isEmpty)
  }

  @Test func `a poll that would not wait is answered by its first read`() throws {
    polls.opened(try begin(1, "wait=0"), opening, at: position.last)
    try read()
    #expect(answers().count == 1)
  }

  @Test func `a client that left is forgotten, waiting or not`() throws {
    let first = try begin(1)
    polls.clientLeft(id(1))
    polls.opened(first, opening, at: position.last)
    polls.opened(try begin(2), opening, at: position.last)
    try read()
    polls.clientLeft(id(2))
    polls.headMoved(["a/1"], concernsAll: true)
    try read()
    #expect(answers() == [] && polls.isEmpty)
    #expect(script.closed.withLock { $0.map(\.serial) } == [1, 2])
  }

  @Test func `refused filters are told: all as an error, some beside the messages`() throws {
    let stream = try begin(1).stream
    let all = StreamOpening(filters: [.init(filter: "a/#", reasonCode: .notAuthorized)])
    #expect(polls.refused(stream, all))
    #expect(answers().first?.hasPrefix("1 403 ") == true)
    #expect(!polls.refused(stream, all))
    let some = StreamOpening(filters: opening.filters + all.filters)
    polls.opened(try begin(2, "wait=0"), some, at: position.last)
    try read()
    #expect(answers().first?.contains(#""errors":[{"#) == true)
  }

  @Test func `without room for a read or for its filters a poll is refused for now`() throws {
    let request = try begin(1)
    script.isFull.withLock { $0 = true }
    polls.opened(request, opening, at: position.last)
    #expect(answers().first?.hasPrefix("1 503 ") == true)
    #expect(throws: Problem.self) { try begin(2) }
    #expect(polls.isEmpty)
  }
}
