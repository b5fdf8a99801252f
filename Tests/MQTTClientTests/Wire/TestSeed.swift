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
