/// A media type without its parameters, in lower case. [RFC 9110, 8.3.1]
struct MediaType {
  static let json = "application/json"
  static let ndjson = "application/x-ndjson"
  static let form = "application/x-www-form-urlencoded"

  let essence: String

  init(_ header: String) {
    essence = header.utf8.allSatisfy(Self.isPlain) ? header : Self.essence(of: header)
  }

  /// Whether its content is text in UTF-8 as far as this server knows.
  var isText: Bool {
    essence.hasPrefix("text/") || essence == Self.json || essence.hasSuffix("+json")
  }

  private static func essence(of header: String) -> String {
    let type = header.utf8.prefix { $0 != UInt8(ascii: ";") }
    return String(decoding: type.filter { !isBlank($0) }.map(lowercase), as: UTF8.self)
  }

  /// Whether a byte is part of the essence as it stands.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte != UInt8(ascii: ";") && !isBlank(byte) && lowercase(byte) == byte
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
