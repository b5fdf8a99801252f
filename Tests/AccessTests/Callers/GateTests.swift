import Testing

@testable import Access

/// Who gets through the gate, and as whom.
@Suite struct GateTests {
  private static let now = Gate.Instant(wall: TestKeys.now, steady: .zero)

  private func gate(anonymous: Grants? = nil, acceptsCookie: Bool = true) async throws -> Gate {
    let hash = try PasswordHash.make("secret", salt: Array("sixteen bytes !!".utf8))
    func caller(_ name: String, _ method: Caller.Method) -> Caller {
      Caller(
        subject: name, account: "\(method.rawValue):\(name)", method: method,
        grants: .nothing(origin: name))
    }
    let key = try #require(APIKeyHash(APIKeyHash.text(for: "k-1")))
    return Gate(
      verifier: TokenVerifier(
        try await KeyRing.load([TestKeys.source(.hs256, id: "k")]), TokenPolicy()),
      passwords: Passwords(
        ["alice": .init(hash: hash, caller: caller("alice", .basic))], decoy: hash, pepper: [1]),
      keys: APIKeys([(key, caller("ci", .apiKey))]),
      certificates: ["machine-7": caller("machine-7", .certificate)], anonymous: anonymous,
      acceptsCookie: acceptsCookie)
  }

  private func refusal(_ answer: Gate.Answer) -> Refusal? {
    if case .refused(let refusal) = answer { refusal } else { nil }
  }

  private func caller(_ answer: Gate.Answer) -> Caller? {
    if case .caller(let caller) = answer { caller } else { nil }
  }

  @Test func `without a credential nothing is granted that is not said`() async throws {
    var gate = try await gate()
    #expect(refusal(gate.admit(nil, at: Self.now))?.code == .tokenMissing)
    var open = try await self.gate(anonymous: .nothing(origin: "setting anonymous"))
    #expect(caller(open.admit(nil, at: Self.now))?.method == .anonymous)
  }

  @Test func `a wrong credential is refused and not anonymous`() async throws {
    var gate = try await gate(anonymous: .everything, acceptsCookie: false)
    let contents: [Credential.Content] = [.bearer("x"), .apiKey("k-2"), .cookie("x")]
    for content in contents {
      #expect(refusal(gate.admit(Credential(content), at: Self.now))?.code == .tokenInvalid)
    }
  }

  @Test func `a known certificate counts where there is no credential`() async throws {
    var gate = try await gate()
    let known = gate.admit(nil, certificate: "machine-7", at: Self.now)
    #expect(caller(known)?.account == "certificate:machine-7")
    for unknown in ["machine-8", "", "MACHINE-7"] {
      let answer = gate.admit(nil, certificate: unknown, at: Self.now)
      #expect(refusal(answer)?.code == .tokenMissing)
    }
    let both = gate.admit(Credential(.apiKey("k-1")), certificate: "machine-7", at: Self.now)
    #expect(caller(both)?.account == "api_key:ci")
    let wrong = gate.admit(Credential(.apiKey("k-2")), certificate: "machine-7", at: Self.now)
    #expect(refusal(wrong)?.code == .tokenInvalid)
  }

  @Test func `each credential gives its caller`() async throws {
    var gate = try await gate()
    let token = try await TestKeys.token(
      header: #"{"alg":"HS256","kid":"k"}"#, payload: TestKeys.claims)
    #expect(caller(gate.admit(Credential(.bearer(token)), at: Self.now))?.subject == "alice")
    #expect(caller(gate.admit(Credential(.cookie(token)), at: Self.now))?.method == .cookie)
    #expect(caller(gate.admit(Credential(.apiKey("k-1")), at: Self.now))?.account == "api_key:ci")
    guard case .ticket("tk_x") = gate.admit(Credential(.ticket("tk_x")), at: Self.now) else {
      Issue.record("a ticket is for streams")
      return
    }
  }

  @Test func `a password is checked elsewhere`() async throws {
    var gate = try await gate()
    for (password, isRight) in [("secret", true), ("Secret", false)] {
      let credential = Credential(.basic(user: "alice", password: password))
      guard case .check(let check) = gate.admit(credential, at: Self.now) else {
        Issue.record("known before it was checked")
        return
      }
      let answer = gate.learned(check.run(), at: Self.now)
      #expect((caller(answer) != nil) == isRight)
      #expect((caller(gate.admit(credential, at: Self.now)) != nil) == isRight)
      #expect((refusal(gate.admit(credential, at: Self.now)) == nil) == isRight)
    }
  }

  @Test func `an unknown key is told, and new keys count at once`() async throws {
    var gate = try await gate()
    let token = try await TestKeys.token(
      header: #"{"alg":"ES256","kid":"n"}"#, payload: TestKeys.claims, .es256)
    guard case .unknownKey = gate.admit(Credential(.bearer(token)), at: Self.now) else {
      Issue.record("the key is known")
      return
    }
    gate.replace(try await KeyRing.load([TestKeys.source(.es256, id: "n")]))
    #expect(caller(gate.admit(Credential(.bearer(token)), at: Self.now))?.subject == "alice")
  }
}
