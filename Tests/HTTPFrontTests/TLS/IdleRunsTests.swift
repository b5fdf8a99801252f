import Testing

@testable import HTTPFront

@Suite struct IdleRunsTests {
  @Test func `what moves bytes is run at once, and what does not only now and then`() {
    var runs = IdleRuns()
    for progress in 1...20 {
      runs.ran(progress: UInt(progress))
      #expect(runs.pause == .zero)
    }
    for _ in 1..<IdleRuns.freeCount {
      runs.ran(progress: 20)
      #expect(runs.pause == .zero)
    }
    runs.ran(progress: 20)
    #expect(runs.pause == IdleRuns.longPause)
    runs.ran(progress: 20)
    #expect(runs.pause == IdleRuns.longPause)
    runs.ran(progress: 21)
    #expect(runs.pause == .zero)
  }
}
