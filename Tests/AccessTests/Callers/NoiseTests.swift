import TestSupport
import Testing

@testable import Access

/// Whatever bytes come from outside, the answer is a refusal and not a trap.
@Suite struct NoiseTests {
  @Test func `changed tokens, headers and key sets are refused`() async throws {
    var generator = SeededGenerator(for: "NoiseTests")
    var verifier = TokenVerifier(
      try await KeyRing.load([TestKeys.source(.hs256), TestKeys.source(.es256)]), TokenPolicy())
    let token = try await TestKeys.token()
    let set =
      #"{"keys":[{"kty":"EC","crv":"P-256","kid":"a","x":"AA","y":"AA"},{"kty":"RSA","n":"A"}]}"#
    for _ in 0..<2000 {
      let changed = Self.changed(token, using: &generator)
      #expect(throws: TokenVerifier.Failure.self) {
        try verifier.caller(for: changed, at: TestKeys.now)
      }
      let basic = Self.changed("Basic dTpw", using: &generator)
      let reader = CredentialReader(header: { _ in [changed, basic] }, tickets: [changed])
      _ = try? reader.read()
    }
    for _ in 0..<100 {
      let keys = try? await KeySource.fetched(Array(Self.changed(set, using: &generator).utf8))
        .keys()
      #expect(keys == nil)
    }
  }

  @Test func `changed addresses, hashes and templates are refused or read`() throws {
    var generator = SeededGenerator(for: "NoiseTests")
    let texts = [
      "2001:db8::ffff:1.2.3.4/64", "for=\"[::1]:80\";by=x, for=1.2.3.4",
      "$scrypt$ln=15,r=8,p=1$AAAA$AA",
      "sha256:00", "a/${sub}/+/#", "50/s", "https://a.example:8080",
    ]
    let trusted = try #require(AddressRange("::/0"))
    let peer = try #require(IPAddress("::1"))
    for _ in 0..<5000 {
      let text = Self.changed(
        texts[Int.random(in: 0..<texts.count, using: &generator)], using: &generator)
      for header in ProxyChain.Header.allCases {
        _ = ProxyChain(trusted: [trusted], header: header).client(peer: peer, values: [text])
      }
      _ = (IPAddress(text), AddressRange(text), PasswordHash(text), APIKeyHash(text), Rate(text))
      _ = (try? FilterTemplate(text), CORSPolicy.isOrigin(text))
    }
  }

  /// Some bytes changed, left out or repeated; never the text itself.
  private static func changed(_ text: String, using generator: inout SeededGenerator) -> String {
    var bytes = Array(text.utf8)
    for _ in 0...Int.random(in: 0...4, using: &generator) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: bytes[index] = UInt8(truncatingIfNeeded: generator.next())
      case 1: bytes.remove(at: index)
      default: bytes.insert(contentsOf: bytes[index...].prefix(5), at: index)
      }
    }
    let result = String(decoding: bytes, as: UTF8.self)
    return result == text ? text + "x" : result
  }
}
