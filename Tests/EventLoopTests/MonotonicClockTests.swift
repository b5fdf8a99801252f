import EventLoop
import Testing

@Suite struct MonotonicClockTests {
  @Test func `time does not go backwards`() {
    var last = MonotonicClock.now()
    for _ in 0..<1000 {
      let now = MonotonicClock.now()
      #expect(now >= last)
      last = now
    }
  }

  @Test func `the time of day is after this was written`() {
    #expect(WallClock.milliseconds() > 1_700_000_000_000)
  }

  @Test func `a system error reads as call and reason`() {
    #expect("\(SystemError("connect", 111))" == "connect: Connection refused")
  }
}
