import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

/// How much of the log one page takes.
@Suite struct ReplayPaceTests {
  @Test func `the first page is short and each of the next ones is longer`() throws {
    let log = try TestLog()
    let events = try log.log((0..<1500).map { _ in try .message("a", bytes: 300) })
    let peers = ReplayPeers(log)
    let last = try #require(events.last)
    let replays = peers.replays(upTo: last)
    let id = StreamID(shard: 0, serial: 1)
    let request = StreamRequest(
      stream: id, filters: [try TopicFilter("a")], maximumQoS: .atLeastOnce, wantsRetained: false,
      representation: Representation(), start: .earliest)
    replays.begin(
      request, StreamOpening(filters: [StreamOpening.Filter(filter: "a", reasonCode: .success)]))
    var pages: [Int] = []
    var position: Int64 = 0
    while position < last.sequence {
      let frames = try peers.read()
      position = try #require(frames.last?.position)
      pages.append(frames.reduce(0) { $0 + $1.text.utf8.count })
      replays.drained(id, written: position)
    }
    // What ends a page is behind the limit.
    #expect(pages[0] <= 5 << 10 && pages[1] <= 33 << 10, "\(pages)")
    #expect(pages[1] > 2 * pages[0] && pages[2] > 2 * pages[1], "\(pages)")
  }
}
