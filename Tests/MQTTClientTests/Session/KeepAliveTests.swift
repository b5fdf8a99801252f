import Testing

@testable import MQTTClient

@Suite struct KeepAliveTests {
  func keepAlive(seconds: UInt16 = 60) -> KeepAlive {
    KeepAlive(seconds: seconds, timeout: .seconds(10), at: .zero)
  }

  @Test func `nothing received asks the broker although we write all the time`() {
    var keepAlive = keepAlive()
    for second in 1..<60 {
      keepAlive.wrote(at: .seconds(second))
      #expect(keepAlive.timerFired(at: .seconds(second)) == .alive)
    }
    #expect(keepAlive.nextDeadline == .seconds(60))
    #expect(keepAlive.timerFired(at: .seconds(60)) == .ping)
  }

  @Test func `nothing written pings although the broker sends all the time`() {
    var keepAlive = keepAlive()
    keepAlive.received(at: .seconds(59))
    #expect(keepAlive.timerFired(at: .seconds(60)) == .ping)
  }

  @Test func `steady writing does not put off the deadline of the answer`() {
    var keepAlive = keepAlive()
    #expect(keepAlive.timerFired(at: .seconds(60)) == .ping)
    for second in 61..<70 {
      keepAlive.wrote(at: .seconds(second))
      #expect(keepAlive.timerFired(at: .seconds(second)) == .alive)
    }
    #expect(keepAlive.nextDeadline == .seconds(70))
    #expect(keepAlive.timerFired(at: .seconds(70)) == .dead)
  }

  @Test func `a socket that takes no bytes does not hide a dead broker`() {
    var keepAlive = keepAlive()
    #expect(keepAlive.timerFired(at: .seconds(60)) == .ping)
    #expect(keepAlive.timerFired(at: .seconds(70)) == .dead)
  }

  @Test func `any packet proves that the broker is alive`() {
    var keepAlive = keepAlive()
    #expect(keepAlive.timerFired(at: .seconds(60)) == .ping)
    keepAlive.received(at: .seconds(61))
    #expect(keepAlive.timerFired(at: .seconds(70)) == .alive)
    #expect(keepAlive.nextDeadline == .seconds(120))
  }

  @Test func `without a report of writing the next ping still waits an interval`() {
    var keepAlive = keepAlive()
    #expect(keepAlive.timerFired(at: .seconds(60)) == .ping)
    keepAlive.received(at: .seconds(60))
    #expect(keepAlive.timerFired(at: .seconds(61)) == .alive)
  }

  @Test func `zero turns it off`() {
    var keepAlive = keepAlive(seconds: 0)
    #expect(keepAlive.nextDeadline == nil)
    #expect(keepAlive.timerFired(at: .seconds(100_000)) == .alive)
  }
}
