import EventLoop
import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

/// What a stream that fell behind reads first.
@Suite struct ReplayLagTests {
  private final class Asked: Sendable {
    let reads = Locked<[@Sendable (EventReader) -> Void]>([])
    let commands = Locked<[StreamCommand]>([])
  }

  @Test(arguments: [1, 2])
  func `a gap after a lag begins at the time of the event before it`(position: Int) throws {
    let log = try TestLog()
    let events = try log.log([
      .message("a"), .message("b"), .mark("broker_session_lost"), .message("a"),
    ])
    let asked = Asked()
    let ports = ReplayPorts(
      read: { body in
        asked.reads.withLock { $0.append(body) }
        return true
      }, deliver: { commands, _ in asked.commands.withLock { $0 += commands } }, tell: { _ in })
    let head = LogPosition(try #require(events.last))
    let resolver = ReplayResolver(
      epoch: TestLog.epoch, coverage: CoverageTable(),
      history: HistoryFilter(kept: .all, except: .none))
    let replays = Replays(
      ports, resolver, head, NamedSubscriptions(Wiring(), epoch: TestLog.epoch, position: head))
    let id = StreamID(shard: 0, serial: 1)
    let request = StreamRequest(
      stream: id, filters: [try TopicFilter("a")], maximumQoS: .atLeastOnce, wantsRetained: false,
      representation: Representation())
    replays.lagged(id, after: events[position - 1].sequence)
    replays.drained(id, written: events[position - 1].sequence)
    replays.left(request)
    let bodies = asked.reads.withLock { exchange(&$0, with: []) }
    try log.read { reader in for body in bodies { body(reader) } }
    var text = ""
    for case .replay(_, let frames) in asked.commands.withLock({ $0 }) {
      text += frames.map(\.text).joined()
    }
    // Rows of other topics between are passed over, and the mark begins behind the last of them.
    let from = EventID(epoch: TestLog.epoch, sequence: 2, time: events[1].time)
    #expect(text.contains(#""from":"\#(from)""#), "\(text)")
  }
}
