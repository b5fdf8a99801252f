/// When to try again after a connection failed or ended.
///
/// The wait grows with each failure, up to a maximum, and starts small again after a link that held.
/// What a quick retry cannot change waits for the maximum at once: a refusal, and a session that
/// another client with our identifier took over.
struct Reconnect: ~Copyable {
  private let backoff: Backoff
  private var random: SplitMix64
  private var next: Duration
  private var upSince: Duration?

  init(_ backoff: Backoff, seed: UInt64) {
    var backoff = backoff
    backoff.initial = min(max(backoff.initial, .milliseconds(1)), .seconds(86_400))
    backoff.maximum = min(max(backoff.maximum, backoff.initial), .seconds(86_400))
    backoff.factor = backoff.factor >= 1 ? min(backoff.factor, 1000) : 1
    backoff.jitter = backoff.jitter >= 0 ? min(backoff.jitter, 1) : 0
    self.backoff = backoff
    random = SplitMix64(seed: seed)
    next = backoff.initial
  }

  mutating func accepted(at now: Duration) { upSince = now }

  /// The wait after this end; never zero.
  mutating func delay(after reason: DownReason, at now: Duration) -> Duration {
    if let since = upSince.take(), now - since >= backoff.resetAfter { next = backoff.initial }
    var delay = next
    if Self.isLasting(reason) {
      delay = backoff.maximum
    } else {
      next = min(next * backoff.factor, backoff.maximum)
    }
    let share = backoff.jitter * Double.random(in: -1...1, using: &random)
    return max(delay * (1 + share), .milliseconds(1))
  }

  private static func isLasting(_ reason: DownReason) -> Bool {
    switch reason {
    case .refused(let code, _), .closedByBroker(let code, _): lasting.contains(code)
    case .violation, .linkFailed, .connectTimeout, .pingTimeout, .acknowledgementTimeout: false
    }
  }

  private static let lasting: Set<ReasonCode> = [
    .unsupportedProtocolVersion, .clientIdentifierNotValid, .badUsernameOrPassword, .notAuthorized,
    .banned, .badAuthenticationMethod, .sessionTakenOver, .useAnotherServer, .serverMoved,
  ]
}
