package import MQTTClient

/// What is kept of an API key: `sha256:` and 64 hexadecimal digits.
///
/// An API key is long and random, so nobody guesses it from a fast hash; a password would be.
package struct APIKeyHash: Equatable, Sendable {
  private let hash: [UInt8]

  package init?(_ text: String) {
    let prefix = "sha256:"
    let digits = Array(text.utf8.dropFirst(prefix.utf8.count))
    guard text.utf8.starts(with: prefix.utf8), digits.count == 64 else { return nil }
    var hash: [UInt8] = []
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else {
        return nil
      }
      hash.append(high << 4 | low)
    }
    self.hash = hash
  }

  /// The text form for a new key.
  package static func text(for key: String) throws(CryptographyError) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = try Cryptography.sha256(Array(key.utf8)).flatMap { byte in
      [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return "sha256:" + String(decoding: text, as: UTF8.self)
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x61...0x66: digit - 0x61 + 10
    case 0x41...0x46: digit - 0x41 + 10
    default: nil
    }
  }

  fileprivate func matches(_ hash: [UInt8]) -> Bool { Cryptography.isEqual(self.hash, hash) }
}

/// The API keys of the configuration.
package struct APIKeys: Sendable {
  private let keys: [(hash: APIKeyHash, caller: Caller)]

  package init(_ keys: [(hash: APIKeyHash, caller: Caller)]) { self.keys = keys }

  /// Whose key it is.
  ///
  /// Every key is compared, so the time does not tell which one it was.
  package func caller(for key: String) -> Caller? {
    guard let hash = try? Cryptography.sha256(Array(key.utf8)) else { return nil }
    var found: Caller?
    for (candidate, caller) in keys where candidate.matches(hash) { found = caller }
    return found
  }
}
