import HTTPFront
import Metrics

/// Counts requests by route, method and status, in cells that are all there from the beginning.
final class RequestMetrics: Sendable {
  private struct Key: Hashable {
    let route: String
    let method: String
  }

  private struct Cells: Sendable {
    let codes = CounterSet(RequestMetrics.codes.map(String.init))
    let seconds = Histogram()
  }

  private static let other = "other"
  /// Every status that the bridge gives.
  private static let codes =
    [101, 200, 201, 202, 204, 207, 303, 304]
    + Set(ProblemCode.allCases.map(\.status)).sorted()

  /// Where each status from 100 on has its counter.
  fileprivate static let places: [Int?] = (100...599).map { codes.firstIndex(of: $0) }

  private let cells: [Key: Cells]
  private let unknown = Cells()
  private let order: [Key]

  init() {
    let patterns =
      RouteTable.routes.map { ($0.method, $0.pattern.description) }
      + RouteTable.adminRoutes.map { ($0.method, $0.pattern.description) }
    var order: [Key] = []
    for (method, route) in patterns {
      for method in method == "GET" ? ["GET", "HEAD", Self.other] : [method, Self.other] {
        let key = Key(route: route, method: method)
        if !order.contains(key) { order.append(key) }
      }
    }
    self.order = order
    cells = Dictionary(uniqueKeysWithValues: order.map { ($0, Cells()) })
  }

  func count(_ record: AccessRecord) {
    let cells = cells(of: record)
    cells.codes[record.status].add()
    cells.seconds.observe(record.duration)
  }

  /// The two metrics of requests, without the combinations that never came.
  var families: [MetricFamily] {
    var requests = MetricFamily(
      "bridge_http_requests_total", .counter, "Answered requests; a stream counts when it begins.")
    var seconds = MetricFamily(
      "bridge_http_request_seconds", .histogram, unit: "seconds",
      "From the first line of a request to its answer, or to the head of a stream.")
    let all =
      order.compactMap { key in cells[key].map { (key, $0) } }
      + [(Key(route: Self.other, method: Self.other), unknown)]
    for (key, cells) in all {
      let labels = (
        MetricFamily.Label("route", key.route), MetricFamily.Label("method", key.method)
      )
      for (code, count) in cells.codes.counts where count > 0 {
        requests = requests.adding(count, labels.0, labels.1, MetricFamily.Label("code", code))
      }
      let distribution = cells.seconds.snapshot
      if distribution.count > 0 {
        seconds = seconds.adding(distribution, labels.0, labels.1)
      }
    }
    return [requests, seconds]
  }

  private func cells(of record: AccessRecord) -> Cells {
    guard let route = record.route, let method = record.method else { return unknown }
    return cells[Key(route: route, method: method)]
      ?? cells[Key(route: route, method: Self.other)] ?? unknown
  }
}

extension CounterSet {
  /// The counter of a status; a number is not made into text for each request.
  fileprivate subscript(status: Int) -> Counter {
    let place = (100...599).contains(status) ? RequestMetrics.places[status - 100] : nil
    return self[at: place ?? values.count - 1]
  }
}
