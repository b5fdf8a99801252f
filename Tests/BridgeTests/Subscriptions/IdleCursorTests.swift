import EventLoop
import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

/// Cursors of subscriptions whose topics are quiet.
@Suite struct IdleCursorTests {
  private let log: TestLog
  private let position = LogPosition(LoggedEvent(sequence: 0, time: 0))
  private let named: NamedSubscriptions

  init() throws {
    log = try TestLog()
    named = NamedSubscriptions(Wiring(), epoch: TestLog.epoch, position: position)
  }

  private func restore(_ name: String, _ filters: [String], isShared: Bool = false) throws {
    let filters = try filters.map { try TopicFilter($0) }
    var terms = SubscriptionTerms(filters: filters)
    terms.isShared = isShared
    _ = named.restore([
      StoredSubscription(
        name: name, config: JSONValue.object(terms.members).encoded, cursor: 0, holdAge: 0,
        createdAt: 0)
    ])
  }

  private func append(_ items: [EventItem]) throws {
    let events = try log.log(items)
    if let last = events.last { position.advance(to: last) }
  }

  @discardableResult
  private func pass() throws -> [String: Int64] {
    try log.read { [named] in try named.passOthers($0) }
  }

  private func cursor(_ name: String) -> Int64? {
    named.state.withLock { $0.subscriptions[name]?.cursor }
  }

  @Test(arguments: [false, true])
  func `a cursor moves up to the next event that is for it`(isShared: Bool) throws {
    try restore("s", ["a/#", "b"], isShared: isShared)
    try append([.message("x"), .message("y"), .message("b"), .message("x")])
    try pass()
    #expect(cursor("s") == 2)
    try pass()
    #expect(cursor("s") == 2)
  }

  @Test func `a cursor without events moves to the head and follows it`() throws {
    try restore("s", ["a"])
    try append([.message("x"), .message("y")])
    try pass()
    #expect(cursor("s") == 2)
    try append([.message("x")])
    try pass()
    #expect(cursor("s") == 3)
  }

  @Test func `a mark that nobody has been given holds the cursor`() throws {
    try restore("one", ["a"])
    try restore("many", ["a"], isShared: true)
    try append([.message("x"), .mark("broker_session_lost"), .message("y")])
    try pass()
    #expect(cursor("one") == 1)
    #expect(cursor("many") == 1)
    _ = named.withDispatch(of: "many") {
      $0.read([], through: 3, by: StreamID(shard: 0, serial: 1))
    }
    try pass()
    #expect(cursor("one") == 1)
    #expect(cursor("many") == 3)
  }

  @Test func `what is given out and not acknowledged holds the cursor`() throws {
    try restore("s", ["a"], isShared: true)
    try append([.message("x"), .message("a"), .message("x"), .message("a"), .message("x")])
    let id = StreamID(shard: 0, serial: 1)
    _ = try named.attach(id, to: "s", takeover: false, acknowledgesWrites: false)
    named.given([2, 4], through: 5, to: id, of: "s")
    try pass()
    #expect(cursor("s") == 1)
    _ = named.withDispatch(of: "s") { $0.acknowledge(4) }
    try pass()
    #expect(cursor("s") == 1)
  }

  @Test func `the store notes long ways at once and short ones now and then`() throws {
    try restore("s", ["a"])
    try append([.message("x")])
    for _ in 1..<NamedSubscriptions.passesPerNote { #expect(try pass().isEmpty) }
    #expect(try pass() == ["s": 1])
    try append(try (0..<NamedSubscriptions.passedNotedMin).map { _ in try .message("x") })
    #expect(try pass() == ["s": 101])
    named.cursorsMoved([MovedCursor(name: "s", cursor: 101)])
    for _ in 0..<NamedSubscriptions.passesPerNote { #expect(try pass().isEmpty) }
  }

  @Test func `of a long log each pass looks at some, and every subscription has its turn`() throws {
    for name in ["a", "b", "c"] { try restore(name, [name]) }
    let rows = NamedSubscriptions.passRowsMax
    try append(try (0..<rows).map { _ in try .message("x") })
    try pass()
    #expect(["a", "b", "c"].map { cursor($0) } == [Int64(rows), 0, 0])
    try append([.message("x")])
    try pass()
    #expect(["a", "b", "c"].map { cursor($0) } == [Int64(rows), Int64(rows), 0])
    try pass()
    #expect(["a", "b", "c"].map { cursor($0) } == [Int64(rows), Int64(rows), Int64(rows)])
  }
}
