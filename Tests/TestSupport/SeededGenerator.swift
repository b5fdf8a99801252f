import FoundationEssentials

/// A reproducible source of randomness (SplitMix64).
///
/// The seed comes from `MQTT_TEST_SEED`, or is drawn anew; either way it is printed, so that a failure
/// can be repeated.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
  package let seed: UInt64
  private var state: UInt64

  package init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  /// A generator for one test, which names itself in the printed line.
  package init(for test: String) {
    let given = ProcessInfo.processInfo.environment["MQTT_TEST_SEED"].flatMap { UInt64($0) }
    self.init(seed: given ?? .random(in: 0...UInt64.max))
    print("\(test): MQTT_TEST_SEED=\(seed)")
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// True for this part of the draws, from 0 to 1.
  package mutating func chance(_ part: Double) -> Bool {
    Double.random(in: 0..<1, using: &self) < part
  }

  /// As many random bytes as asked for.
  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}
