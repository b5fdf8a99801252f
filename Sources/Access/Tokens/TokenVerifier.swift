import MQTTClient

/// Makes callers of tokens: signature, claims, grants, in this order.
///
/// It waits for nothing: JWTKit's verifiers are plain functions once their keys are loaded. A verdict is
/// kept until the token ends, so that a client that shows one token with each request costs one hash.
/// Each thread has its own verifier.
package struct TokenVerifier: Sendable {
  package let policy: TokenPolicy
  private var ring: KeyRing
  private var verdicts: VerdictCache<Verdict>

  private struct Verdict: Sendable {
    let caller: Caller
    let outcome: TokenPolicy.Outcome
  }

  package init(_ ring: KeyRing, _ policy: TokenPolicy, verdictsMaximum: Int = 10_000) {
    self.ring = ring
    self.policy = policy
    verdicts = VerdictCache(limit: verdictsMaximum)
  }

  /// Takes other keys; what old ones have signed is asked for again.
  package mutating func replace(_ ring: KeyRing) {
    self.ring = ring
    verdicts.removeAll()
  }

  /// Why a token is refused.
  package struct Failure: Error, Equatable, Sendable {
    package let refusal: Refusal
    /// The name of a key that is not known: a newer key set may have it.
    package let unknownKey: String?
  }

  /// `now`: Seconds since 1970.
  package mutating func caller(
    for token: String, method: Caller.Method = .bearer, at now: Int64
  ) throws(Failure) -> Caller {
    do throws(Refusal) {
      guard token.utf8.count <= SignedToken.bytesMaximum else {
        return try fresh(token, now).caller
      }
      let key = VerdictCache<Verdict>.key(token)
      if let key, let verdict = verdicts[key] {
        try policy.check(verdict.outcome, at: now)
        return verdict.caller.known(by: method)
      }
      let verdict = try fresh(token, now)
      if let key { verdicts[key] = verdict }
      return verdict.caller.known(by: method)
    } catch {
      throw Failure(refusal: error, unknownKey: error.code == .tokenInvalid ? unknown(token) : nil)
    }
  }

  private func unknown(_ text: String) -> String? {
    guard let token = try? SignedToken(text), case .unknown(let name) = ring.find(token) else {
      return nil
    }
    return name
  }

  private func fresh(_ text: String, _ now: Int64) throws(Refusal) -> Verdict {
    let token = try SignedToken(text)
    try checkSignature(token)
    let outcome = try policy.check(token.claims, at: now)
    let grants: Grants
    do { grants = try ClaimGrants.grants(token.claims, for: outcome.identity) } catch {
      throw error.refusal
    }
    let subject = outcome.identity.subject ?? ""
    return Verdict(
      caller: Caller(
        subject: subject, account: "jwt:\(outcome.issuer ?? ""):\(subject)", method: .bearer,
        grants: grants, expiry: outcome.expiry),
      outcome: outcome)
  }

  private func checkSignature(_ token: SignedToken) throws(Refusal) {
    switch ring.find(token) {
    case .keys(let keys):
      let isSigned = keys.contains { $0.hasSigned(token.signed, signature: token.signature) }
      guard isSigned else { throw SignedToken.invalid("its signature is wrong") }
    case .unknown(let name):
      throw SignedToken.invalid("its key '\(GrantWords.short(name))' is not known")
    case .otherAlgorithm(let algorithms):
      let names = algorithms.map(\.rawValue).joined(separator: ", ")
      throw SignedToken.invalid("its key is for \(names), not for \(token.algorithm.rawValue)")
    case .none:
      throw SignedToken.invalid("there is no key for \(token.algorithm.rawValue)")
    case .tooMany:
      throw SignedToken.invalid("it names no key, and too many could be meant")
    }
  }
}
