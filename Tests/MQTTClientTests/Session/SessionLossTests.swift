import Testing

@testable import MQTTClient

/// What becomes of unacknowledged publishes when the broker lost the session.
@Suite struct SessionLossTests {
  @Test func `reported publishes end, and what was never sent goes out`() {
    var harness = OutgoingHarness {
      $0.delivery.sessionLoss = .report
      $0.inflightMaximum = 3
    }
    _ = harness.connect()
    _ = harness.publish(1)
    _ = harness.publish(2, .exactlyOnce)
    _ = harness.publish(3, .exactlyOnce)
    _ = harness.received(3)
    #expect(harness.publish(4).isEmpty)
    harness.lose()
    #expect(
      harness.connect(sessionPresent: false) == [
        .finished(1, .maybeSent(.sessionLost)), .finished(2, .maybeSent(.sessionLost)),
        .finished(3, .maybeSent(.sessionLost)), .publish(4), .sent(4),
      ])
    #expect(harness.ack(4) == [.acknowledged(4)])
  }

  @Test func `an earlier process's publishes are reported, too`() {
    var harness = OutgoingHarness { $0.delivery.sessionLoss = .report }
    _ = harness.publish(1, progress: .maybeSent)
    _ = harness.publish(2)
    #expect(
      harness.connect(sessionPresent: false)
        == [.finished(1, .maybeSent(.sessionLost)), .publish(2), .sent(2)])
  }

  @Test func `a doubtful session loses nothing`() {
    var harness = OutgoingHarness { $0.delivery.sessionLoss = .report }
    _ = harness.connect()
    _ = harness.publish(1)
    harness.lose()
    #expect(harness.connect(continuity: .doubtful) == [.publish(1, isDuplicate: true)])
  }

  @Test func `by default what was sent goes out again in the new session`() {
    var harness = OutgoingHarness()
    _ = harness.connect()
    _ = harness.publish(1)
    harness.lose()
    #expect(harness.connect(sessionPresent: false) == [.publish(1)])
    #expect(harness.ack(1) == [.acknowledged(1, isUncertain: true)])
  }
}
