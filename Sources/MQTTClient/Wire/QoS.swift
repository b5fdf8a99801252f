/// How often a message arrives: MQTT's Quality of Service. [MQTT 5.0, 4.3]
public enum QoS: UInt8, Comparable, Sendable {
  /// At most once: sent and forgotten. [MQTT 5.0, 4.3.1]
  case atMostOnce = 0
  /// At least once: acknowledged, perhaps delivered again. [MQTT 5.0, 4.3.2]
  case atLeastOnce = 1
  /// Exactly once: four packets for each message. [MQTT 5.0, 4.3.3]
  case exactlyOnce = 2

  /// A lower QoS comes before a higher one.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
