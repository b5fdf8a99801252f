/// Proves that the broker is alive, and proves to the broker that we are.
///
///     quiet ──nothing received, or nothing written, for the interval──▶ PINGREQ, asked
///     asked ──any packet──▶ quiet
///     asked ──nothing for the ping timeout──▶ dead
///
/// Neither direction can starve the other, and the answer's deadline runs from the wish to send
/// PINGREQ, so a socket that takes no bytes cannot hide a dead peer.
struct KeepAlive: ~Copyable {
  enum Verdict: Equatable { case alive, ping, dead }

  /// Nil when the keep-alive is off.
  private let interval: Duration?
  private let timeout: Duration
  private var lastReceived: Duration
  private var lastWritten: Duration
  private var askedAt: Duration?

  /// Pings after the given share of the seconds, so that PINGREQ reaches the broker before it gives
  /// us up. [MQTT-3.1.2-20]
  init(seconds: UInt16, fraction: Double = 1, timeout: Duration, at now: Duration) {
    let share = fraction >= 0.1 ? min(fraction, 1) : fraction.isNaN ? 1 : 0.1
    interval = seconds == 0 ? nil : .seconds(Int(seconds)) * share
    self.timeout = max(timeout, .milliseconds(1))
    lastReceived = now
    lastWritten = now
  }

  var nextDeadline: Duration? {
    guard let interval else { return nil }
    if let askedAt { return askedAt + timeout }
    return min(lastReceived, lastWritten) + interval
  }

  mutating func received(at now: Duration) {
    lastReceived = now
    askedAt = nil
  }

  mutating func wrote(at now: Duration) { lastWritten = now }

  mutating func timerFired(at now: Duration) -> Verdict {
    guard let deadline = nextDeadline, deadline <= now else { return .alive }
    guard askedAt == nil else { return .dead }
    askedAt = now
    // Only `wrote` proves that bytes left. But the next PINGREQ is not due before another interval.
    lastWritten = now
    return .ping
  }
}
