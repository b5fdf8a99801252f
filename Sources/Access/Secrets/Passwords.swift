/// The users of the configuration with their passwords.
///
/// Checking a password takes long on purpose, so it is not done here: who asks gets a `PasswordCheck`, runs
/// it where waiting harms nobody, and tells the verdict (`learned`), which then counts for a while. An
/// unknown user costs the same check.
package struct Passwords: Sendable {
  package struct Options: Equatable, Sendable {
    package var rightFor: Duration = .seconds(300)
    package var wrongFor: Duration = .seconds(10)
    package var verdictsMaximum = 10_000

    package init() {}
  }

  package struct User: Sendable {
    package let hash: PasswordHash
    package let caller: Caller

    package init(hash: PasswordHash, caller: Caller) {
      self.hash = hash
      self.caller = caller
    }
  }

  private struct Verdict: Sendable {
    let caller: Caller?
    let until: Duration
  }

  private let users: [[UInt8]: User]
  /// What an unknown user's password is compared with.
  private let decoy: PasswordHash
  /// Random bytes of this process: without them nobody can guess passwords from the cache's keys.
  private let pepper: String
  private let options: Options
  private var verdicts: VerdictCache<Verdict>

  package init(
    _ users: [String: User], decoy: PasswordHash, pepper: [UInt8], options: Options = Options()
  ) {
    self.users = Dictionary(
      users.map { (Array($0.key.utf8), $0.value) }, uniquingKeysWith: { first, _ in first })
    self.decoy = decoy
    self.pepper = Base64URL.encoded(pepper)
    self.options = options
    verdicts = VerdictCache(limit: options.verdictsMaximum)
  }

  package enum Answer: Sendable {
    case caller(Caller)
    case wrong
    /// Not known yet: run the check elsewhere.
    case check(PasswordCheck)
  }

  /// What is known about a user and a password.
  package func answer(user: String, password: String, at now: Duration) -> Answer {
    let key = VerdictCache<Verdict>.key(pepper, user, password)
    if let key, let verdict = verdicts[key], now < verdict.until {
      return verdict.caller.map { .caller($0) } ?? .wrong
    }
    let found = users[Array(user.utf8)]
    return .check(
      PasswordCheck(key: key, hash: found?.hash ?? decoy, password: password, caller: found?.caller)
    )
  }

  /// Takes what a check found out.
  package mutating func learned(_ verdict: PasswordCheck.Verdict, at now: Duration) {
    guard let key = verdict.key else { return }
    let until = now + (verdict.caller == nil ? options.wrongFor : options.rightFor)
    verdicts[key] = Verdict(caller: verdict.caller, until: until)
  }
}

/// One password to be checked.
package struct PasswordCheck: Sendable {
  fileprivate let key: [UInt8]?
  fileprivate let hash: PasswordHash
  fileprivate let password: String
  fileprivate let caller: Caller?

  package struct Verdict: Sendable {
    fileprivate let key: [UInt8]?
    /// Who it is; nil for a wrong password and for an unknown user.
    package let caller: Caller?
  }

  /// Computes for some hundredths of a second; safe on every thread.
  package func run() -> Verdict {
    let isRight = hash.matches(password)
    return Verdict(key: key, caller: isRight ? caller : nil)
  }
}

extension PasswordCheck: CustomStringConvertible, CustomReflectable {
  package var description: String { "(hidden)" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
