import COpenSSL

extension Cryptography {
  /// A key from a password, made slow and large to guess. [RFC 7914]
  ///
  /// It takes `128 * blockSize * cost` bytes while it computes: who takes the numbers from elsewhere
  /// bounds them first.
  package static func scrypt(
    password: some Collection<UInt8>, salt: some Collection<UInt8>, cost: Int, blockSize: Int,
    parallelization: Int, length: Int
  ) throws(CryptographyError) -> [UInt8] {
    let (password, salt) = (Array(password), Array(salt))
    guard length > 0, let cost = UInt64(exactly: cost), let blockSize = UInt64(exactly: blockSize),
      let parallelization = UInt64(exactly: parallelization)
    else { throw CryptographyError("scrypt", ["a number is out of range"]) }
    OpenSSLErrors.clear()
    let passwordPointed = password.isEmpty ? [0] : password
    var result = [UInt8](repeating: 0, count: length)
    let code = unsafe passwordPointed.withUnsafeBytes { bytes in
      unsafe EVP_PBE_scrypt(
        bytes.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count,
        cost, blockSize, parallelization, 1 << 30, &result, length)
    }
    guard code == 1 else { throw CryptographyError("scrypt") }
    return result
  }
}
