package import MQTTClient
import WebSocketProtocol

/// What is kept of a password: `$scrypt$ln=15,r=8,p=1$salt$hash`, the text form of the PHC.
package struct PasswordHash: Equatable, Sendable {
  private let logCost: Int
  private let blockSize: Int
  private let parallelization: Int
  private let salt: [UInt8]
  private let hash: [UInt8]

  package static let saltBytes = 16
  /// A check takes some hundredths of a second and 32 MiB.
  private static let usual = (logCost: 15, blockSize: 8, parallelization: 1)
  private static let hashBytes = 32
  private static let memoryMaximum = 128 << 20

  /// Reads the text form; nil for anything else, and for numbers that would make a check too costly.
  package init?(_ text: String) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
    let settings = parts[2].split(separator: ",", omittingEmptySubsequences: false)
    guard settings.count == 3, let logCost = Self.number(settings[0], "ln="),
      let blockSize = Self.number(settings[1], "r="),
      let parallelization = Self.number(settings[2], "p="),
      (10...20).contains(logCost), (1...32).contains(blockSize),
      (1...16).contains(parallelization), 128 * blockSize << logCost <= Self.memoryMaximum,
      let salt = Self.bytes(parts[3]), let hash = Self.bytes(parts[4]), salt.count >= 8,
      (16...64).contains(hash.count)
    else { return nil }
    self.init(logCost, blockSize, parallelization, salt, hash)
  }

  private init(
    _ logCost: Int, _ blockSize: Int, _ parallelization: Int, _ salt: [UInt8], _ hash: [UInt8]
  ) {
    self.logCost = logCost
    self.blockSize = blockSize
    self.parallelization = parallelization
    self.salt = salt
    self.hash = hash
  }

  /// Hashes a new password; the salt is `saltBytes` bytes that nobody can predict.
  package static func make(
    _ password: String, salt: [UInt8]
  ) throws(CryptographyError) -> PasswordHash {
    let (logCost, blockSize, parallelization) = usual
    let empty = PasswordHash(
      logCost, blockSize, parallelization, salt, [UInt8](repeating: 0, count: hashBytes))
    return PasswordHash(logCost, blockSize, parallelization, salt, try empty.computed(password))
  }

  /// As it stands in the configuration.
  package var text: String {
    "$scrypt$ln=\(logCost),r=\(blockSize),p=\(parallelization)$\(Self.text(salt))$\(Self.text(hash))"
  }

  /// Whether it is the password.
  ///
  /// It computes for some hundredths of a second.
  package func matches(_ password: String) -> Bool {
    guard let computed = try? computed(password) else { return false }
    return Cryptography.isEqual(computed, hash)
  }

  private func computed(_ password: String) throws(CryptographyError) -> [UInt8] {
    try Cryptography.scrypt(
      password: password.utf8, salt: salt, cost: 1 << logCost, blockSize: blockSize,
      parallelization: parallelization, length: hash.count)
  }

  private static func number(_ text: Substring, _ name: String) -> Int? {
    guard text.hasPrefix(name) else { return nil }
    let digits = text.dropFirst(name.count)
    guard digits.count <= 3, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Int(digits)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(Base64.encoded(bytes).prefix { $0 != "=" })
  }

  private static func bytes(_ text: Substring) -> [UInt8]? {
    Base64.decoded(text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4))
  }
}

extension PasswordHash: CustomStringConvertible, CustomReflectable {
  package var description: String { "(hidden)" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
