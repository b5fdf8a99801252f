/// How often values fell into fixed buckets; observing is three atomic instructions, from any thread.
package final class Histogram: Sendable {
  /// From a tenth of a millisecond to ten seconds: disks, brokers and requests.
  package static let seconds: [Double] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]
  /// For what is counted: from one to a million.
  package static let counts: [Double] = [
    1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 100_000, 1_000_000,
  ]

  /// How many of the whole units that are added up make one unit of the bounds.
  private let scale: Double
  private let bounds: [Double]
  /// The bounds in whole units.
  private let limits: [Int]
  private let cells: [Counter]
  private let sum = Counter()

  /// For times, with bounds in seconds.
  package convenience init(seconds bounds: [Double] = Histogram.seconds) {
    self.init(bounds, scale: 1e9)
  }

  /// For numbers of things.
  package convenience init(counts bounds: [Double]) { self.init(bounds, scale: 1) }

  private init(_ bounds: [Double], scale: Double) {
    self.scale = scale
    self.bounds = bounds
    limits = bounds.map { Int(($0 * scale).rounded()) }
    cells = (0...bounds.count).map { _ in Counter() }
  }

  package func observe(_ time: Duration) {
    let (seconds, attoseconds) = time.components
    observe(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
  }

  /// Counts one number; for times, in nanoseconds.
  package func observe(_ value: Int) {
    let value = max(0, value)
    var index = 0
    while index < limits.count, value > limits[index] { index += 1 }
    cells[index].add()
    sum.add(value)
  }

  package var snapshot: Distribution {
    var total = 0
    let cumulative = cells.map { cell in
      total += cell.value
      return total
    }
    return Distribution(
      bounds: bounds, cumulative: Array(cumulative.dropLast()), count: total,
      sum: Double(sum.value) / scale)
  }
}

/// What a histogram has observed.
package struct Distribution: Equatable, Sendable {
  package let bounds: [Double]
  /// For each bound how many values were at most that.
  package let cumulative: [Int]
  package let count: Int
  package let sum: Double

  package init(bounds: [Double], cumulative: [Int], count: Int, sum: Double) {
    self.bounds = bounds
    self.cumulative = cumulative
    self.count = count
    self.sum = sum
  }
}
