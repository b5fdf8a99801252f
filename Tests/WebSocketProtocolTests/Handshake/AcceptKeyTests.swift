import TestSupport
import Testing

@testable import WebSocketProtocol

/// The proof of the handshake, with the vectors of the standards.
@Suite struct AcceptKeyTests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
    (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
  ])
  func `the digests of the standard come out`(text: String, digest: String) {
    #expect(hex(SHA1.digest(of: Array(text.utf8))) == digest)
  }

  @Test func `the example of the standard is answered like there`() {
    #expect(AcceptKey.answer(to: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `base64 is that of the standard`(text: String, encoded: String) {
    #expect(Base64.encoded(text.utf8) == encoded)
    #expect(Base64.isEncoding(encoded, ofBytes: text.utf8.count))
    #expect(!Base64.isEncoding(encoded + "=", ofBytes: text.utf8.count))
    #expect(!Base64.isEncoding("?" + encoded.dropFirst(), ofBytes: text.utf8.count))
  }
}
