import Testing

@testable import Access

/// What attackers do to tokens.
@Suite struct TokenAttackTests {
  private func failure(
    _ token: String, _ sources: [KeySource], at now: Int64 = TestKeys.now
  ) async throws -> TokenVerifier.Failure? {
    var verifier = TokenVerifier(try await KeyRing.load(sources), TokenPolicy())
    do throws(TokenVerifier.Failure) {
      _ = try verifier.caller(for: token, at: now)
      return nil
    } catch { return error }
  }

  private func refusal(payload: String) async throws -> Refusal? {
    try await failure(TestKeys.token(payload), [TestKeys.source(.hs256)])?.refusal
  }

  private func refusal(header: String) async throws -> Refusal? {
    let token = try await TestKeys.token(header: header, payload: TestKeys.claims)
    return try await failure(token, [TestKeys.source(.hs256)])?.refusal
  }

  @Test(arguments: [
    "none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS1", "ES256K", "RSA-OAEP", "MLDSA65",
  ])
  func `an algorithm that is not accepted is refused by its name`(name: String) async throws {
    let refusal = try await refusal(header: #"{"alg":"\#(name)"}"#)
    #expect(refusal?.code == .tokenInvalid)
    #expect(refusal?.detail == "the token cannot be used: header /alg: '\(name)' is not accepted")
  }

  @Test func `a token without a signature is refused`() async throws {
    let parts = try await TestKeys.token().split(separator: ".")
    for text in [
      "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", "..", ".", "",
      "\(parts[0])..\(parts[2])",
    ] {
      #expect(try await failure(text, [TestKeys.source(.hs256)])?.refusal.code == .tokenInvalid)
    }
    let none = Base64URL.encoded(#"{"alg":"none"}"#.utf8)
    #expect(try await failure("\(none).\(parts[1]).", [TestKeys.source(.hs256)]) != nil)
  }

  /// The forger signs with what everyone may know: the text of the public key.
  @Test func `a public key is never the secret of an HMAC`() async throws {
    for algorithm in [JWSAlgorithm.rs256, .es256, .edDSA] {
      guard case .pem(let pem, _, _) = try TestKeys.source(algorithm, id: "k") else { continue }
      let signed =
        Base64URL.encoded(#"{"alg":"HS256","kid":"k"}"#.utf8) + "."
        + Base64URL.encoded(TestKeys.claims.utf8)
      let forged = try TestHMAC.sign(signed, secret: Array(pem.utf8))
      let failure = try await failure(forged, [TestKeys.source(algorithm, id: "k")])
      #expect(
        failure?.refusal.detail
          == "the token cannot be used: its key is for \(algorithm.rawValue), not for HS256")
      await #expect(throws: KeySource.Invalid.key(.publicKeyAsSecret)) {
        _ = try await KeyRing.load([.secret(Array(pem.utf8), id: nil, algorithm: .hs256)])
      }
      await #expect(throws: KeySource.Invalid.key(.wrongFamily(.hs256))) {
        _ = try await KeyRing.load([.pem(pem, id: nil, algorithm: .hs256)])
      }
    }
  }

