import WebSocketProtocol

/// Base64 for URLs without padding, strictly: one text for the same bytes. [RFC 7515, section 2]
enum Base64URL {
  static func encoded(_ bytes: some Sequence<UInt8>) -> String {
    var text = Array(Base64.encoded(bytes).utf8)
    while text.last == UInt8(ascii: "=") { text.removeLast() }
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "+"): text[index] = UInt8(ascii: "-")
      case UInt8(ascii: "/"): text[index] = UInt8(ascii: "_")
      default: break
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func decoded(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var plain: [UInt8] = []
    for byte in text {
      switch byte {
      case UInt8(ascii: "-"): plain.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): plain.append(UInt8(ascii: "/"))
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
      default: plain.append(byte)
      }
    }
    while plain.count % 4 != 0 { plain.append(UInt8(ascii: "=")) }
    return Base64.decoded(String(decoding: plain, as: UTF8.self))
  }
}
