import TestSupport
import Testing

@testable import Bridge

/// From pages of the log to live events.
@Suite struct ReplaysTests {
  @Test func `whatever meets whatever, streams get every event once and in order`() throws {
    var seeds = SeededGenerator(for: "replays")
    var (delivered, lags) = (0, 0)
    for _ in 0..<12 {
      let model = try ReplayModel(SeededGenerator(seed: seeds.next()))
      for _ in 0..<4 {
        for _ in 0..<150 { try model.step() }
        try model.settle()
      }
      delivered += model.delivered
      lags += model.lags
    }
    #expect(delivered > 1000 && lags > 50)
  }
}
