import Testing

@testable import MQTTClient

/// What waits, within which bounds, and in whose turn it leaves.
@Suite struct WaitingPublishesTests {
  private static func request(
    _ key: UInt64, _ qos: QoS = .atLeastOnce, bytes: Int = 0, lane: Int = 0
  ) -> PublishRequest {
    let payload = Bytes(repeating: 0, count: bytes)
    return PublishRequest(
      key: key, publish: OutgoingHarness.message("t", qos, payload: payload),
      packetID: qos == .atMostOnce ? nil : PacketID(key), lane: lane)
  }

  @Test func `bytes bound what waits, but a single message of any size may`() {
    var harness = OutgoingHarness { $0.delivery.queuedBytesMaximum = 100 }
    #expect(harness.publish(Self.request(1, bytes: 500)).isEmpty)
    #expect(harness.publish(Self.request(2)) == [.finished(2, .notSent(.queueFull))])
    #expect(harness.connect().count == 2)
    #expect(harness.publishes.waiting.bytes == 0)
    harness.lose()
    for key in 3...6 { #expect(harness.publish(Self.request(UInt64(key), bytes: 24)).isEmpty) }
    #expect(harness.publishes.waiting.bytes == 100)
    #expect(harness.publish(Self.request(7)) == [.finished(7, .notSent(.queueFull))])
  }

  @Test func `a queue that was full while there was no broker takes messages again`() {
    var harness = OutgoingHarness {
      $0.queuedPublishesMaximum = 3
      $0.inflightMaximum = 2
    }
    for key in 1...3 { #expect(harness.publish(Self.request(UInt64(key))).isEmpty) }
    #expect(harness.publish(Self.request(4)) == [.finished(4, .notSent(.queueFull))])
    #expect(harness.connect() == [.publish(1), .sent(1), .publish(2), .sent(2)])
    #expect(harness.publish(Self.request(5)).isEmpty)
    #expect(harness.ack(1) == [.acknowledged(1), .publish(3), .sent(3)])
    #expect(harness.ack(2) == [.acknowledged(2), .publish(5), .sent(5)])
  }

  @Test func `the oldest make room where the options say so, and are reported`() {
    var harness = OutgoingHarness {
      $0.queuedPublishesMaximum = 3
      $0.delivery.queuedBytesMaximum = 100
      $0.delivery.overflow = .dropOldest
    }
    for key in 1...3 { #expect(harness.publish(Self.request(UInt64(key), bytes: 9)).isEmpty) }
    #expect(
      harness.publish(Self.request(4, bytes: 9)) == [.finished(1, .notSent(.displaced))])
    #expect(
      harness.publish(Self.request(5, bytes: 85))
        == [.finished(2, .notSent(.displaced)), .finished(3, .notSent(.displaced))])
    #expect(harness.publishes.waiting.bytes == 96)
    #expect(
      harness.connect()
        == [.publish(4), .sent(4), .publish(5), .sent(5)].map { $0 }
        .replacingPayloads([4: 9, 5: 85]))
  }

  @Test func `a publish that an earlier process may have sent is never displaced`() {
    var harness = OutgoingHarness {
      $0.queuedPublishesMaximum = 1
      $0.delivery.overflow = .dropOldest
    }
    #expect(harness.publish(1, progress: .maybeSent).isEmpty)
    #expect(harness.publish(Self.request(2)) == [.finished(2, .notSent(.queueFull))])
  }

