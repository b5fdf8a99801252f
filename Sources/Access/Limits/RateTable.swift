/// How fast each account publishes.
///
/// The table is bounded: when it is full, accounts whose bucket is full again are forgotten, which changes
/// nothing for them. When that frees nothing, new accounts share one bucket.
package struct RateTable: Sendable {
  package struct Limit: Equatable, Sendable {
    /// So many at once.
    package let burst: Int
    package let perSecond: Double

    /// A burst is what two seconds (two minutes, two hours) bring.
    package init(_ rate: Rate, burst: Int? = nil) {
      self.burst = max(1, burst ?? rate.count * 2)
      perSecond = Double(rate.count) / Double(rate.seconds)
    }
  }

  /// What a publish is told about its limit.
  package struct Answer: Equatable, Sendable {
    package let isAllowed: Bool
    /// `RateLimit-Policy`: quota and window. [draft-ietf-httpapi-ratelimit-headers-10]
    package let policy: String
    /// `RateLimit`: what is left, and in how many seconds it is whole again.
    package let state: String
    /// Seconds after which the same would be allowed.
    package let retryAfter: Int?

    package var refusal: Refusal? {
      guard let retryAfter else { return nil }
      return Refusal(
        .rateLimited, "too many messages (\(policy))", hint: "try again in \(retryAfter) s")
    }
  }

  private static let shared = "\u{0}shared"
  private var buckets: [String: (bucket: TokenBucket, limit: Limit)] = [:]
  private let accountsMaximum: Int

  package init(accountsMaximum: Int = 100_000) { self.accountsMaximum = max(1, accountsMaximum) }

  package var count: Int { buckets.count }

  /// Takes as many messages as a request brings, or none of them.
  package mutating func take(
    _ count: Int = 1, for account: String, _ limit: Limit, at now: Duration
  ) -> Answer {
    let name = place(for: account, at: now)
    var bucket = buckets[name]?.bucket ?? TokenBucket(burst: limit.burst, at: now)
    let isAllowed = bucket.take(count, of: limit, at: now)
    buckets[name] = (bucket, limit)
    let window = max(1, Int((Double(limit.burst) / limit.perSecond).rounded(.up)))
    let left = max(0, Int(bucket.level))
    let whole = left == limit.burst ? 0 : bucket.seconds(until: limit.burst, of: limit)
    return Answer(
      isAllowed: isAllowed, policy: #""publish";q=\#(limit.burst);w=\#(window)"#,
      state: #""publish";r=\#(left);t=\#(whole)"#,
      retryAfter: isAllowed ? nil : bucket.seconds(until: count, of: limit))
  }

  private mutating func place(for account: String, at now: Duration) -> String {
    guard buckets[account] == nil, buckets.count >= accountsMaximum else { return account }
    buckets = buckets.filter { name, entry in
      var bucket = entry.bucket
      bucket.fill(entry.limit, at: now)
      return bucket.level < Double(entry.limit.burst)
    }
    return buckets.count < accountsMaximum ? account : Self.shared
  }
}
