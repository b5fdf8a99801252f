/// How often a message arrives: MQTT's Quality of Service. [MQTT 5.0, 4.3]
public enum QoS: UInt8, Comparable, Sendable {
  case atMostOnce = 0
  case atLeastOnce = 1
  case exactlyOnce = 2

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