  @Test func `QoS 0 waits for a connection only by option`() {
    var harness = OutgoingHarness()
    #expect(
      harness.publish(Self.request(1, .atMostOnce)) == [.finished(1, .notSent(.linkDown))])
    var queuing = OutgoingHarness { $0.delivery.queuesQoS0 = true }
    #expect(queuing.publish(Self.request(1, .atMostOnce)).isEmpty)
    #expect(queuing.publish(Self.request(2)).isEmpty)
    queuing.lose()
    let message = OutgoingHarness.message("t", .atMostOnce)
    #expect(queuing.connect() == [.sendOnce(1, message), .sent(1), .publish(2), .sent(2)])
  }

  @Test func `QoS 0 passes what the window holds back and nothing else`() {
    var harness = OutgoingHarness {
      $0.inflightMaximum = 1
      $0.delivery.queuesQoS0 = true
    }
    for (key, qos) in [(1, QoS.atLeastOnce), (2, .atMostOnce), (3, .atLeastOnce), (4, .atMostOnce)]
    {
      #expect(harness.publish(Self.request(UInt64(key), qos)).isEmpty)
    }
    let once = OutgoingHarness.message("t", .atMostOnce)
    #expect(
      harness.connect()
        == [.publish(1), .sent(1), .sendOnce(2, once), .sent(2), .sendOnce(4, once), .sent(4)])
    #expect(harness.ack(1) == [.acknowledged(1), .publish(3), .sent(3)])
  }

  @Test func `lanes take turns by weight and keep their own order`() {
    var harness = OutgoingHarness {
      $0.delivery.lanes = [PublishLane(name: "fast", weight: 3), PublishLane(name: "slow")]
    }
    for key in 1...6 { _ = harness.publish(Self.request(UInt64(key), lane: 0)) }
    for key in 11...16 { _ = harness.publish(Self.request(UInt64(key), lane: 1)) }
    for key in 21...22 { _ = harness.publish(Self.request(UInt64(key), lane: 2)) }
    let sent = harness.connect().compactMap { if case .sent(let key) = $0 { key } else { nil } }
    #expect(sent == [1, 11, 12, 13, 21, 2, 14, 15, 16, 22, 3, 4, 5, 6])
  }

  @Test func `a lane is found by its name, and an unknown lane is the default one`() {
    var options = DeliveryOptions()
    options.lanes = [PublishLane(name: "a"), PublishLane(name: "b")]
    #expect(options.laneIndex(named: "b") == 2)
    #expect(options.laneIndex(named: "c") == nil)
    var harness = OutgoingHarness { $0.delivery = options }
    for (key, lane) in [-1, 3, .max].enumerated() {
      #expect(harness.publish(Self.request(UInt64(key + 1), lane: lane)).isEmpty)
    }
    #expect(harness.connect().count == 6)
  }

  @Test func `the unfinished publishes are listed with their state, age and size`() {
    var harness = OutgoingHarness { $0.inflightMaximum = 2 }
    _ = harness.connect()
    _ = harness.publish(Self.request(1, .exactlyOnce))
    _ = harness.publish(Self.request(2))
    harness.now = .seconds(3)
    _ = harness.received(1)
    _ = harness.publish(Self.request(3, bytes: 7))
    harness.now = .seconds(5)
    let list = harness.publishes.pending(atMost: 10, at: harness.now)
    #expect(
      list == [
        PendingPublish(key: 1, state: .received, qos: .exactlyOnce, age: .seconds(5), bytes: 1),
        PendingPublish(key: 2, state: .sent, qos: .atLeastOnce, age: .seconds(5), bytes: 1),
        PendingPublish(key: 3, state: .waiting, qos: .atLeastOnce, age: .seconds(2), bytes: 8),
      ])
    #expect(harness.publishes.pending(atMost: 1, at: harness.now).map(\.key) == [1])
    #expect(harness.publishes.pending(atMost: 0, at: harness.now).isEmpty)
  }
}

extension [SessionAction] {
  /// The same with zero payloads of these lengths, by packet identifier.
  fileprivate func replacingPayloads(_ lengths: [PacketID: Int]) -> Self {
    map { action in
      guard case .send(.publish(var publish)) = action, let id = publish.packetID,
        let length = lengths[id]
      else { return action }
      publish.payload = Bytes(repeating: 0, count: length)
      return .send(.publish(publish))
    }
  }
}
