/// When to try again after a connection failed or ended, and when to give up.
///
/// The wait grows with each failure, up to a maximum, and starts small again after a link that held.
/// What a quick retry cannot change waits for the maximum at once, and is given up after some times
/// in a row.
struct Reconnect: ~Copyable {
  /// What a failure says about the next attempt.
  enum FailureClass {
    /// It may pass.
    case passing
    /// The broker refuses this client as it is.
    case lasting
    /// Another client has our identifier.
    case takenOver
    /// Nothing the session does can change it.
    case final
  }

  private let policy: ReconnectPolicy
  private let backoff: Backoff
  private var random: SplitMix64
  private var next: Duration
  private var upSince: Duration?
  private var hasProgress = false
  private var failures = 0
  private var refusals = 0

  init(_ policy: ReconnectPolicy, seed: UInt64) {
    var backoff = policy.backoff
    backoff.initial = min(max(backoff.initial, .milliseconds(1)), .seconds(86_400))
    backoff.maximum = min(max(backoff.maximum, backoff.initial), .seconds(86_400))
    backoff.maximumAfterProgress = max(backoff.maximumAfterProgress, backoff.initial)
    backoff.factor = backoff.factor >= 1 ? min(backoff.factor, 1000) : 1
    backoff.jitter = backoff.jitter >= 0 ? min(backoff.jitter, 1) : 0
    self.policy = policy
    self.backoff = backoff
    random = SplitMix64(seed: seed)
    next = backoff.initial
  }

  /// The application wants to connect: what failed before does not count.
  mutating func started() {
    failures = 0
    refusals = 0
    next = backoff.initial
  }

  mutating func accepted(at now: Duration) {
    upSince = now
    hasProgress = false
    failures = 0
    refusals = 0
  }

  /// Work was done over this link that no later one has to do again.
  mutating func madeProgress() { hasProgress = true }

  /// The wait after this end, never zero; nil to give up.
  mutating func delay(after reason: DownReason, at now: Duration) -> Duration? {
    if let since = upSince.take() {
      if now - since >= backoff.resetAfter {
        next = backoff.initial
      } else if hasProgress, !reason.isViolation {
        next = min(next, backoff.maximumAfterProgress)
      }
    }
    let failureClass = Self.failureClass(of: reason)
    guard !givesUp(failureClass) else { return nil }
    var delay = next
    switch failureClass {
    case .passing, .final: next = min(next * backoff.factor, backoff.maximum)
    case .lasting, .takenOver: delay = backoff.maximum
    }
    let share = backoff.jitter * Double.random(in: -1...1, using: &random)
    return max(delay * (1 + share), .milliseconds(1))
  }

  /// The short wait before a redirection is followed; what bounds those is their own maximum.
  ///
  /// It is no failure, and so does not count as one.
  mutating func delayOfRedirection() -> Duration {
    upSince = nil
    return backoff.initial
  }

  private mutating func givesUp(_ failureClass: FailureClass) -> Bool {
    failures += 1
    if let maximum = policy.attemptsMaximum, failures >= maximum { return true }
    switch failureClass {
    case .passing:
      refusals = 0
      return false
    case .lasting:
      refusals += 1
      return policy.refusalsMaximum.map { refusals >= $0 } ?? false
    case .takenOver: return policy.afterTakeOver == .giveUp
    case .final: return true
    }
  }

  private static func failureClass(of reason: DownReason) -> FailureClass {
    switch reason {
    case .refused(let code, _), .closedByBroker(let code, _):
      if code == .sessionTakenOver { return .takenOver }
      return lasting.contains(code) ? .lasting : .passing
    case .authenticationFailed(let failure):
      switch failure {
      case .authenticator, .refused: return .lasting
      case .timedOut, .connectionLost, .stopped: return .passing
      }
    case .optionsInvalid: return .final
    case .violation, .linkFailed, .connectTimeout, .pingTimeout, .acknowledgementTimeout:
      return .passing
    }
  }

  private static let lasting: Set<ReasonCode> = [
    .unsupportedProtocolVersion, .clientIdentifierNotValid, .badUsernameOrPassword, .notAuthorized,
    .banned, .badAuthenticationMethod, .useAnotherServer, .serverMoved,
  ]
}

extension DownReason {
  fileprivate var isViolation: Bool {
    if case .violation = self { true } else { false }
  }
}
