import Testing

@testable import MQTTClient

/// An application that reads nothing for a long time, and a broker that goes on sending.
@Suite struct PausedReadingTests {
  /// Connected, with an unacknowledged publish and an unanswered subscription.
  private func harness(_ change: (inout SessionOptions) -> Void = { _ in }) -> SessionHarness {
    var harness = SessionHarness(change)
    _ = harness.connect()
    _ = harness.publish(
      PublishRequest(key: 1, publish: Publish(topic: "t", payload: [], qos: .atLeastOnce)))
    _ = harness.subscribe(2, "f")
    _ = harness.flush()
    return harness
  }

  /// As the driver does it at each deadline while bytes wait; returns what the session did.
  private func pause(
    _ harness: inout SessionHarness, until end: Duration
  ) -> [(time: Duration, action: SessionAction)] {
    var actions: [(time: Duration, action: SessionAction)] = []
    while let deadline = harness.session.nextDeadline, deadline <= end {
      harness.now = max(harness.now, deadline)
      harness.session.heard(at: harness.now)
      harness.session.excused(at: harness.now)
      let now = harness.now
      for action in harness.advance(.zero) { actions.append((now, action)) }
      if let next = harness.session.nextDeadline, next <= now {
        Issue.record("the deadline does not move on")
        break
      }
    }
    harness.now = end
    return actions
  }

  @Test func `minutes of unread input end nothing, and pings go out in time`() {
    var harness = harness()
    let start = harness.now
    let actions = pause(&harness, until: start + .seconds(600))
    #expect(actions.allSatisfy { $0.action == .send(.pingRequest) })
    var last = start
    for time in actions.map(\.time) + [harness.now] {
      #expect(time - last <= .seconds(60))
      last = time
    }
    #expect(harness.session.state == .up)
  }

  @Test func `after the pause an acknowledgement has its whole time again`() {
    var harness = harness { $0.keepAlive = 0 }
    _ = pause(&harness, until: harness.now + .seconds(600))
    harness.session.excused(at: harness.now)
    #expect(harness.advance(.seconds(29)).isEmpty)
    #expect(harness.advance(.seconds(1)).contains(.closeLink(.immediately)))
  }

  @Test func `an excuse ends with its link`() {
    var harness = harness { $0.keepAlive = 0 }
    harness.session.excused(at: harness.now + .seconds(1000))
    _ = harness.fail()
    _ = harness.connect()
    #expect(harness.advance(.seconds(30)).contains(.closeLink(.immediately)))
  }

  @Test func `bytes prove that the broker lives, packets or not`() {
    var harness = SessionHarness()
    _ = harness.connect()
    #expect(harness.advance(.seconds(45)) == [.send(.pingRequest)])
    harness.session.heard(at: harness.now + .seconds(9))
    #expect(harness.advance(.seconds(10)).isEmpty)
    #expect(harness.session.state == .up)
  }

  @Test func `a dead broker is not excused by the acknowledgements it owes`() {
    var harness = harness { $0.acknowledgementTimeout = .seconds(1000) }
    harness.session.excused(at: harness.now)
    #expect(harness.advance(.seconds(45)) == [.send(.pingRequest)])
    #expect(harness.advance(.seconds(10)).contains(.closeLink(.immediately)))
  }
}
