import FoundationEssentials

/// Base64 with padding, strictly. [RFC 4648, 4]
enum Base64 {
  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString()
  }

  /// The bytes, or nil when the text is not base64 to the last character.
  static func decode(_ text: String) -> [UInt8]? {
    // Foundation reads "====" and padding bits that are not zero: two texts for the same bytes.
    guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else {
      return nil
    }
    return Array(data)
  }
}
