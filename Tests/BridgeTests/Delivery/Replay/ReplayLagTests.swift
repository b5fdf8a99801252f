import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

/// What a stream that fell behind reads first.
@Suite struct ReplayLagTests {
  @Test(arguments: [1, 2])
  func `a gap after a lag begins at the time of the event before it`(position: Int) throws {
    let log = try TestLog()
    let events = try log.log([
      .message("a"), .message("b"), .mark("broker_session_lost"), .message("a"),
    ])
    let peers = ReplayPeers(log)
    let replays = peers.replays(upTo: try #require(events.last))
    let id = StreamID(shard: 0, serial: 1)
    let request = StreamRequest(
      stream: id, filters: [try TopicFilter("a")], maximumQoS: .atLeastOnce, wantsRetained: false,
      representation: Representation())
    replays.lagged(id, after: events[position - 1].sequence)
    replays.drained(id, written: events[position - 1].sequence)
    replays.left(request)
    let text = try peers.read().map(\.text).joined()
    // Rows of other topics between are passed over, and the mark begins behind the last of them.
    let from = EventID(epoch: TestLog.epoch, sequence: 2, time: events[1].time)
    #expect(text.contains(#""from":"\#(from)""#), "\(text)")
  }
}
