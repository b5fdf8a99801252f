/// Why percent-encoded text could not be read.
package enum PercentDecodingError: Error, Equatable, Sendable {
  /// `%` without two hexadecimal digits; the position is in the encoded text.
  case badEscape(at: Int)
  case invalidUTF8
  case containsNUL
}

/// Percent-encoded text, read strictly and exactly once.
package enum PercentDecoding {
  /// What a `+` that is not written `%2B` means.
  package enum Plus: Equatable, Sendable {
    /// Itself, as in a path.
    case literal
    /// A space, as in a form.
    case space
    /// Itself where it fills a whole level between slashes, a space elsewhere.
    ///
    /// A filter such as `sensors/+/temp` may so be typed as it is: the only place where MQTT
    /// allows a `+` is a level of its own.
    case topicFilter
  }

  package static func decode(
    _ text: some Sequence<UInt8>, plus: Plus
  ) throws(PercentDecodingError) -> String {
    try string(decodeBytes(text, plus: plus)[...])
  }

  /// The same for bytes that are in memory already; most have no escape.
  package static func decode(
    _ text: ArraySlice<UInt8>, plus: Plus
  ) throws(PercentDecodingError) -> String {
    for byte in text where byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") {
      return try string(decodeBytes(text, plus: plus)[...])
    }
    return try string(text)
  }

  private static func string(_ bytes: ArraySlice<UInt8>) throws(PercentDecodingError) -> String {
    guard !bytes.contains(0) else { throw .containsNUL }
    do {
      return String(copying: try UTF8Span(validating: bytes.span))
    } catch {
      throw .invalidUTF8
    }
  }

  /// The bytes behind the escapes; they may be no text.
  package static func decodeBytes(
    _ text: some Sequence<UInt8>, plus: Plus
  ) throws(PercentDecodingError) -> [UInt8] {
    var bytes: [UInt8] = []
    var plusPositions: [Int] = []
    var position = 0
    var iterator = text.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = iterator.next().flatMap(value(ofDigit:)),
          let low = iterator.next().flatMap(value(ofDigit:))
        else { throw .badEscape(at: position) }
        bytes.append(high << 4 | low)
        position += 3
      case UInt8(ascii: "+"):
        if plus == .topicFilter { plusPositions.append(bytes.count) }
        bytes.append(plus == .space ? UInt8(ascii: " ") : byte)
        position += 1
      default:
        bytes.append(byte)
        position += 1
      }
    }
    for index in plusPositions where !fillsLevel(bytes, at: index) {
      bytes[index] = UInt8(ascii: " ")
    }
    return bytes
  }

  private static func fillsLevel(_ bytes: [UInt8], at index: Int) -> Bool {
    let slash = UInt8(ascii: "/")
    return (index == 0 || bytes[index - 1] == slash)
      && (index + 1 == bytes.count || bytes[index + 1] == slash)
  }

  private static func value(ofDigit byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
