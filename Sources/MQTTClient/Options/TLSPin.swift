extension TLSOptions {
  /// The SHA-256 hash of a public key, as a certificate carries it (its SubjectPublicKeyInfo).
  ///
  ///     openssl x509 -in broker.pem -noout -pubkey | openssl pkey -pubin -outform DER |
  ///       openssl dgst -sha256
  public struct Pin: Hashable, Sendable {
    /// The digest of the key, 32 bytes.
    public let sha256: [UInt8]

    /// Takes the 32 bytes of the hash; nil for another number of bytes.
    public init?(sha256: [UInt8]) {
      guard sha256.count == 32 else { return nil }
      self.sha256 = sha256
    }

    /// Reads the hash in hexadecimal, with or without colons, or in base64, which may follow
    /// `sha256/` or `sha256//`; nil if it is neither.
    public init?(_ text: String) {
      var text = Substring(text)
      if text.hasPrefix("sha256/") { text = text.dropFirst(7) }
      if text.hasPrefix("/"), text.utf8.count == 45 { text = text.dropFirst() }
      guard let bytes = Self.hexadecimal(text) ?? Self.base64(text) else { return nil }
      self.init(sha256: bytes)
    }

    private static func hexadecimal(_ text: Substring) -> [UInt8]? {
      let digits = text.utf8.filter { $0 != UInt8(ascii: ":") }
      guard digits.count == 64 else { return nil }
      var bytes: [UInt8] = []
      for index in stride(from: 0, to: 64, by: 2) {
        guard let high = Self.digit(digits[index]), let low = Self.digit(digits[index + 1]) else {
          return nil
        }
        bytes.append(high << 4 | low)
      }
      return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
      Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }

    /// Exactly 43 characters and one sign of padding, which are 32 bytes.
    private static func base64(_ text: Substring) -> [UInt8]? {
      guard text.utf8.count == 44, text.hasSuffix("=") else { return nil }
      let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
      var bytes: [UInt8] = []
      var bits: UInt32 = 0
      for (index, character) in text.dropLast().utf8.enumerated() {
        guard let value = alphabet.utf8.firstIndex(of: character) else { return nil }
        let number = alphabet.utf8.distance(from: alphabet.startIndex, to: value)
        bits = bits << 6 | UInt32(number)
        guard index % 4 == 3 else { continue }
        bytes += [UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
      }
      // Three characters are left: sixteen bits of the hash and two that must be zero.
      let rest = bits & 0x3FFFF
      guard rest & 3 == 0 else { return nil }
      return bytes + [UInt8(rest >> 10), UInt8(rest >> 2 & 0xFF)]
    }
  }
}
