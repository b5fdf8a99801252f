import JWTKit
import Testing

@testable import Access

/// Keys from documents, and when those are fetched again.
@Suite struct KeySetTests {
  private func point(_ id: String, _ more: String = "") throws -> String {
    let (x, y) = try #require(TestKeys.p256.publicKey.parameters)
    func url(_ text: String) -> String {
      text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
    return #"{"kty":"EC","crv":"P-256","kid":"\#(id)","x":"\#(url(x))","y":"\#(url(y))"\#(more)}"#
  }

  private func keys(_ json: String, fetched: Bool = false) async throws(KeySource.Invalid)
    -> [VerificationKey]
  {
    let bytes = Array(json.utf8)
    return try await (fetched ? KeySource.fetched(bytes) : .document(bytes)).keys()
  }

  private static let secret =
    #"{"kty":"oct","alg":"HS256","kid":"s","k":"\#(String(repeating: "A", count: 43))"}"#

  @Test func `a token finds its key by its name`() async throws {
    let set = try
      #"{"keys":[\#(point("one")),\#(point("two", #","use":"sig","key_ops":["verify"]"#))]}"#
    let keys = try await keys(set)
    #expect(keys.map(\.id) == ["one", "two"])
    #expect(keys.map(\.algorithm) == [.es256, .es256])
    var verifier = TokenVerifier(KeyRing(keys), TokenPolicy())
    let header = #"{"alg":"ES256","kid":"two"}"#
    let token = try await TestKeys.token(header: header, payload: TestKeys.claims, .es256)
    #expect(try verifier.caller(for: token, at: TestKeys.now).subject == "alice")
    let nameless = try await TestKeys.token(TestKeys.claims, .es256)
    #expect(try verifier.caller(for: nameless, at: TestKeys.now).subject == "alice")
    let other = try await TestKeys.token(
      header: #"{"alg":"ES256","kid":"three"}"#, payload: TestKeys.claims, .es256)
    #expect { try verifier.caller(for: other, at: TestKeys.now) } throws: { error in
      (error as? TokenVerifier.Failure)?.unknownKey == "three"
    }
  }

  @Test func `keys for other uses and of other kinds are left out`() async throws {
    let set = try #"""
    {"keys":[\#(point("e", #","use":"enc""#)),\#(point("o", #","key_ops":["sign"]"#)),
      {"kty":"new"},{"kty":"OKP","crv":"X25519","x":"AA"},\#(point("a", #","alg":"ECDH-ES""#)),
      \#(point("good"))]}
    """#
    #expect(try await keys(set).map(\.id) == ["good"])
  }

  @Test func `secrets count in files only`() async throws {
    #expect(try await keys(Self.secret).map(\.algorithm) == [.hs256])
    await #expect(throws: KeySource.Invalid.document(.noKeys)) {
      try await keys(Self.secret, fetched: true)
    }
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, #"{"keys":[1]}"#, #"{"keys":[{"kty":1}]}"#,
    #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#, #"{"keys":[{"kty":"RSA"}]}"#,
    #"{"keys":[{"kty":"RSA","alg":"ES256","n":"AQAB","e":"AQAB"}]}"#,
    #"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#,
    #"{"keys":[{"kty":"EC","crv":"P-256"}]}"#,
    #"{"keys":[{"kty":"EC","crv":"P-256","alg":"ES384","x":"AA","y":"AA"}]}"#,
    #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#,
    #"{"kty":"oct","alg":"HS256","k":"AAAA"}"#, #"{"kty":"oct","alg":"RS256","k":"AAAA"}"#,
    #"{"kty":"oct","alg":"HS256","k":"===="}"#, #"{"kty":"oct","k":"AAAA"}"#,
  ])
  func `a document without a good key is refused`(json: String) async {
    await #expect(throws: KeySource.Invalid.self) { try await keys(json) }
  }

  @Test func `short secrets and private keys are refused`() async throws {
    await #expect(throws: KeySource.Invalid.key(.secretTooShort(bytesMinimum: 64))) {
      _ = try await KeyRing.load([
        .secret([UInt8](repeating: 1, count: 63), id: nil, algorithm: .hs512)
      ])
    }
    await #expect(throws: KeySource.Invalid.self) {
      _ = try await KeyRing.load([.pem(TestKeys.rsaPrivate, id: nil, algorithm: .rs256)])
    }
    await #expect(throws: KeySource.Invalid.self) {
      _ = try await KeyRing.load([.pem("hello", id: nil, algorithm: nil)])
    }
  }

  @Test func `one round of a refresh keeps the permanent keys`() async throws {
    let permanent = try await TestKeys.source(.hs256).keys()
    let set = try #"{"keys":[\#(point("n"))]}"#
    let (ring, age) = try await KeyRing.refreshed(permanent: permanent) {
      (Array(set.utf8), .seconds(9))
    }
    #expect(ring.keys.map(\.algorithm) == [.hs256, .es256])
    #expect(age == .seconds(9))
    await #expect(throws: (any Error).self) {
      _ = try await KeyRing.refreshed(permanent: permanent) { ([], nil) }
    }
  }

  @Test func `a set is fetched at once, and again when it is old`() {
    var refresh = KeyRefresh(at: .seconds(10))
    var actions: [KeyRefresh.Action] = []
    #expect(refresh.nextDeadline == .seconds(10))
    refresh.timerFired(at: .seconds(10), &actions)
    refresh.timerFired(at: .seconds(11), &actions)
    #expect(actions == [.fetch])
    #expect(refresh.nextDeadline == nil)
    refresh.fetched(age: .seconds(600), at: .seconds(12))
    #expect(refresh.nextDeadline == .seconds(612))
    refresh.timerFired(at: .seconds(611), &actions)
    #expect(actions.count == 1)
    refresh.timerFired(at: .seconds(612), &actions)
    refresh.fetched(age: .seconds(0), at: .seconds(700))
    #expect(refresh.nextDeadline == .seconds(760))
    refresh.fetched(age: .seconds(1_000_000), at: .seconds(700))
    #expect(refresh.nextDeadline == .seconds(700 + 86_400))
  }

  @Test func `an unknown key makes the set be fetched, but not often`() {
    var refresh = KeyRefresh(at: .zero)
    var actions: [KeyRefresh.Action] = []
    refresh.timerFired(at: .zero, &actions)
    refresh.sawUnknownKey(at: .seconds(1), &actions)
    refresh.fetched(age: nil, at: .seconds(2))
    refresh.sawUnknownKey(at: .seconds(29), &actions)
    #expect(actions.count == 1)
    refresh.sawUnknownKey(at: .seconds(30), &actions)
    #expect(actions.count == 2)
  }

  @Test func `a fetch that fails is repeated later and later`() {
    var refresh = KeyRefresh(at: .zero)
    var actions: [KeyRefresh.Action] = []
    var now = Duration.zero
    var waits: [Duration] = []
    for _ in 0..<20 {
      refresh.timerFired(at: now, &actions)
      refresh.failed(at: now)
      refresh.sawUnknownKey(at: now + .seconds(1000), &actions)
      let next = refresh.nextDeadline ?? now
      waits.append(next - now)
      now = next
    }
    #expect(actions.count == 20)
    #expect(waits.prefix(3) == [.seconds(5), .seconds(10), .seconds(20)])
    #expect(waits.last == .seconds(300))
  }
}
