import MQTTClient
import TestSupport
import Testing

@Suite struct LatencyHistogramTests {
  @Test func `nothing recorded means no percentile`() {
    let histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == nil)
    #expect(histogram.mean == nil)
    #expect(histogram.buckets.map(\.cumulativeCount) == [0])
  }

  @Test func `every percentile is off by an eighth at most`() {
    var random = SeededGenerator(seed: 7)
    var histogram = LatencyHistogram()
    var times: [Int64] = []
    for _ in 0..<5000 {
      let time = Int64.random(
        in: 0...(1 << Int64.random(in: 1...34, using: &random)), using: &random)
      times.append(time)
      histogram.record(.microseconds(time))
    }
    times.sort()
    for share in [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1] {
      let exact = times[max(0, Int((share * 5000).rounded(.up)) - 1)]
      let estimate = histogram.quantile(share)
      #expect(estimate.map { $0 >= .microseconds(exact) } == true)
      #expect(estimate.map { $0 <= .microseconds(exact + exact / 8 + 1) } == true)
    }
  }

  @Test func `merging is the same as recording everything in one`() {
    var (first, second, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
    for time in 0..<1000 {
      let time = Duration.microseconds(time * time)
      if time < .milliseconds(100) { first.record(time) } else { second.record(time) }
      both.record(time)
    }
    first.merge(second)
    #expect(first == both)
    #expect(first.sum == .microseconds((0..<1000).reduce(0) { $0 + $1 * $1 }))
  }

  @Test func `the buckets are what a monitoring system wants`() {
    var histogram = LatencyHistogram()
    histogram.record(.microseconds(3))
    histogram.record(.microseconds(3))
    histogram.record(.microseconds(17))
    histogram.record(.seconds(1_000_000))
    #expect(histogram.buckets.map(\.cumulativeCount) == [2, 3, 4])
    #expect(histogram.buckets.map(\.upperBoundSeconds) == [0.000_003, 0.000_017, .infinity])
    #expect(histogram.count(atMost: .microseconds(17)) == 3)
    #expect(histogram.count(atMost: .microseconds(16)) == 2)
    #expect(LatencyHistogram.bucketBounds == LatencyHistogram.bucketBounds.sorted())
    #expect(Set(LatencyHistogram.bucketBounds).count == LatencyHistogram.bucketBounds.count)
  }

  @Test(arguments: [Duration.seconds(-1), .seconds(Int64.max), .zero, .nanoseconds(1)])
  func `no time is too strange to be recorded`(time: Duration) {
    var histogram = LatencyHistogram()
    histogram.record(time)
    #expect(histogram.count == 1)
    #expect(histogram.quantile(.nan) != nil)
    #expect(histogram.quantile(-1) == histogram.quantile(2))
  }
}
