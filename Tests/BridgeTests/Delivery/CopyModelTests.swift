import TestSupport
import Testing

@testable import Bridge

/// Random histories of filters that overlap, copy by copy.
@Suite struct CopyModelTests {
  @Test(arguments: CopyBroker.Copies.allCases, [true, false])
  func `streams have each message once, whatever the filters beside theirs do`(
    copies: CopyBroker.Copies, isRecorded: Bool
  ) throws {
    var seeds = SeededGenerator(for: "copy model, \(copies), \(isRecorded)")
    var delivered = 0
    for _ in 0..<200 {
      var model = try CopyModel(
        copies, isRecorded: isRecorded, SeededGenerator(seed: seeds.next()))
      for _ in 0..<300 { try model.step() }
      try model.settle()
      delivered += model.delivered
    }
    #expect(delivered > 1000)
  }
}
