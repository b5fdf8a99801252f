/// Decides who a caller is, from the credential of a request.
///
/// It waits for nothing: a password that is not known yet comes back as a check to be run elsewhere. Each
/// thread that takes requests has its own.
package struct Gate: Sendable {
  private var verifier: TokenVerifier
  private var passwords: Passwords
  private let keys: APIKeys
  /// By common name.
  private let certificates: [String: Caller]
  private let anonymous: Grants?
  private let acceptsCookie: Bool

  /// `anonymous`: What a request without a credential may do; nil is nothing at all.
  package init(
    verifier: TokenVerifier, passwords: Passwords, keys: APIKeys,
    certificates: [String: Caller] = [:], anonymous: Grants?, acceptsCookie: Bool
  ) {
    self.verifier = verifier
    self.passwords = passwords
    self.keys = keys
    self.certificates = certificates
    self.anonymous = anonymous
    self.acceptsCookie = acceptsCookie
  }

  package enum Answer: Sendable {
    case caller(Caller)
    case refused(Refusal)
    /// The token names a key that is not known: `KeyRefresh` should hear of it.
    case unknownKey(Refusal)
    /// Run it elsewhere, tell `learned`, and ask again.
    case check(PasswordCheck)
    /// Streams ask `Tickets`; for anything else it is refused.
    case ticket(String)
  }

  package struct Instant: Sendable {
    /// Seconds since 1970.
    package let wall: Int64
    /// From any beginning that stays the same.
    package let steady: Duration

    package init(wall: Int64, steady: Duration) {
      self.wall = wall
      self.steady = steady
    }
  }

  /// `certificate` is the common name in a verified certificate of the client; a credential in the
  /// request counts before it.
  package mutating func admit(
    _ credential: Credential?, certificate: String? = nil, at now: Instant
  ) -> Answer {
    switch credential?.content {
    case nil:
      if let certificate, let caller = certificates[certificate] { return .caller(caller) }
      guard let anonymous else {
        return .refused(Refusal(.tokenMissing, "this needs a token, a password or an API key"))
      }
      return .caller(.anonymous(anonymous))
    case .bearer(let token): return self.token(token, .bearer, now)
    case .cookie(let token):
      guard acceptsCookie else {
        return .refused(Refusal(.tokenInvalid, "the cookie is not accepted here"))
      }
      return self.token(token, .cookie, now)
    case .apiKey(let key):
      guard let caller = keys.caller(for: key) else {
        return .refused(Refusal(.tokenInvalid, "the API key is not known"))
      }
      return .caller(caller)
    case .basic(let user, let password):
      switch passwords.answer(user: user, password: password, at: now.steady) {
      case .caller(let caller): return .caller(caller)
      case .wrong: return .refused(Self.wrongPassword)
      case .check(let check): return .check(check)
      }
    case .ticket(let ticket): return .ticket(ticket)
    }
  }

  private static let wrongPassword = Refusal(.tokenInvalid, "user or password is wrong")

  package mutating func learned(_ verdict: PasswordCheck.Verdict, at now: Instant) -> Answer {
    passwords.learned(verdict, at: now.steady)
    return verdict.caller.map { .caller($0) } ?? .refused(Self.wrongPassword)
  }

  package mutating func replace(_ ring: KeyRing) { verifier.replace(ring) }

  private mutating func token(_ text: String, _ method: Caller.Method, _ now: Instant) -> Answer {
    do throws(TokenVerifier.Failure) {
      return .caller(try verifier.caller(for: text, method: method, at: now.wall))
    } catch {
      return error.unknownKey == nil ? .refused(error.refusal) : .unknownKey(error.refusal)
    }
  }
}
