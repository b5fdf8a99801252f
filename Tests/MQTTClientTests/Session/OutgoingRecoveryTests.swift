import Testing

@testable import MQTTClient

@Suite struct OutgoingRecoveryTests {
  @Test func `on a kept session PUBRELs and marked publishes go out again in order`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(UInt64(key)) }
    _ = harness.publish(4, .exactlyOnce)
    _ = harness.publish(5, .exactlyOnce)
    _ = harness.received(5)
    _ = harness.received(4)
    _ = harness.ack(2)
    harness.lose()
    #expect(harness.publish(6).isEmpty)
    #expect(
      harness.connect() == [
        .release(5), .release(4), .publish(1, isDuplicate: true), .publish(3, isDuplicate: true),
        .publish(6), .sent(6),
      ])
  }

  @Test func `publishes go out again in order also after a second loss in the middle`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for key in 1...4 { _ = harness.publish(UInt64(key)) }
    harness.lose()
    #expect(
      harness.connect { $0.receiveMaximum = 2 }
        == [.publish(1, isDuplicate: true), .publish(2, isDuplicate: true)])
    harness.lose()
    #expect(harness.connect() == (1...4).map { .publish($0, isDuplicate: true) })
  }

  @Test func `a smaller window after the reconnect is kept`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(UInt64(key)) }
    harness.lose()
    #expect(harness.connect { $0.receiveMaximum = 1 } == [.publish(1, isDuplicate: true)])
    #expect(harness.ack(1) == [.acknowledged(1), .publish(2, isDuplicate: true)])
  }

  @Test func `PUBREC that was being recorded when the link went is released afterwards`() {
    var harness = OutgoingHarness { $0.recordsReceived = true }
    _ = harness.connect()
    _ = harness.publish(1, .exactlyOnce)
    _ = harness.publish(2, .exactlyOnce)
    _ = harness.received(1)
    _ = harness.received(2)
    harness.lose()
    #expect(harness.recorded(1).isEmpty)
    #expect(harness.connect() == [.release(1)])
    #expect(harness.recorded(2) == [.release(2)])
    #expect(harness.complete(2) == [.acknowledged(2)])
  }

  @Test func `on a new session everything is new again in the first order`() {
    var harness = OutgoingHarness { $0.recordsReceived = true }
    _ = harness.connect(sessionPresent: false)
    _ = harness.publish(1, .exactlyOnce)
    _ = harness.publish(2)
    _ = harness.publish(3, .exactlyOnce)
    _ = harness.received(3)
    _ = harness.recorded(3)
    _ = harness.received(1)
    harness.lose()
    #expect(harness.connect(sessionPresent: false) == [.restarted(1), .restarted(3)])
    #expect(harness.recorded(1).isEmpty, "the recording belongs to the lost session")
    #expect(harness.restartRecorded(3).isEmpty, "the first one keeps its place")
    #expect(harness.publish(4).isEmpty)
    #expect(
      harness.restartRecorded(1) == [
        .publish(1, .exactlyOnce), .publish(2), .publish(3, .exactlyOnce), .publish(4), .sent(4),
      ])
    #expect(harness.ack(2) == [.acknowledged(2, isUncertain: true)])
  }

  @Test func `on a session that may be new everything goes on and ends as uncertain`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    _ = harness.publish(2, .exactlyOnce)
    _ = harness.received(2)
    harness.lose()
    #expect(
      harness.connect(continuity: .doubtful) == [.release(2), .publish(1, isDuplicate: true)])
    #expect(harness.publish(3) == [.publish(3), .sent(3)])
    #expect(harness.ack(1) == [.acknowledged(1, isUncertain: true)])
    #expect(harness.complete(2) == [.acknowledged(2, isUncertain: true)])
    #expect(harness.ack(3) == [.acknowledged(3)])
  }

  @Test func `what was never sent is certain after a lost session`() {
    var harness = OutgoingHarness()
    _ = harness.publish(1)
    #expect(harness.connect(sessionPresent: false) == [.publish(1), .sent(1)])
    #expect(harness.ack(1) == [.acknowledged(1)])
  }

  @Test func `an earlier process's publishes continue on a kept session`() {
    var harness = OutgoingHarness()
    _ = harness.publish(1, .exactlyOnce, progress: .received)
    _ = harness.publish(2, .exactlyOnce, progress: .maybeSent)
    _ = harness.publish(3, progress: .maybeSent)
    _ = harness.publish(4)
    #expect(
      harness.connect() == [
        .release(1), .publish(2, .exactlyOnce, isDuplicate: true), .sent(2),
        .publish(3, isDuplicate: true), .sent(3), .publish(4), .sent(4),
      ])
    #expect(harness.complete(1) == [.acknowledged(1)])
    #expect(
      harness.publish(5, progress: .maybeSent) == [.publish(5, isDuplicate: true), .sent(5)])
  }

  @Test func `an earlier process's publishes start again on a new session`() {
    var harness = OutgoingHarness()
    _ = harness.publish(1, .exactlyOnce, progress: .received)
    _ = harness.publish(2, progress: .maybeSent)
    #expect(
      harness.connect(sessionPresent: false)
        == [.restarted(1), .publish(1, .exactlyOnce), .sent(1), .publish(2), .sent(2)])
    #expect(harness.ack(2) == [.acknowledged(2, isUncertain: true)])
    harness.lose()
    // The broker has a session now, but not the one that knew this message.
    #expect(harness.connect() == [.publish(1, .exactlyOnce, isDuplicate: true)])
    #expect(harness.publish(3, progress: .maybeSent) == [.publish(3), .sent(3)])
  }

  @Test func `what an earlier process saw received starts again when that is on disk`() {
    var harness = OutgoingHarness { $0.recordsReceived = true }
    _ = harness.publish(1, .exactlyOnce, progress: .received)
    _ = harness.publish(2, progress: .maybeSent)
    #expect(harness.connect(sessionPresent: false) == [.restarted(1)])
    harness.lose()
    #expect(harness.connect().isEmpty)
    #expect(
      harness.restartRecorded(1)
        == [.publish(1, .exactlyOnce), .sent(1), .publish(2), .sent(2)])
    #expect(harness.restartRecorded(1).isEmpty)
  }

  @Test func `a publish may end while its new beginning is recorded`() {
    var harness = OutgoingHarness { $0.recordsReceived = true }
    _ = harness.publish(1, .exactlyOnce, progress: .received)
    _ = harness.connect(sessionPresent: false)
    #expect(harness.stop() == [.finished(1, .maybeSent(.stopped))])
    #expect(harness.restartRecorded(1).isEmpty)
  }

  @Test func `a PUBREL the broker no longer knows completes as uncertain`() {
    var harness = OutgoingHarness()
    _ = harness.publish(1, .exactlyOnce, progress: .received)
    _ = harness.connect()
    #expect(
      harness.complete(1, .packetIdentifierNotFound)
        == [.acknowledged(1, .packetIdentifierNotFound, isUncertain: true)])
  }

  @Test func `a publish that the broker takes no longer after a reconnect may have been sent`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    _ = harness.publish(2, .exactlyOnce)
    harness.lose()
    #expect(
      harness.connect { $0.maximumPacketSize = 4 }
        == [.finished(1, .maybeSent(.packetTooLarge(limit: 4))), .release(2)])
    #expect(
      harness.complete(2, .packetIdentifierNotFound)
        == [.finished(2, .maybeSent(.packetTooLarge(limit: 4)))])
  }

  @Test func `nothing is late while there is no link, and the clock starts again with the next`() {
    var harness = OutgoingHarness { $0.acknowledgementTimeout = .seconds(30) }
    _ = harness.connect()
    _ = harness.publish(1)
    harness.lose()
    #expect(harness.publishes.nextDeadline == nil)
    harness.now = .seconds(100)
    _ = harness.connect()
    #expect(harness.publishes.nextDeadline == .seconds(130))
  }

  @Test func `stopping answers every publish once`() {
    var harness = OutgoingHarness { $0.inflightMaximum = 2 }
    _ = harness.connect()
    _ = harness.publish(1)
    _ = harness.publish(2, .exactlyOnce)
    _ = harness.received(2)
    _ = harness.publish(3)
    _ = harness.publish(4, progress: .maybeSent)
    #expect(
      harness.stop() == [
        .finished(1, .maybeSent(.stopped)), .finished(2, .maybeSent(.stopped)),
        .finished(3, .notSent(.stopped)), .finished(4, .maybeSent(.stopped)),
      ])
    #expect(harness.ids.count == 0)
  }
}
