import MQTTClient
import Testing

@testable import Access

/// Passwords and API keys.
@Suite struct SecretTests {
  private static let hashOfNothing =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  private static let salt = Array("sixteen bytes !!".utf8)

  private func passwords() throws -> (Passwords, Caller) {
    let caller = Caller(
      subject: "alice", account: "user:alice", method: .basic, grants: .nothing(origin: "user"))
    let hash = try #require(PasswordHash("$scrypt$ln=10,r=8,p=1$" + Self.tail("secret")))
    let decoy = try #require(PasswordHash("$scrypt$ln=10,r=8,p=1$" + Self.tail("nobody's")))
    return (
      Passwords(["alice": .init(hash: hash, caller: caller)], decoy: decoy, pepper: [1, 2]), caller
    )
  }

  /// Salt and hash for few rounds, so that tests are quick.
  private static func tail(_ password: String) throws -> String {
    let hash = try Cryptography.scrypt(
      password: password.utf8, salt: salt, cost: 1 << 10, blockSize: 8, parallelization: 1,
      length: 32)
    let url = [salt, hash].map {
      Base64URL.encoded($0).replacing("-", with: "+").replacing("_", with: "/")
    }
    return url.joined(separator: "$")
  }

  /// RFC 7914, section 12.
  @Test func `scrypt is the one of the RFC`() throws {
    let hash = try Cryptography.scrypt(
      password: "password".utf8, salt: "NaCl".utf8, cost: 1024, blockSize: 8, parallelization: 16,
      length: 64)
    #expect(hash.prefix(8) == [0xFD, 0xBA, 0xBE, 0x1C, 0x9D, 0x34, 0x72, 0x00])
    #expect(throws: CryptographyError.self) {
      try Cryptography.scrypt(
        password: [], salt: [], cost: 1000, blockSize: 8, parallelization: 1, length: 32)
    }
  }

  @Test func `a password is known by its text form`() throws {
    let text = try PasswordHash.make("correct horse", salt: Self.salt).text
    #expect(text.hasPrefix("$scrypt$ln=15,r=8,p=1$"))
    let hash = try #require(PasswordHash(text))
    #expect(hash.text == text)
    #expect(hash.matches("correct horse"))
    #expect(!hash.matches("correct horse "))
    #expect(!hash.matches(""))
    #expect(!"\(hash)".contains("scrypt"))
  }

  @Test(arguments: [
    "", "secret", "$scrypt$", "$2b$12$abc", "$scrypt$ln=15,r=8,p=1$AAAA$AAAA",
    "$scrypt$ln=40,r=8,p=1$c2l4dGVlbiBieXRlcyAhIQ$", "$scrypt$ln=20,r=32,p=16$TAIL",
    "$scrypt$ln=9,r=8,p=1$TAIL", "$scrypt$ln=-1,r=8,p=1$TAIL", "$scrypt$r=8,ln=15,p=1$TAIL",
    "$scrypt$ln=15,r=8,p=0$TAIL", "$scrypt$ln=15,r=8,p=1$TAIL$", " $scrypt$ln=15,r=8,p=1$TAIL",
    "$scrypt$ln=999999999999999999,r=8,p=1$TAIL",
  ])
  func `a text that is no hash is refused`(text: String) throws {
    #expect(try PasswordHash(text.replacing("TAIL", with: Self.tail("x"))) == nil)
  }

  @Test func `a verdict counts for a while`() throws {
    var (passwords, caller) = try passwords()
    guard case .check(let check) = passwords.answer(user: "alice", password: "secret", at: .zero)
    else {
      Issue.record("known before it was checked")
      return
    }
    passwords.learned(check.run(), at: .seconds(1))
    guard
      case .caller(let known) = passwords.answer(
        user: "alice", password: "secret", at: .seconds(300))
    else {
      Issue.record("forgotten")
      return
    }
    #expect(known == caller)
    guard case .check = passwords.answer(user: "alice", password: "secret", at: .seconds(301))
    else {
      Issue.record("remembered for ever")
      return
    }
    guard case .check = passwords.answer(user: "alice", password: "Secret", at: .seconds(2)) else {
      Issue.record("another password is known")
      return
    }
  }

  @Test(arguments: [
    ("alice", "wrong"), ("bob", "secret"), ("alice", ""), ("", "nobody's"), ("bob", "nobody's"),
  ])
  func `a wrong password and an unknown user are one`(user: String, password: String) throws {
    var (passwords, _) = try passwords()
    guard case .check(let check) = passwords.answer(user: user, password: password, at: .zero)
    else {
      Issue.record("not checked")
      return
    }
    let verdict = check.run()
    #expect(verdict.caller == nil)
    passwords.learned(verdict, at: .zero)
    guard case .wrong = passwords.answer(user: user, password: password, at: .seconds(9)) else {
      Issue.record("forgotten")
      return
    }
    guard case .check = passwords.answer(user: user, password: password, at: .seconds(10)) else {
      Issue.record("remembered for ever")
      return
    }
  }

  @Test func `API keys are known by their hashes`() throws {
    let text = try APIKeyHash.text(for: "k-1")
    #expect(try APIKeyHash.text(for: "") == Self.hashOfNothing)
    let hash = try #require(APIKeyHash(text))
    #expect(APIKeyHash(text.uppercased().replacing("SHA256", with: "sha256")) == hash)
    let caller = Caller(
      subject: "ci", account: "key:ci", method: .apiKey, grants: .nothing(origin: "key"))
    let other = try #require(APIKeyHash(APIKeyHash.text(for: "k-2")))
    let keys = APIKeys([(hash, caller), (other, .anonymous(.everything))])
    #expect(keys.caller(for: "k-1") == caller)
    #expect(keys.caller(for: "k-2")?.method == .anonymous)
    #expect(keys.caller(for: "k-3") == nil)
    #expect(keys.caller(for: "") == nil)
  }

  @Test(arguments: ["", "sha256:", "sha256:00", "md5:00", String(repeating: "0", count: 64)])
  func `a text that is no hash of a key is refused`(text: String) {
    #expect(APIKeyHash(text) == nil)
    #expect(APIKeyHash("sha256:" + String(repeating: "g", count: 64)) == nil)
  }
}
