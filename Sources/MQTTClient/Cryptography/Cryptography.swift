import COpenSSL

/// The primitives that authentication and certificate checks need, from OpenSSL's default provider.
///
/// Every function is safe on every thread and blocks no longer than it computes.
package enum Cryptography {
  static let sha256Bytes = 32

  package static func sha256(_ bytes: some Collection<UInt8>) throws(CryptographyError) -> [UInt8] {
    try digest(Array(bytes))
  }

  private static func digest(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
    OpenSSLErrors.clear()
    var result = [UInt8](repeating: 0, count: sha256Bytes)
    let code = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe EVP_Digest(bytes.baseAddress, bytes.count, &result, nil, EVP_sha256(), nil)
    }
    guard code == 1 else { throw CryptographyError("SHA-256") }
    return result
  }

  /// The keyed hash. [RFC 2104]
  package static func hmacSHA256(
    key: some Collection<UInt8>, data: some Collection<UInt8>
  ) throws(CryptographyError) -> [UInt8] {
    let (key, data) = (Array(key), Array(data))
    guard key.count <= Int32.max else { throw CryptographyError("HMAC", ["the key is too long"]) }
    OpenSSLErrors.clear()
    // A null key would mean "the one of the last call".
    let keyPointed = key.isEmpty ? [0] : key
    var result = [UInt8](repeating: 0, count: sha256Bytes)
    let pointer = unsafe HMAC(
      EVP_sha256(), keyPointed, Int32(key.count), data, data.count, &result, nil)
    guard unsafe pointer != nil else { throw CryptographyError("HMAC") }
    return result
  }

  /// A key from a password, made slow to guess by so many iterations. [RFC 8018, section 5.2]
  ///
  /// It computes for about half a microsecond per iteration: who takes the number from a peer bounds
  /// it first.
  static func pbkdf2SHA256(
    password: some Collection<UInt8>, salt: some Collection<UInt8>, iterations: Int,
    length: Int = sha256Bytes
  ) throws(CryptographyError) -> [UInt8] {
    let (password, salt) = (Array(password), Array(salt))
    guard let rounds = Int32(exactly: iterations), rounds > 0,
      let wanted = Int32(exactly: length), wanted > 0,
      let passwordCount = Int32(exactly: password.count), let saltCount = Int32(exactly: salt.count)
    else { throw CryptographyError("PBKDF2", ["a number is out of range"]) }
    OpenSSLErrors.clear()
    let passwordPointed = password.isEmpty ? [0] : password
    var result = [UInt8](repeating: 0, count: length)
    let code = unsafe passwordPointed.withUnsafeBytes { password in
      unsafe PKCS5_PBKDF2_HMAC(
        password.baseAddress?.assumingMemoryBound(to: CChar.self), passwordCount, salt, saltCount,
        rounds, EVP_sha256(), wanted, &result)
    }
    guard code == 1 else { throw CryptographyError("PBKDF2") }
    return result
  }

  /// Bytes that nobody can predict.
  package static func randomBytes(_ count: Int) throws(CryptographyError) -> [UInt8] {
    guard let wanted = Int32(exactly: count), wanted >= 0 else {
      throw CryptographyError("random bytes", ["a number is out of range"])
    }
    OpenSSLErrors.clear()
    var result = [UInt8](repeating: 0, count: count)
    guard unsafe RAND_bytes(&result, wanted) == 1 else { throw CryptographyError("random bytes") }
    return result
  }

  /// Compares in a time that depends on the lengths only, not on where the bytes differ.
  package static func isEqual(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>)
    -> Bool
  {
    let (one, other) = (Array(one), Array(other))
    return unsafe one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
  }
}

/// A primitive that OpenSSL would not compute: its provider is missing or refuses the parameters.
package struct CryptographyError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String

  /// Takes OpenSSL's words from its queue unless there are better ones.
  init(_ primitive: String, _ words: [String]? = nil) {
    let words = words ?? OpenSSLErrors.drain()
    description = "\(primitive) failed: \(words.joined(separator: "; "))"
  }
}
