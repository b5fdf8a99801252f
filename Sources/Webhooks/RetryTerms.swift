package import HTTPClient

/// Which outcomes are tried again, and when.
package struct RetryTerms: Sendable, Equatable {
  /// The pause after the first attempt; it doubles with each further one.
  package var first = Duration.seconds(1)
  package var largest = Duration.seconds(300)
  /// What a receiver may ask for at most.
  package var largestAskedFor = Duration.seconds(3600)
  /// How long a request is tried.
  package var limit = Duration.seconds(24 * 3600)

  package init() {}

  /// What follows from an outcome.
  package enum Verdict: Equatable {
    case delivered
    /// It may be better later; the receiver may have said when.
    case retry(after: Duration?)
    /// The receiver does not want it.
    case refused
  }

  package static func verdict(_ outcome: RequestOutcome) -> Verdict {
    guard case .answered(let answer) = outcome else { return .retry(after: nil) }
    switch answer.status {
    case 200..<300: return .delivered
    case 408, 425, 429, 500..<600: return .retry(after: answer.retryAfter)
    // Redirects are not followed: what is signed for one receiver is not for another.
    default: return .refused
    }
  }

  /// How long to wait after so many attempts; `jitter` from 0 to 1 spreads the requests of many.
  package func pause(
    afterAttempts attempts: Int, askedFor: Duration?, jitter: Double
  ) -> Duration {
    var pause = first
    for _ in 1..<max(1, min(attempts, 64)) where pause < largest { pause = pause * 2 }
    pause = min(pause, largest) * (0.5 + 0.5 * min(max(jitter, 0), 1))
    guard let askedFor else { return pause }
    return max(pause, min(askedFor, largestAskedFor))
  }
}
