/// Lets publishes through at a rate: a token bucket, kept as the time at which it will be full again.
///
/// A packet passes while less than the burst is owed, and may then owe more: one that is larger than
/// the bucket passes too, and those behind it wait longer.
struct Throttle {
  private(set) var rate: PublishRate
  private let interval: Duration?
  private let bytesPerSecond: Double?
  private let burst: Duration
  /// What was let through is paid off at these times.
  private var messagesPaidAt = Duration.zero
  private var bytesPaidAt = Duration.zero

  init(_ rate: PublishRate) {
    self.rate = rate
    interval = rate.messages.map { .seconds(1) / Self.possible($0) }
    bytesPerSecond = rate.bytes.map(Self.possible)
    burst = min(max(rate.burst, .zero), .seconds(86_400))
  }

  /// Nothing and nonsense become one per thousand seconds.
  private static func possible(_ rate: Double) -> Double {
    rate >= 0.001 ? min(rate, 1e12) : 0.001
  }

  var isUnlimited: Bool { interval == nil && bytesPerSecond == nil }
  var countsBytes: Bool { bytesPerSecond != nil }

  func allows(at now: Duration) -> Bool { isUnlimited || nextTime <= now }

  /// When the next packet may pass; in the past if it may now.
  var nextTime: Duration {
    let messages = interval.map { messagesPaidAt - max(.zero, burst - $0) }
    let bytes = bytesPerSecond.map { _ in bytesPaidAt - burst }
    return max(messages ?? bytes ?? .zero, bytes ?? messages ?? .zero)
  }

  /// A packet of this length was let through.
  mutating func charge(bytes: Int, at now: Duration) {
    if let interval { messagesPaidAt = max(messagesPaidAt, now) + interval }
    if let bytesPerSecond {
      let seconds = min(Double(bytes) / bytesPerSecond, 1e9)
      bytesPaidAt = max(bytesPaidAt, now) + .seconds(seconds)
    }
  }
}