  @Test(arguments: ["../../etc/passwd", "k' OR 1=1", "", "K", "k ", "\u{0}"])
  func `a name of a key is compared and nothing else`(name: String) async throws {
    let json = name.unicodeScalars.map { $0 == "\u{0}" ? "\\u0000" : String($0) }.joined()
    let token = try await TestKeys.token(
      header: #"{"alg":"HS256","kid":"\#(json)"}"#, payload: TestKeys.claims)
    let failure = try await failure(token, [TestKeys.source(.hs256, id: "k")])
    #expect(failure?.unknownKey == name)
  }

  @Test func `keys and addresses in the header are not used`() async throws {
    let header = #"""
      {"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"},"jku":"http://127.0.0.1/","x5u":"http://127.0.0.1/"}
      """#
    let secret = [UInt8](repeating: 0, count: 32)
    let signed = Base64URL.encoded(header.utf8) + "." + Base64URL.encoded(TestKeys.claims.utf8)
    let forged = try TestHMAC.sign(signed, secret: secret)
    #expect(
      try await failure(forged, [TestKeys.source(.hs256)])?.refusal.detail.contains("signature")
        == true)
  }

  @Test(arguments: [
    #"{"alg":"HS256","alg":"none"}"#, #"{"alg":"HS256","\u0061lg":"HS256"}"#, #"{"alg":["HS256"]}"#,
    #"{"alg":null}"#, "{}", "[]", "null", "", #""HS256""#, #"{"alg":"HS256"} "# + "x",
    #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
    #"{"alg":"HS256","zip":"DEF"}"#, #"{"alg":"HS256","cty":"JWT"}"#,
    #"{"alg":"HS256","typ":"logout+jwt"}"#, #"{"alg":"HS256","kid":7}"#,
  ])
  func `a header with a trick is refused`(header: String) async throws {
    #expect(try await refusal(header: header)?.code == .tokenInvalid)
  }

  @Test(arguments: [
    "", "{", "null", "[]", #""x""#, "\u{FEFF}{}",
    #"{"aud":"mqtt-bridge","exp":1700000100,"exp":1800000000}"#,
    ##"{"aud":"mqtt-bridge","exp":1700000100,"mqtt":{"publish":[]},"mqtt":{"publish":["#"]}}"##,
    #"{"aud":"mqtt-bridge","exp":1700000100,"sub":"\ud800"}"#,
    String(repeating: #"{"a":"#, count: 500) + "1" + String(repeating: "}", count: 500),
    String(repeating: "[", count: 5000),
  ])
  func `a payload with a trick is refused`(payload: String) async throws {
    #expect(try await refusal(payload: payload)?.code == .tokenInvalid)
  }

  @Test(arguments: [
    "\"1700000100\"", "-1", "-1700000100", "1.7e9", "1e400", "null", "true", "[1700000100]",
    "99999999999999999999", "1700000100000", "9223372036854775807", "{}",
  ])
  func `a time that is not one is refused`(time: String) async throws {
    for name in ["exp", "nbf"] {
      let other = name == "exp" ? "" : #""exp":1700000100,"#
      let refusal = try await refusal(
        payload: #"{"aud":"mqtt-bridge",\#(other)"\#(name)":\#(time)}"#)
      #expect(refusal?.code == .tokenInvalid)
      #expect(refusal?.detail.hasPrefix("claim /\(name): ") == true)
    }
  }

  @Test func `a fraction of a second is a time`() async throws {
    #expect(try await refusal(payload: #"{"aud":"mqtt-bridge","exp":1700000100.75}"#) == nil)
  }

  @Test func `spare bits and padding make no second token`() async throws {
    let token = try await TestKeys.token()
    let last = try #require(token.last)
    // 32 bytes leave two bits over in the last of 43 characters.
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let place = try #require(alphabet.firstIndex(of: last))
    for text in [
      token.dropLast() + String(alphabet[place | 1]), token + "=", token + "A", " " + token,
      token + "\n", token.replacing(".", with: "=."), token + ".x",
    ] {
      #expect(try await failure(String(text), [TestKeys.source(.hs256)]) != nil, "\(text)")
    }
  }

  @Test func `a token that is too long is not even hashed`() async throws {
    let long = String(repeating: "a", count: 100_000)
    let failure = try await failure("\(long).\(long).\(long)", [TestKeys.source(.hs256)])
    #expect(failure?.refusal.detail == "the token cannot be used: it is longer than 8192 bytes")
  }

  @Test func `a subject that is too long is refused`() async throws {
    let long = String(repeating: "a", count: 1025)
    let payload = #"{"aud":"mqtt-bridge","exp":1700000100,"sub":"\#(long)"}"#
    #expect(try await refusal(payload: payload)?.detail == "claim /sub: is too long")
  }
}
