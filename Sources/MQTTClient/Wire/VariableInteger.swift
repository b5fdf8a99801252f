/// A number in one to four bytes, seven bits each, least significant first. [MQTT 5.0, 1.5.5]
enum VariableInteger {
  /// The largest number that four bytes hold.
  static let maximum = 268_435_455

  enum Outcome: Equatable {
    case value(Int, length: Int)
    /// More bytes are needed to know.
    case incomplete
    case tooLong
    case notMinimal
  }

  /// Only the shortest form of a number is accepted. [MQTT-1.5.5-1]
  static func parse(_ bytes: Bytes) -> Outcome {
    var value = 0
    var length = 0
    for byte in bytes {
      value |= Int(byte & 0x7F) << (7 * length)
      length += 1
      if byte & 0x80 == 0 {
        return byte == 0 && length > 1 ? .notMinimal : .value(value, length: length)
      }
      if length == 4 { return .tooLong }
    }
    return .incomplete
  }

  static func length(of value: Int) -> Int {
    switch value {
    case ..<0x80: 1
    case ..<0x4000: 2
    case ..<0x20_0000: 3
    default: 4
    }
  }
}
