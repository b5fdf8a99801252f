import Metrics
import Testing

@Suite struct MetricTextTests {
  private let counter = MetricFamily("a_seconds_total", .counter, unit: "seconds", "A \"b\"\\\n.")
    .adding(1.5, MetricFamily.Label("x", "q\"\\\n"))
    .adding(2)

  @Test func `a counter in the format of Prometheus keeps its name and escapes its label`() {
    #expect(
      MetricText.prometheus.text(of: [counter]) == """
        # HELP a_seconds_total A "b"\\\\\\n.
        # TYPE a_seconds_total counter
        a_seconds_total{x="q\\"\\\\\\n"} 1.5
        a_seconds_total 2

        """)
  }

  @Test func `a counter in OpenMetrics is named without its end, with its unit, and the text ends`()
  {
    #expect(
      MetricText.openMetrics.text(of: [counter]) == """
        # HELP a_seconds A \\"b\\"\\\\\\n.
        # TYPE a_seconds counter
        # UNIT a_seconds seconds
        a_seconds_total{x="q\\"\\\\\\n"} 1.5
        a_seconds_total 2
        # EOF

        """)
  }

  @Test func `a histogram has cumulative buckets, the last of which is the count`() {
    let histogram = Histogram(seconds: [0.001, 1])
    for time in [Duration.milliseconds(1), .microseconds(1001), .seconds(1), .seconds(2)] {
      histogram.observe(time)
    }
    histogram.observe(.seconds(-1))
    let family = MetricFamily("h_seconds", .histogram, "H.").adding(histogram.snapshot)
    #expect(
      MetricText.prometheus.text(of: [family]) == """
        # HELP h_seconds H.
        # TYPE h_seconds histogram
        h_seconds_bucket{le="0.001"} 2
        h_seconds_bucket{le="1.0"} 4
        h_seconds_bucket{le="+Inf"} 5
        h_seconds_sum 3.002001
        h_seconds_count 5

        """)
  }

  @Test func `a set of counters counts what it does not know as other`() {
    let set = CounterSet(["a", "b"])
    set["b"].add(2)
    #expect(set.counts.map(\.value) == ["a", "b"])
    set["c"].add()
    let family = MetricFamily("n_total", .counter, "N.").adding(set, by: "l")
    let samples = family.samples.map { "\($0.labels[0].value) \($0.value)" }
    #expect(samples == ["a number(0.0)", "b number(2.0)", "other number(1.0)"])
  }

  @Test func `counters and histograms lose nothing when many threads count at once`() async {
    let counter = Counter()
    let histogram = Histogram(counts: Histogram.counts)
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for value in 0..<1000 {
            counter.add()
            histogram.observe(value)
          }
        }
      }
    }
    #expect(counter.value == 8000)
    #expect(histogram.snapshot.count == 8000 && histogram.snapshot.sum == 8 * 499_500)
  }
}
