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

  @Test(arguments: [
    (0.75, 45.0), (0.5, 30), (1, 60), (7, 60), (0, 6), (-1, 6), (.nan, 60), (.infinity, 60),
  ]) func `the ping goes out after a share of the interval`(share: Double, seconds: Double) {
    let keepAlive = KeepAlive(
      seconds: 60, fraction: share, timeout: .seconds(10), at: .seconds(100))
    #expect(keepAlive.nextDeadline == .seconds(100) + .seconds(seconds))
  }

  @Test func `steady writing to a dead peer ends after the share and the time for the answer`() {
    var keepAlive = KeepAlive(seconds: 60, fraction: 0.5, timeout: .seconds(5), at: .zero)
    var verdicts: [Int: KeepAlive.Verdict] = [:]
    for second in 1...35 {
      keepAlive.wrote(at: .seconds(second))
      let verdict = keepAlive.timerFired(at: .seconds(second))
      if verdict != .alive { verdicts[second] = verdict }
    }
    #expect(verdicts == [30: .ping, 35: .dead])
  }

  @Test func `a busy broker that forgets PINGRESP is alive`() {
    var keepAlive = keepAlive()
    keepAlive.wrote(at: .zero)
    for second in 1...600 {
      keepAlive.received(at: .seconds(second))
      #expect(keepAlive.timerFired(at: .seconds(second)) != .dead)
    }
  }

  @Test func `a broker that only sends gets a ping in each interval`() {
    var keepAlive = keepAlive()
    var pings: [Int] = []
    for second in 1...200 {
      keepAlive.received(at: .seconds(second))
      if keepAlive.timerFired(at: .seconds(second)) == .ping {
        pings.append(second)
        keepAlive.wrote(at: .seconds(second))
      }
    }
    #expect(pings == [60, 120, 180])
  }

  @Test func `no time for the answer makes no hot loop`() {
    let keepAlive = KeepAlive(seconds: 60, timeout: .seconds(-1), at: .zero)
    #expect(keepAlive.nextDeadline == .seconds(60))
  }
}
