import MQTTClient

@testable import Access

/// Signs with any secret, also one that is no good.
enum TestHMAC {
  /// HMAC with SHA-256. [RFC 2104]
  static func sign(_ signed: String, secret: [UInt8]) throws -> String {
    let key = secret.count > 64 ? try Cryptography.sha256(secret) : secret
    let padded = key + [UInt8](repeating: 0, count: 64 - key.count)
    let inner = try Cryptography.sha256(padded.map { $0 ^ 0x36 } + Array(signed.utf8))
    let signature = try Cryptography.sha256(padded.map { $0 ^ 0x5C } + inner)
    return signed + "." + Base64URL.encoded(signature)
  }
}
