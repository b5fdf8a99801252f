import HTTPFront

/// Percent-decoding done the slow way: first into tokens, then into bytes, then into text.
enum ReferenceDecoding {
  private struct Token {
    let byte: UInt8
    let isBarePlus: Bool
  }

  /// The text, or nil where the decoder must refuse.
  static func decode(_ raw: [UInt8], plus: PercentDecoding.Plus) -> String? {
    guard let tokens = tokens(raw) else { return nil }
    let levels = tokens.split(omittingEmptySubsequences: false) { $0.byte == UInt8(ascii: "/") }
    var bytes: [UInt8] = []
    for (index, level) in levels.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: "/")) }
      for token in level {
        let isKept =
          switch plus {
          case .literal: true
          case .space: false
          case .topicFilter: level.count == 1
          }
        bytes.append(token.isBarePlus && !isKept ? UInt8(ascii: " ") : token.byte)
      }
    }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }

  /// Every byte as an escape.
  static func encode(_ text: String) -> [UInt8] {
    text.utf8.flatMap { byte in
      let digits = String(byte, radix: 16, uppercase: byte % 2 == 0)
      return Array("%\(digits.count == 1 ? "0" : "")\(digits)".utf8)
    }
  }

  private static func tokens(_ raw: [UInt8]) -> [Token]? {
    var tokens: [Token] = []
    var index = 0
    while index < raw.count {
      if raw[index] == UInt8(ascii: "%") {
        guard index + 2 < raw.count else { return nil }
        let digits = raw[(index + 1)...(index + 2)]
        guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }),
          let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        tokens.append(Token(byte: byte, isBarePlus: false))
        index += 3
      } else {
        tokens.append(Token(byte: raw[index], isBarePlus: raw[index] == UInt8(ascii: "+")))
        index += 1
      }
    }
    return tokens
  }
}
