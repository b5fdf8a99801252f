import Glibc

/// The seed of the random tests: MQTT_TEST_SEED in the environment, else a new one each run.
///
/// It is printed, so that the same run can be repeated.
enum TestSeed {
  static let value: UInt64 = {
    let seed = fromEnvironment ?? UInt64.random(in: 0...UInt64.max)
    print("MQTT_TEST_SEED=\(seed)")
    return seed
  }()

  private static var fromEnvironment: UInt64? {
    guard let text = unsafe getenv("MQTT_TEST_SEED") else { return nil }
    return unsafe UInt64(String(cString: text))
  }
}

/// A small generator whose numbers depend only on its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func chance(_ part: Double) -> Bool { Double.random(in: 0..<1, using: &self) < part }
}
