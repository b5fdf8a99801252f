import Testing

@testable import MQTTClient

/// Every arrow of the timer's diagram.
@Suite struct PingTimerTests {
  private var timer = PingTimer(interval: .seconds(10), timeout: .seconds(3))

  private mutating func fire(_ seconds: Int, unread: Bool = false) -> PingTimer.Verdict? {
    timer.timerFired(at: .seconds(seconds), hasUnreadInput: unread)
  }

  @Test mutating func `silence is asked, and then given up`() {
    let verdicts = [fire(5), fire(14), fire(15), fire(17), fire(18)]
    #expect(verdicts == [nil, nil, .ping, nil, .expired])
  }

  @Test mutating func `any byte makes the time quiet again`() {
    _ = fire(5)
    timer.heard()
    #expect(fire(15) == nil)
    #expect(timer.nextDeadline == .seconds(25))
    #expect(fire(25) == .ping)
    timer.heard()
    #expect(fire(28) == nil)
    #expect(timer.nextDeadline == .seconds(38))
  }

  @Test mutating func `bytes that nobody reads are no silence`() {
    _ = fire(5)
    #expect(fire(15, unread: true) == nil)
    #expect(fire(25) == .ping)
    #expect(fire(28, unread: true) == nil)
    #expect(timer.nextDeadline == .seconds(38))
  }
}
