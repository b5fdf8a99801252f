/// The part of a URL between `//` and the path: user name, password, host and port.
struct URLAuthority {
  enum Problem: Error { case credentials, missingHost, host, port }

  var username: String?
  var password: [UInt8]?
  var host = ""
  var port: UInt16?

  /// Reads the part; user name and password are percent-decoded.
  init(_ text: Substring) throws(Problem) {
    let at = text.lastIndex(of: "@")
    try readCredentials(at.map { text[..<$0] })
    try readAddress(at.map { text[text.index(after: $0)...] } ?? text)
  }

  /// Reads what may stand before a path that is no host's: credentials only.
  init(withoutHost text: Substring) throws(Problem) {
    guard !text.isEmpty else { return }
    guard text.last == "@" else { throw .host }
    try readCredentials(text.dropLast())
  }

  /// The host in a URL: a version 6 address gets its brackets.
  static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

  /// Replaces every `%xx` by its byte; nil when one is incomplete.
  static func percentDecoded(_ text: Substring) -> [UInt8]? {
    var decoded: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = bytes.next()?.hexValue, let low = bytes.next()?.hexValue else { return nil }
      decoded.append(high << 4 | low)
    }
    return decoded
  }

  private mutating func readCredentials(_ text: Substring?) throws(Problem) {
    guard let text else { return }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = parts.first, let nameBytes = Self.percentDecoded(name),
      let decoded = String(validating: nameBytes, as: UTF8.self)
    else { throw .credentials }
    username = decoded.isEmpty ? nil : decoded
    guard parts.count == 2 else { return }
    guard let bytes = Self.percentDecoded(parts[1]) else { throw .credentials }
    password = bytes
  }

  private mutating func readAddress(_ text: Substring) throws(Problem) {
    let rest: Substring
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { throw .host }
      let address = text[text.index(after: text.startIndex)..<end]
      rest = text[text.index(after: end)...]
      guard Self.isVersion6(address), rest.isEmpty || rest.first == ":" else { throw .host }
      host = String(address)
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      let name = text[..<colon]
      rest = text[colon...]
      guard !name.isEmpty else { throw .missingHost }
      guard Self.isName(name) else { throw .host }
      host = String(name)
    }
    guard !rest.isEmpty else { return }
    let digits = rest.dropFirst()
    guard digits.utf8.allSatisfy(\.isDigit), let number = UInt16(digits), number != 0 else {
      throw .port
    }
    port = number
  }

  private static func isName(_ text: Substring) -> Bool {
    text.utf8.count <= 253
      && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-._".utf8.contains($0) }
  }

  /// Hexadecimal groups, and after a percent sign the name of an interface.
  private static func isVersion6(_ text: Substring) -> Bool {
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    guard let digits = parts.first, digits.contains(":"), digits.utf8.count <= 45,
      digits.utf8.allSatisfy({ $0.hexValue != nil || ":.".utf8.contains($0) })
    else { return false }
    return parts.count == 1 || (!parts[1].isEmpty && isName(parts[1]))
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
  fileprivate var isLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }

  fileprivate var hexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
