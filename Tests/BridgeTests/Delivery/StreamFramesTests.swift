import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

@Suite struct StreamFramesTests {
  /// A frame shows only its size, so it is compared by the size of the text that is expected.
  private func isText(_ frame: Frame, _ text: String) -> Bool { frame.count == text.utf8.count }

  @Test func `a stream says what the broker granted`() {
    let opening = StreamOpening(
      filters: [
        .init(filter: "a", reasonCode: .grantedQoS2),
        .init(filter: "b", reasonCode: .success),
      ])
    let text =
      #"event: bridge.open"# + "\n"
      + #"data: {"connection":"s-0-1","resumed":true,"from":"k3f9x-7-z","gap":false,"#
      + #""subscriptions":[{"topic":"a","granted_qos":2},{"topic":"b","granted_qos":0}]}"# + "\n\n"
    let start = ReplayStart(cursor: LoggedEvent(sequence: 7, time: 35), resumed: .exactly)
    let frame = StreamFrames.open(
      StreamID(shard: 0, serial: 1), opening, start, epoch: "k3f9x")
    #expect(isText(frame, text))
    #expect(frame.position == 7)
  }

  @Test func `a filter that was cut at its hash gets a hint`() {
    func size(_ filter: String) -> Int {
      let opening = StreamOpening(filters: [.init(filter: filter, reasonCode: .success)])
      let start = ReplayStart(cursor: LoggedEvent(sequence: 7, time: 35))
      return StreamFrames.open(
        StreamID(shard: 0, serial: 1), opening, start, epoch: "k3f9x"
      ).count
    }
    #expect(size("a/") > size("a/b") + 20)
  }

  @Test func `a gap says whether it was counted`() {
    let known = "event: bridge.gap\ndata: {\"missed\":7,\"exact\":true,\"reason\":\"slow\"}\n\n"
    #expect(isText(StreamFrames.gap(reason: "slow", missed: 7), known))
    let unknown =
      "event: bridge.gap\ndata: {\"missed\":null,\"exact\":false,\"reason\":\"slow\"}\n\n"
    #expect(isText(StreamFrames.gap(reason: "slow", missed: nil), unknown))
  }

  @Test func `an end says whether to come back`() {
    let text =
      "retry: 8400\nevent: bridge.close\ndata: {\"reason\":\"draining\",\"reconnect\":true}\n\n"
    #expect(isText(StreamFrames.close(reason: "draining", reconnects: true, retry: 8400), text))
  }
}
