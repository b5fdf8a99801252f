/// So many messages at once, and so many more with time.
struct TokenBucket: Equatable {
  /// How full it is, in messages; parts of one count.
  private(set) var level: Double
  private var filledAt: Duration

  init(burst: Int, at now: Duration) {
    level = Double(burst)
    filledAt = now
  }

  /// Takes messages out if they are there.
  mutating func take(_ count: Int, of limit: RateTable.Limit, at now: Duration) -> Bool {
    fill(limit, at: now)
    guard level >= Double(count) else { return false }
    level -= Double(count)
    return true
  }

  mutating func fill(_ limit: RateTable.Limit, at now: Duration) {
    guard now > filledAt else { return }
    level = min(Double(limit.burst), level + Self.seconds(now - filledAt) * limit.perSecond)
    filledAt = now
  }

  /// Whole seconds until so many are there, at least one.
  func seconds(until count: Int, of limit: RateTable.Limit) -> Int {
    let missing = Double(min(count, limit.burst)) - level
    return max(1, Int((missing / limit.perSecond).rounded(.up)))
  }

  private static func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }
}
