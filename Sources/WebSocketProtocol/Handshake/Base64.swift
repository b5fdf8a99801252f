/// Base64 with padding. [RFC 4648, 4]
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func encoded(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    var rest = bytes.makeIterator()
    while let first = rest.next() {
      let (second, third) = (rest.next(), rest.next())
      let bits = UInt32(first) << 16 | UInt32(second ?? 0) << 8 | UInt32(third ?? 0)
      text.append(digit(bits >> 18))
      text.append(digit(bits >> 12))
      text.append(second == nil ? UInt8(ascii: "=") : digit(bits >> 6))
      text.append(third == nil ? UInt8(ascii: "=") : digit(bits))
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func digit(_ bits: UInt32) -> UInt8 { alphabet[Int(bits & 63)] }

  /// The bytes; nil unless the text is the one that `encoded` makes of them.
  package static func decoded(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    for character in text.utf8.prefix(while: { $0 != UInt8(ascii: "=") }) {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 1
      if count % 4 != 1 {
        bytes.append(UInt8(truncatingIfNeeded: bits >> ((4 - count % 4) % 4 * 2)))
      }
    }
    // One text for the same bytes: full padding, and nothing in the bits that it stands for.
    return encoded(bytes).utf8.elementsEqual(text.utf8) ? bytes : nil
  }

  /// Whether the text stands for exactly so many bytes.
  package static func isEncoding(_ text: String, ofBytes count: Int) -> Bool {
    let padding = (3 - count % 3) % 3
    let digits = text.utf8.dropLast(padding)
    return text.utf8.count == (count + 2) / 3 * 4
      && text.utf8.suffix(padding).allSatisfy { $0 == UInt8(ascii: "=") }
      && digits.allSatisfy { alphabet.contains($0) }
  }
}
