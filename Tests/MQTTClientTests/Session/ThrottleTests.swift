import Testing

@testable import MQTTClient

@Suite struct ThrottleTests {
  private static let payload = Bytes(repeating: 0, count: 93)

  /// QoS 0 with a packet of 100 bytes.
  private static func request(_ key: UInt64, _ qos: QoS = .atMostOnce) -> PublishRequest {
    PublishRequest(key: key, publish: OutgoingHarness.message("t", qos, payload: payload))
  }

  private static func keys(_ actions: [SessionAction]) -> [UInt64] {
    actions.compactMap { if case .sent(let key) = $0 { key } else { nil } }
  }

  @Test func `a burst leaves at once and the rest at the rate`() {
    var harness = OutgoingHarness {
      $0.delivery.rate = PublishRate(messages: 10, burst: .milliseconds(500))
    }
    harness.now = .seconds(77)
    _ = harness.connect()
    var sent: [UInt64] = []
    for key in 1...20 { sent += Self.keys(harness.publish(Self.request(UInt64(key)))) }
    #expect(sent == [1, 2, 3, 4, 5])
    #expect(harness.publishes.nextTimer == harness.now + .milliseconds(100))
    #expect(Self.keys(harness.advance(.milliseconds(99))).isEmpty)
    #expect(Self.keys(harness.advance(.milliseconds(1))) == [6])
    #expect(Self.keys(harness.advance(.milliseconds(400))) == [7, 8, 9, 10])
    #expect(Self.keys(harness.advance(.seconds(5))) == [11, 12, 13, 14, 15])
    #expect(Self.keys(harness.advance(.seconds(1))) == [16, 17, 18, 19, 20])
    #expect(harness.publishes.nextTimer == nil)
  }

  @Test func `over a long time the rate is kept exactly`() {
    var harness = OutgoingHarness {
      $0.delivery.rate = PublishRate(messages: 7, burst: .milliseconds(300))
    }
    _ = harness.connect()
    var sent = 0
    var steps = 0
    for key in 0..<700 { sent += Self.keys(harness.publish(Self.request(UInt64(key)))).count }
    while let time = harness.publishes.nextTimer {
      harness.now = max(harness.now, time)
      sent += Self.keys(harness.advance(.zero)).count
      steps += 1
      if steps > 1000 { break }
    }
    #expect(sent == 700)
    let seconds = harness.now.components.seconds
    #expect((99...100).contains(seconds), "\(harness.now)")
    #expect(steps <= 700)
  }

  @Test func `bytes are counted as whole packets, and a large one passes and is paid off`() {
    var harness = OutgoingHarness {
      $0.delivery.rate = PublishRate(bytes: 100, burst: .zero)
    }
    _ = harness.connect()
    #expect(Self.keys(harness.publish(Self.request(1))) == [1])
    #expect(Self.keys(harness.publish(Self.request(2))).isEmpty)
    #expect(harness.publishes.nextTimer == .milliseconds(990))
    #expect(Self.keys(harness.advance(.milliseconds(990))) == [2])
  }

  @Test func `the rate can change while messages wait`() {
    var harness = SessionHarness {
      $0.delivery.rate = PublishRate(messages: 0.01, burst: .zero)
    }
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(Self.request(UInt64(key))) }
    #expect(harness.session.counts.waitingPublishes == 2)
    #expect(
      Self.keys(harness.run { $0.changeRate(.unlimited, at: $1, &$2) }) == [2, 3])
  }

  @Test func `rates of nothing and nonsense hold back without trapping`() {
    for rate in [0, -1, .nan, .infinity, -.infinity, 1e300] {
      var throttle = Throttle(PublishRate(messages: rate, bytes: rate, burst: .seconds(-5)))
      throttle.charge(bytes: .max, at: .seconds(1))
      #expect(throttle.nextTime > .seconds(1) || rate >= 1e12)
    }
  }

  @Test func `acknowledgements, requests and pings never wait for the rate`() {
    var harness = SessionHarness {
      $0.delivery.rate = PublishRate(messages: 0.01, burst: .zero)
    }
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(Self.request(UInt64(key), .atLeastOnce)) }
    #expect(harness.session.counts.waitingPublishes == 2)
    _ = harness.subscribe(9, "a")
    #expect(harness.flush().count == 1)
    let message = Publish(topic: "in", payload: [], qos: .exactlyOnce, packetID: 4)
    guard case .deliver(_, let token) = harness.receive(.publish(message)).first else {
      Issue.record("nothing delivered")
      return
    }
    #expect(
      harness.run { $0.acknowledge(token, at: $1, &$2) }
        == [.send(.publishReceived(PublishReply(4)))])
    #expect(
      harness.receive(.publishRelease(PublishReply(4)))
        == [.send(.publishComplete(PublishReply(4)))])
    _ = harness.receive(.publishAck(PublishReply(65_535)))
    _ = harness.receive(.subscribeAck(SubscribeAck(packetID: 65_534, reasonCodes: [.success])))
    #expect(harness.session.counts.waitingPublishes == 2)
    #expect(harness.advance(.seconds(60)).contains(.send(.pingRequest)))
  }

  @Test func `replay has a rate of its own`() {
    var harness = OutgoingHarness {
      $0.delivery.replayRate = PublishRate(messages: 1, burst: .zero)
    }
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(UInt64(key)) }
    harness.lose()
    #expect(harness.connect() == [.publish(1, isDuplicate: true)])
    #expect(harness.publish(4).isEmpty, "new ones keep behind what is sent again")
    #expect(harness.advance(.seconds(1)) == [.publish(2, isDuplicate: true)])
    #expect(
      harness.advance(.seconds(1)) == [.publish(3, isDuplicate: true), .publish(4), .sent(4)])
  }

  @Test func `what the rate held back of QoS 0 ends with the link`() {
    var harness = OutgoingHarness {
      $0.delivery.rate = PublishRate(messages: 1, burst: .zero)
    }
    _ = harness.connect()
    _ = harness.publish(Self.request(1))
    #expect(harness.publish(Self.request(2)).isEmpty)
    #expect(harness.lose() == [.finished(2, .notSent(.linkDown))])
    #expect(harness.publishes.nextTimer == nil)
  }
}
