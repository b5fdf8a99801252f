package import MQTTClient

/// Some of the three levels of QoS.
package struct QoSSet: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package init(_ levels: some Sequence<QoS>) {
    self.init(rawValue: levels.reduce(0) { $0 | 1 << $1.rawValue })
  }

  /// All levels up to this one.
  package init(upTo maximum: QoS) {
    self.init(rawValue: 1 << (maximum.rawValue + 1) - 1)
  }

  package static let all = Self(upTo: .exactlyOnce)

  package func has(_ qos: QoS) -> Bool { rawValue & 1 << qos.rawValue != 0 }
}

extension QoSSet: CustomStringConvertible {
  /// Such as `0, 1`.
  package var description: String {
    (UInt8(0)..<3).filter { rawValue & 1 << $0 != 0 }.map { "\($0)" }.joined(separator: ", ")
  }
}
