/// Writes metrics down as Prometheus or OpenMetrics reads them.
package enum MetricText: Sendable {
  /// The text format 0.0.4 of Prometheus.
  case prometheus
  /// OpenMetrics 1.0.
  case openMetrics

  package var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  package func text(of families: [MetricFamily]) -> String {
    var text = ""
    for family in families { append(family, to: &text) }
    if self == .openMetrics { text += "# EOF\n" }
    return text
  }

  private func append(_ family: MetricFamily, to text: inout String) {
    // OpenMetrics names a counter without the end of its samples' names.
    let isBare = self == .openMetrics && family.kind == .counter
    let name = isBare ? String(family.name.dropLast("_total".count)) : family.name
    text += "# HELP \(name) \(escaped(family.help))\n# TYPE \(name) \(family.kind.rawValue)\n"
    if self == .openMetrics, let unit = family.unit { text += "# UNIT \(name) \(unit)\n" }
    for sample in family.samples {
      switch sample.value {
      case .number(let value):
        text += line(family.name, sample.labels, Self.number(value))
      case .distribution(let distribution): append(distribution, family, sample.labels, to: &text)
      }
    }
  }

  private func append(
    _ distribution: Distribution, _ family: MetricFamily, _ labels: [MetricFamily.Label],
    to text: inout String
  ) {
    let bucket = family.name + "_bucket"
    for (bound, count) in zip(distribution.bounds, distribution.cumulative) {
      let le = MetricFamily.Label("le", bound == bound.rounded() ? "\(bound)" : Self.number(bound))
      text += line(bucket, labels + [le], "\(count)")
    }
    let last = labels + [MetricFamily.Label("le", "+Inf")]
    text += line(bucket, last, "\(distribution.count)")
    text += line(family.name + "_sum", labels, Self.number(distribution.sum))
    text += line(family.name + "_count", labels, "\(distribution.count)")
  }

  private func line(_ name: String, _ labels: [MetricFamily.Label], _ value: String) -> String {
    guard !labels.isEmpty else { return "\(name) \(value)\n" }
    let list = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
    return "\(name){\(list.joined(separator: ","))} \(value)\n"
  }

  private func escaped(_ text: String, quotes: Bool = false) -> String {
    var result = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    if quotes || self == .openMetrics { result = result.replacing("\"", with: "\\\"") }
    return result
  }

  /// Whole numbers without a fraction.
  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
