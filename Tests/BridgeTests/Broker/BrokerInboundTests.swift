import EventLoop
import MQTTClient
import Store
import TestSupport
import Testing

@testable import Bridge

/// What a connection to the broker leaves in the log.
@Suite struct BrokerInboundTests {
  private let log: TestLog

  init() throws { log = try TestLog() }

  private func inbound(after sequence: Int64, keeps: TopicFilterList = .all) -> BrokerInbound {
    let wiring = Wiring()
    wiring.connect(store: log.store)
    let position = LogPosition(LoggedEvent(sequence: sequence, time: 0))
    var configuration = BridgeConfiguration()
    configuration.history.kept = keeps
    let coverage = CoverageTable()
    let resolver = ReplayResolver(
      epoch: TestLog.epoch, coverage: coverage, history: configuration.history.filter)
    let named = NamedSubscriptions(wiring, epoch: TestLog.epoch, position: position)
    let replays = Replays(ReplayPorts(wiring), resolver, position, named)
    return BrokerInbound(
      configuration, wiring,
      EventLogParts(
        epoch: TestLog.epoch, coverage: coverage, position: position, resolver: resolver,
        replays: replays, named: named, values: TopicValues(wiring, configuration.lastValues),
        requests: Requests(
          configuration, wiring, Publisher(configuration, wiring), clientID: "test"),
        polls: Polls(PollPorts(wiring, position), resolver)))
  }

  /// The marks in the log, once everything is there that was sent to it.
  private func marks(of inbound: BrokerInbound) throws -> [GapMark] {
    // It leaves no mark, and gives what was there before it to the log.
    inbound.connected(isFirst: false, sessionPresent: true, hasFilters: false)
    log.store.log([try .message("end")])
    var marks: [GapMark] = []
    let isThere = try eventually {
      let found = try log.read { reader in
        var (marks, isWhole) = ([GapMark](), false)
        _ = try reader.scan(after: 0, through: .max, rowsMax: 100) { row in
          if row.topic == "end" { isWhole = true }
          if row.kind == EventKind.gap.rawValue, let mark = GapMark(row.body()) {
            marks.append(mark)
          }
          return true
        }
        return (marks, isWhole)
      }
      marks = found.0
      return found.1
    }
    try #require(isThere)
    return marks
  }

  private static let leftover = [RememberedSubscription(1, "a")]

  @Test(
    arguments: [
      (0, [], true, nil), (0, leftover, true, "bridge_restarted"),
      (5, [], true, "bridge_restarted"), (0, [], false, nil),
      (0, leftover, false, "broker_session_lost"), (5, [], false, "broker_session_lost"),
    ] as [(Int64, [RememberedSubscription], Bool, String?)])
  func `the first connection is marked when an earlier process had anything here`(
    sequence: Int64, remembered: [RememberedSubscription], sessionPresent: Bool, reason: String?
  ) throws {
    let inbound = inbound(after: sequence)
    inbound.restored(remembered)
    inbound.connected(isFirst: true, sessionPresent: sessionPresent, hasFilters: true)
    let marks = try marks(of: inbound)
    #expect(marks.map(\.reason) == (reason.map { [$0] } ?? []))
    #expect(marks.allSatisfy { $0.isQoS0Only == sessionPresent })
  }

  @Test(arguments: [
    (true, true, "broker_connection_lost"), (false, true, "broker_session_lost"),
    (true, false, nil), (false, false, nil),
  ])
  func `later connections are marked when somebody can miss something`(
    sessionPresent: Bool, hasFilters: Bool, reason: String?
  ) throws {
    let inbound = inbound(after: 0)
    inbound.connected(isFirst: true, sessionPresent: false, hasFilters: false)
    inbound.connected(isFirst: false, sessionPresent: sessionPresent, hasFilters: hasFilters)
    #expect(try marks(of: inbound).map(\.reason) == (reason.map { [$0] } ?? []))
  }

  @Test func `each connection has a mark of its own`() throws {
    let inbound = inbound(after: 5)
    inbound.connected(isFirst: true, sessionPresent: true, hasFilters: false)
    inbound.connected(isFirst: true, sessionPresent: false, hasFilters: false)
    inbound.connected(isFirst: false, sessionPresent: true, hasFilters: true)
    #expect(
      try marks(of: inbound).map(\.reason) == ["broker_session_lost", "broker_connection_lost"])
  }

  @Test func `without history nothing is marked in the log`() throws {
    let inbound = inbound(after: 5, keeps: .none)
    inbound.connected(isFirst: true, sessionPresent: true, hasFilters: true)
    #expect(try marks(of: inbound).isEmpty)
  }
}
