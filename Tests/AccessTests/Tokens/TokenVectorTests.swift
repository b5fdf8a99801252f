import Testing

@testable import Access

/// The examples of the RFCs.
@Suite struct TokenVectorTests {
  private static let payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

  struct Vector: Sendable {
    let jwk: String
    let token: String
  }

  /// RFC 7515, A.1 to A.3.
  static let vectors = [
    Vector(
      jwk: #"""
        {"kty":"oct","alg":"HS256",
         "k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
        """#,
      token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload
        + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    Vector(
      jwk: #"{"kty":"RSA","n":""#
        + "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
        + "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_"
        + "7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZ"
        + "lxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9"
        + #"gb54h4FRWyuXpoQ","e":"AQAB"}"#,
      token: "eyJhbGciOiJSUzI1NiJ9." + payload
        + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2"
        + "Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvk"
        + "SjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1ph"
        + "CnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"),
    Vector(
      jwk: #"""
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """#,
      token: "eyJhbGciOiJFUzI1NiJ9." + payload
        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
  ]

  @Test(arguments: vectors) func `the examples of JWS are accepted`(vector: Vector) async throws {
    let ring = try await KeyRing.load([.document(Array(vector.jwk.utf8))])
    var policy = TokenPolicy()
    policy.audiences = []
    policy.issuers = ["joe"]
    var verifier = TokenVerifier(ring, policy)
    let caller = try verifier.caller(for: vector.token, at: 1_300_819_379)
    #expect(caller.expiry == 1_300_819_380)
    #expect(throws: TokenVerifier.Failure.self) {
      try verifier.caller(for: vector.token, at: 1_300_819_411)
    }
    for index in vector.token.indices.dropFirst(3) where vector.token[index] != "." {
      var changed = vector.token
      changed.replaceSubrange(index...index, with: changed[index] == "A" ? "B" : "A")
      #expect(throws: TokenVerifier.Failure.self, "\(changed)") {
        try verifier.caller(for: changed, at: 1_300_819_379)
      }
    }
  }

  /// RFC 8037, A.4: its payload is no JSON, so only the signature is looked at.
  @Test func `the example of Ed25519 is accepted`() async throws {
    let jwk = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    let keys = try await KeySource.document(Array(jwk.utf8)).keys()
    let signature = Base64URL.decoded(
      ("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
        .utf8)
    let signed = Array("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".utf8)
    #expect(keys[0].algorithm == .edDSA)
    #expect(keys[0].hasSigned(signed, signature: try #require(signature)))
    #expect(!keys[0].hasSigned(signed + [0], signature: try #require(signature)))
    #expect(!keys[0].hasSigned(signed, signature: []))
  }

  @Test(arguments: JWSAlgorithm.allCases)
  func `each algorithm is accepted with its own key only`(algorithm: JWSAlgorithm) async throws {
    let token = try await TestKeys.token(TestKeys.claims, algorithm)
    for other in JWSAlgorithm.allCases {
      let ring = try await KeyRing.load([TestKeys.source(other)])
      var verifier = TokenVerifier(ring, TokenPolicy())
      if other == algorithm {
        #expect(try verifier.caller(for: token, at: TestKeys.now).subject == "alice")
      } else {
        #expect(throws: TokenVerifier.Failure.self, "\(algorithm) with \(other)") {
          try verifier.caller(for: token, at: TestKeys.now)
        }
      }
    }
  }

  @Test func `a certificate gives its key`() async throws {
    let ring = try await KeyRing.load([.pem(TestKeys.rsaCertificate, id: nil, algorithm: nil)])
    #expect(ring.keys.map(\.algorithm) == [.rs256])
    var verifier = TokenVerifier(ring, TokenPolicy())
    let token = try await TestKeys.token(TestKeys.claims, .rs256)
    #expect(try verifier.caller(for: token, at: TestKeys.now).subject == "alice")
  }

  @Test func `a PEM without an algorithm is what it is made for`() async throws {
    for algorithm in [JWSAlgorithm.rs256, .es256, .es384, .es512, .edDSA] {
      guard case .pem(let text, _, _) = try TestKeys.source(algorithm) else { continue }
      let ring = try await KeyRing.load([.pem(text, id: nil, algorithm: nil)])
      #expect(ring.keys.map(\.algorithm) == [algorithm])
    }
  }
}
