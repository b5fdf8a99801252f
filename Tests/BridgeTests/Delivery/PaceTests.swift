import EventLoop
import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct PaceTests {
  @Test func `a stream gets at most as many messages per second as it asked for`() throws {
    for rate in Array(1...200) + [999, 1000, 1001, 9999, 10_000] {
      let request = StreamRequest(
        stream: StreamID(shard: 0, serial: 1), filters: [], maximumQoS: .atMostOnce,
        wantsRetained: false, representation: Representation(), rateMaximum: rate)
      let replay = Replay(request: request)
      let perSecond = Double(replay.eventsMax) / (replay.interval / .seconds(1))
      #expect(perSecond <= Double(rate) + 1e-6, "\(rate)")
      #expect(perSecond > Double(rate) * 0.99, "\(rate)")
      #expect(replay.interval >= .milliseconds(50))
    }
  }
}
