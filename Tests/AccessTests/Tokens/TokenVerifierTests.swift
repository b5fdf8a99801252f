import MQTTClient
import Testing

@testable import Access

/// What the claims of a token must say, and what is remembered of it.
@Suite struct TokenVerifierTests {
  private func verifier(_ policy: TokenPolicy = TokenPolicy()) async throws -> TokenVerifier {
    TokenVerifier(try await KeyRing.load([TestKeys.source(.hs256)]), policy)
  }

  private func refusal(
    _ claims: String, at now: Int64 = TestKeys.now, _ policy: TokenPolicy = TokenPolicy()
  ) async throws -> Refusal? {
    var verifier = try await verifier(policy)
    let token = try await TestKeys.token(claims)
    do throws(TokenVerifier.Failure) {
      _ = try verifier.caller(for: token, at: now)
      return nil
    } catch { return error.refusal }
  }

  @Test func `a caller has the name, the end and the grants of the token`() async throws {
    var verifier = try await verifier()
    let caller = try verifier.caller(for: await TestKeys.token(), at: TestKeys.now)
    #expect(caller.subject == "alice")
    #expect(caller.account == "jwt::alice")
    #expect(caller.expiry == 1_700_000_100)
    #expect(
      caller.grants.mayPublish(topic: "home/alice/x", qos: .atMostOnce, retain: false).isGranted)
    #expect(
      !caller.grants.mayPublish(topic: "home/bob/x", qos: .atMostOnce, retain: false).isGranted)
  }

  @Test(arguments: [(129, true), (130, false), (142, false)])
  func `a token ends after its leeway`(after: Int64, isValid: Bool) async throws {
    let refusal = try await refusal(TestKeys.claims, at: TestKeys.now + after)
    #expect((refusal == nil) == isValid)
    if !isValid {
      #expect(refusal?.code == .tokenExpired)
      #expect(refusal?.detail == "expired \(after - 100) s ago")
    }
  }

  @Test func `a token that is remembered ends too`() async throws {
    var verifier = try await verifier()
    let token = try await TestKeys.token()
    for second in stride(from: Int64(0), to: 130, by: 10) {
      #expect(throws: Never.self) { try verifier.caller(for: token, at: TestKeys.now + second) }
    }
    #expect(throws: TokenVerifier.Failure.self) {
      try verifier.caller(for: token, at: TestKeys.now + 130)
    }
  }

  @Test func `what old keys have signed is not remembered under new ones`() async throws {
    var verifier = try await verifier()
    let token = try await TestKeys.token()
    _ = try verifier.caller(for: token, at: TestKeys.now)
    verifier.replace(try await KeyRing.load([TestKeys.source(.es256)]))
    #expect(throws: TokenVerifier.Failure.self) {
      try verifier.caller(for: token, at: TestKeys.now)
    }
  }

  @Test func `a token in a cookie is known by the cookie`() async throws {
    var verifier = try await verifier()
    let token = try await TestKeys.token()
    #expect(try verifier.caller(for: token, at: TestKeys.now).method == .bearer)
    #expect(try verifier.caller(for: token, method: .cookie, at: TestKeys.now).method == .cookie)
  }

  @Test func `issuer, audience and begin are checked`() async throws {
    var policy = TokenPolicy()
    policy.issuers = ["https://id.example"]
    let start = #"{"exp":1700000100,"#
    #expect(
      try await refusal(start + #""aud":"mqtt-bridge"}"#, policy)?.detail.hasSuffix(
        "claim iss is missing") == true)
    #expect(
      try await refusal(start + #""aud":"mqtt-bridge","iss":"https://id.example/"}"#, policy) != nil
    )
    #expect(
      try await refusal(start + #""aud":["x","mqtt-bridge"],"iss":"https://id.example"}"#, policy)
        == nil)
    #expect(
      try await refusal(start + #""iss":"https://id.example"}"#, policy)?.detail.hasSuffix(
        "claim aud is missing") == true)
    #expect(try await refusal(start + #""aud":"other"}"#)?.detail.contains("'other'") == true)
    #expect(try await refusal(start + #""aud":{"a":1}}"#)?.code == .tokenInvalid)
    #expect(
      try await refusal(#"{"aud":"mqtt-bridge"}"#)?.detail.hasSuffix("claim exp is missing") == true
    )
    let future = #"{"aud":"mqtt-bridge","exp":1800000000,"nbf":1700000040}"#
    #expect(try await refusal(future)?.detail.hasSuffix("it begins to be valid in 40 s") == true)
    #expect(try await refusal(future, at: TestKeys.now + 10) == nil)
  }

  private func refusal(_ claims: String, _ policy: TokenPolicy) async throws -> Refusal? {
    try await refusal(claims, at: TestKeys.now, policy)
  }

  @Test func `claims that cannot be understood are refused with their place`() async throws {
    let refusal = try await refusal(
      #"{"aud":"mqtt-bridge","exp":1700000100,"mqtt":{"publish":["a#"]}}"#)
    #expect(refusal?.code == .tokenInvalid)
    #expect(refusal?.detail.hasPrefix("claim /mqtt/publish/0: not a topic filter") == true)
  }

  @Test func `memory is bounded and the oldest goes first`() {
    var cache = VerdictCache<Int>(limit: 3)
    let keys = (0..<5).map { [UInt8($0)] }
    for (index, key) in keys.enumerated() { cache[key] = index }
    #expect(cache.count == 3)
    #expect(keys.map { cache[$0] } == [nil, nil, 2, 3, 4])
    cache[keys[3]] = 7
    #expect(cache.count == 3)
    #expect(VerdictCache<Int>.key("ab", "c") != VerdictCache<Int>.key("a", "bc"))
  }
}
