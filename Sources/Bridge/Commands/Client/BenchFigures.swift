import HTTPFront

/// What a measurement came to.
struct BenchFigures {
  var seconds = 0.0
  var published = 0
  var refused = 0
  var failed = 0
  var delivered = 0
  /// In microseconds, in no order.
  var answers: [Int32] = []
  var deliveries: [Int32] = []

  var text: String {
    var lines = [
      "published  \(published) in \(Self.text(.seconds(seconds))): "
        + "\(Int(Double(published) / seconds)) messages a second",
      "answered   " + Self.quantiles(answers),
    ]
    if delivered > 0 {
      lines.append("delivered  \(delivered): \(Int(Double(delivered) / seconds)) events a second")
      lines.append("arrived    " + Self.quantiles(deliveries))
    }
    if refused + failed > 0 { lines.append("refused    \(refused), without an answer \(failed)") }
    return lines.joined(separator: "\n")
  }

  var json: JSONValue {
    .object(
      [
        .init("milliseconds", .integer(Int(seconds * 1000))),
        .init("published", .integer(published)),
        .init("published_per_second", .integer(Int(Double(published) / seconds))),
        .init("refused", .integer(refused)), .init("failed", .integer(failed)),
        .init("answer_microseconds", Self.json(answers)),
        .init("delivered", .integer(delivered)),
        .init("delivered_per_second", .integer(Int(Double(delivered) / seconds))),
        .init("delivery_microseconds", Self.json(deliveries)),
      ])
  }

  private static let shares = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1)]

  /// The value below which a share of all lies; the values are in order.
  static func quantile(_ share: Double, of sorted: [Int32]) -> Int32? {
    guard !sorted.isEmpty else { return nil }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }

  private static func quantiles(_ values: [Int32]) -> String {
    let sorted = values.sorted()
    let parts = shares.compactMap { name, share in
      quantile(share, of: sorted).map { "\(name) \(text(.microseconds(Int64($0))))" }
    }
    return parts.isEmpty ? "nothing" : parts.joined(separator: "  ")
  }

  private static func json(_ values: [Int32]) -> JSONValue {
    let sorted = values.sorted()
    return .object(
      shares.compactMap { name, share in
        quantile(share, of: sorted).map { .init(name, .integer(Int($0))) }
      })
  }

  static func seconds(_ time: Duration) -> Double {
    Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
  }

  /// Three digits and a unit, as in `1.52 ms`.
  static func text(_ time: Duration) -> String {
    let seconds = seconds(time)
    let (value, unit) =
      seconds >= 1
      ? (seconds, "s") : seconds >= 0.001 ? (seconds * 1e3, "ms") : (seconds * 1e6, "µs")
    let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
    let scale = [1.0, 10, 100][places]
    let rounded = Int((value * scale).rounded())
    let whole = rounded / Int(scale)
    guard places > 0 else { return "\(whole) \(unit)" }
    let rest = String(rounded % Int(scale))
    return "\(whole).\(String(repeating: "0", count: places - rest.count))\(rest) \(unit)"
  }
}
