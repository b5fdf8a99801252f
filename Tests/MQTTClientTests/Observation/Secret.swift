/// A text that must never be seen, in any of the forms in which it could get into a log.
enum Secret {
  static let text = "s3cr3tM4rk3r"
  static let bytes = Array(text.utf8)

  /// How the secret would look as text, numbers, hexadecimal digits or Base64.
  static let traces: [String] = {
    let hexadecimal = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
    let forms = [
      text, hexadecimal.joined(), hexadecimal.joined(separator: " "),
      bytes.map(String.init).joined(separator: ", "),
    ]
    // What Base64 makes of the bytes depends on where in a group of three they begin.
    let encoded = (0..<3).map { shift in
      let text = base64(Array(repeating: 0, count: shift) + bytes)
      return String(text.dropFirst(4).prefix(8))
    }
    return forms + encoded
  }()

  private static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count - 2, by: 3) {
      let group = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
      for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
    }
    return text
  }

  /// Every form in which Swift would show the value.
  static func appearances(of value: Any) -> [String] {
    var dumped = ""
    dump(value, to: &dumped)
    var texts = ["\(value)", String(reflecting: value), dumped]
    if let value = value as? any CustomDebugStringConvertible {
      texts.append(value.debugDescription)
    }
    return texts
  }

  /// What the value shows of the secret, if it does.
  static func leak(of value: Any) -> String? {
    for text in appearances(of: value) {
      let lowercase = text.lowercased()
      for trace in traces where text.contains(trace) || lowercase.contains(trace.lowercased()) {
        return "\(trace) in \(text)"
      }
    }
    return nil
  }
}
