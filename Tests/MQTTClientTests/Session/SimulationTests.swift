import FoundationEssentials
import Testing

@testable import MQTTClient

@Suite struct SimulationTests {
  /// The stories to play; `MQTT_TEST_SEED` asks for a single one.
  static let seeds: [UInt64] = {
    let wish = ProcessInfo.processInfo.environment["MQTT_TEST_SEED"]
    return wish.flatMap(UInt64.init).map { [$0] } ?? Array(1...200)
  }()

  @Test(arguments: seeds) func `everything comes to its end whatever the network does`(
    seed: UInt64
  ) {
    var simulation = Simulation(seed: seed)
    let problems = simulation.run()
    #expect(problems.isEmpty, "MQTT_TEST_SEED=\(seed): \(problems.joined(separator: "; "))")
  }
}
