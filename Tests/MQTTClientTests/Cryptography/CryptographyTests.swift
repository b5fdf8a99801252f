import Testing

@testable import MQTTClient

/// Against the published test vectors.
@Suite struct CryptographyTests {
  @Test func `SHA-256 of nothing and of abc`() throws {
    #expect(
      try hex(Cryptography.sha256([]))
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      try hex(Cryptography.sha256(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func `HMAC-SHA-256 as in RFC 4231`() throws {
    let first = try Cryptography.hmacSHA256(
      key: Array(repeating: 0x0b, count: 20), data: Array("Hi There".utf8))
    #expect(hex(first) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
    let second = try Cryptography.hmacSHA256(
      key: Array("Jefe".utf8), data: Array("what do ya want for nothing?".utf8))
    #expect(hex(second) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test func `HMAC with an empty key and empty data`() throws {
    #expect(
      try hex(Cryptography.hmacSHA256(key: [], data: []))
        == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
  }

  @Test func `PBKDF2 as in RFC 7914`() throws {
    let key = try Cryptography.pbkdf2SHA256(
      password: Array("passwd".utf8), salt: Array("salt".utf8), iterations: 1, length: 64)
    #expect(
      hex(key) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783")
  }

  @Test(arguments: [(0, 32), (-1, 32), (1, 0), (1, -5), (Int.max, 32), (1, Int.max)])
  func `PBKDF2 refuses numbers that make no sense`(iterations: Int, length: Int) {
    #expect(throws: CryptographyError.self) {
      try Cryptography.pbkdf2SHA256(
        password: [1], salt: [2], iterations: iterations, length: length)
    }
  }

  @Test func `random bytes differ and have the wanted number`() throws {
    let bytes = try Cryptography.randomBytes(32)
    #expect(bytes.count == 32)
    #expect(try bytes != Cryptography.randomBytes(32))
    #expect(try Cryptography.randomBytes(0).isEmpty)
    #expect(throws: CryptographyError.self) { try Cryptography.randomBytes(-1) }
  }

  @Test func `equality looks at every byte and the length`() {
    #expect(Cryptography.isEqual([], []))
    #expect(Cryptography.isEqual([1, 2, 3], [1, 2, 3]))
    #expect(!Cryptography.isEqual([1, 2, 3], [1, 2, 4]))
    #expect(!Cryptography.isEqual([1, 2, 3], [0, 2, 3]))
    #expect(!Cryptography.isEqual([1, 2, 3], [1, 2]))
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
