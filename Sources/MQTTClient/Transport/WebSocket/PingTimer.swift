/// When to send a WebSocket ping, and when the server has been silent for too long.
///
///     unset ─▶ quiet ─interval without a byte─▶ asked ─time-out without a byte─▶ expired
///                ▲──────────────any byte──────────┘
///
/// It learns the time only when it fires, so that a byte costs no look at a clock: a quiet time that
/// had bytes in it simply starts again.
struct PingTimer {
  enum Verdict: Equatable { case ping, expired }

  private enum State: Equatable {
    case unset
    case quiet(until: Duration)
    case asked(until: Duration)
  }

  private let interval: Duration
  private let timeout: Duration
  private var state = State.unset
  private var hasHeard = false

  init(interval: Duration, timeout: Duration) {
    self.interval = interval
    self.timeout = timeout
  }

  var nextDeadline: Duration {
    switch state {
    // At once, to learn what time it is.
    case .unset: .zero
    case .quiet(let deadline), .asked(let deadline): deadline
    }
  }

  /// Bytes have come from the server.
  mutating func heard() { hasHeard = true }

  /// Says what to do now; while unread input waits, the server is not silent but we do not listen.
  mutating func timerFired(at now: Duration, hasUnreadInput: Bool) -> Verdict? {
    guard now >= nextDeadline else { return nil }
    let isAlive = exchange(&hasHeard, with: false) || hasUnreadInput
    switch state {
    case .unset: state = .quiet(until: now + interval)
    case .quiet where isAlive, .asked where isAlive: state = .quiet(until: now + interval)
    case .quiet:
      state = .asked(until: now + timeout)
      return .ping
    case .asked: return .expired
    }
    return nil
  }
}
