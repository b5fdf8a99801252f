/// What a message is published under: levels between slashes, without wildcards.
/// [MQTT 5.0, 4.7]
public enum TopicName {
  /// Whether a PUBLISH may carry this topic. [MQTT-3.3.2-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2]
  /// [MQTT-4.7.3-3]
  public static func isValid(_ text: String) -> Bool {
    let bytes = text.utf8.span
    guard !bytes.isEmpty, bytes.count <= UInt16.max else { return false }
    for index in bytes.indices {
      switch bytes[index] {
      case 0, TopicCharacter.plus, TopicCharacter.hash: return false
      default: break
      }
    }
    return true
  }
}

/// The characters that mean something in topics.
enum TopicCharacter {
  static let slash = UInt8(ascii: "/")
  static let plus = UInt8(ascii: "+")
  static let hash = UInt8(ascii: "#")
  static let dollar = UInt8(ascii: "$")
}
