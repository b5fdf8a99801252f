import TestSupport
import Testing

@testable import Bridge

/// Random histories: whatever happens, each open stream sees each matching message once.
@Suite struct StreamHubModelTests {
  @Test(arguments: ScriptedBroker.Copies.allCases, [0, 0.2])
  func `streams see what matches their filters, once, and leave nothing behind`(
    copies: ScriptedBroker.Copies, refusals: Double
  ) throws {
    var seeds = SeededGenerator(for: "hub model, \(copies), \(refusals)")
    var deliveries = 0
    for _ in 0..<150 {
      var model = HubModel(copies, SeededGenerator(seed: seeds.next()), refusals: refusals)
      for _ in 0..<200 { try model.step() }
      try model.end()
      deliveries += model.deliveries
    }
    #expect(deliveries > 1000)
  }
}
