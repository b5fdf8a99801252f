import TestSupport
import Testing

@testable import MQTTClient

@Suite struct SessionOperationsTests {
  @Test(arguments: 0..<20) func `any operations in any order keep every promise`(batch: UInt64) {
    for number in 0..<250 {
      let seed = batch * 1000 + UInt64(number)
      var random = SeededGenerator(seed: seed)
      let length = Int.random(in: 10...600, using: &random)
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      var operations = SessionOperations(bytes)
      operations.run()
      let problems = operations.problems
      #expect(problems.isEmpty, "seed \(seed): \(problems)")
    }
  }
}
