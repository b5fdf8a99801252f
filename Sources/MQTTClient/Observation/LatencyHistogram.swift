/// How often each length of time was observed, in constant memory.
///
/// The buckets are fixed and log-linear: below 16 microseconds one for each microsecond, above that
/// eight for every doubling, up to 19 hours. So an estimate is off by at most an eighth. Recording
/// costs the same whatever was recorded before.
public struct LatencyHistogram: Equatable, Sendable {
  /// One bucket as monitoring systems want it.
  public struct Bucket: Equatable, Sendable {
    /// The longest time that counts here, in seconds; infinite for the last bucket.
    public let upperBoundSeconds: Double
    /// How many observations were at most this long.
    public let cumulativeCount: UInt64
  }

  private static let linearCount = 16
  private static let stepsPerDoubling = 8
  private static let doublings = 32
  private static let bucketCount = linearCount + doublings * stepsPerDoubling

  private var counts = [UInt64](repeating: 0, count: bucketCount)
  private var sumMicroseconds: UInt64 = 0

  /// How many times were recorded.
  public private(set) var count: UInt64 = 0

  /// A histogram in which nothing was recorded.
  public init() {}

  /// All recorded times together, to the microsecond.
  public var sum: Duration { .microseconds(Int64(clamping: sumMicroseconds)) }

  /// The sum divided by the count; nil while nothing was recorded.
  public var mean: Duration? {
    count == 0 ? nil : .microseconds(Int64(clamping: sumMicroseconds / count))
  }

  /// Counts one time; a negative one counts as zero.
  public mutating func record(_ time: Duration) { record(microseconds: time.wholeMicroseconds) }

  mutating func record(microseconds: UInt64) {
    counts[Self.index(of: microseconds)] &+= 1
    count &+= 1
    sumMicroseconds &+= microseconds
  }

  /// Adds everything that another histogram has recorded.
  public mutating func merge(_ other: Self) {
    for index in counts.indices { counts[index] &+= other.counts[index] }
    count &+= other.count
    sumMicroseconds &+= other.sumMicroseconds
  }

  /// The time that the given share of observations did not exceed; nil while nothing was recorded.
  ///
  /// A share of 0.99 gives the 99th percentile, as the upper bound of its bucket. The share is taken
  /// into the range from zero to one.
  public func quantile(_ share: Double) -> Duration? {
    guard count > 0 else { return nil }
    let share = share.isNaN ? 1 : min(max(share, 0), 1)
    let wanted = max(1, UInt64((share * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for (index, count) in counts.enumerated() {
      seen &+= count
      if seen >= wanted { return .microseconds(Int64(clamping: Self.upperBound(index))) }
    }
    return .microseconds(Int64(clamping: Self.upperBound(counts.count - 1)))
  }

  /// How many observations were at most this long, to the precision of a bucket.
  ///
  /// A bucket counts when all of it is within the limit, so the answer is never too high.
  public func count(atMost limit: Duration) -> UInt64 {
    let limit = limit.wholeMicroseconds
    var total: UInt64 = 0
    for (index, count) in counts.enumerated() where Self.upperBound(index) <= limit {
      total &+= count
    }
    return total
  }

  /// The buckets that hold something, in ascending order, and a last one without a bound.
  public var buckets: [Bucket] {
    var total: UInt64 = 0
    var buckets: [Bucket] = []
    for (index, count) in counts.enumerated() where count > 0 {
      total &+= count
      guard index < Self.bucketCount - 1 else { break }
      buckets.append(
        Bucket(
          upperBoundSeconds: Double(Self.upperBound(index)) / 1_000_000, cumulativeCount: total))
    }
    buckets.append(Bucket(upperBoundSeconds: .infinity, cumulativeCount: count))
    return buckets
  }

  /// The upper bounds of all buckets but the last, in seconds.
  public static var bucketBounds: [Double] {
    (0..<bucketCount - 1).map { Double(upperBound($0)) / 1_000_000 }
  }

  private static func index(of microseconds: UInt64) -> Int {
    guard microseconds >= linearCount else { return Int(microseconds) }
    let exponent = 63 - microseconds.leadingZeroBitCount
    let step = Int(microseconds >> UInt64(exponent - 3)) & (stepsPerDoubling - 1)
    return min(linearCount + (exponent - 4) * stepsPerDoubling + step, bucketCount - 1)
  }

  /// The longest time, in microseconds, that counts in this bucket.
  private static func upperBound(_ index: Int) -> UInt64 {
    guard index >= linearCount else { return UInt64(index) }
    let (doubling, step) = (index - linearCount).quotientAndRemainder(dividingBy: stepsPerDoubling)
    return (UInt64(stepsPerDoubling + step + 1) << UInt64(doubling + 1)) - 1
  }
}

extension Duration {
  /// Rounded down; zero for what is negative.
  var wholeMicroseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
    return overflow ? .max : whole &+ UInt64(attoseconds / 1_000_000_000_000)
  }
}
