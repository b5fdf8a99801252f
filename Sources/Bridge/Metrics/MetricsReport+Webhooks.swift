import Metrics

/// What the webhooks do.
extension MetricsReport {
  var webhooks: [MetricFamily] {
    var requests = MetricFamily(
      "bridge_webhook_requests_total", .counter, "Attempts of webhooks by how they ended.")
    var lag = MetricFamily(
      "bridge_webhook_lag_messages", .gauge,
      "Events of the log, of any topics, that a webhook is not past.")
    var gaps = MetricFamily(
      "bridge_webhook_gap_total", .counter, "Gaps in what a webhook got.")
    for status in wiring.webhooks?.statuses ?? [] {
      let name = MetricFamily.Label("webhook", status.name)
      let counts = [
        ("delivered", status.delivered), ("failed", status.failed - status.dead),
        ("dead", status.dead),
      ]
      for (outcome, count) in counts {
        requests = requests.adding(count, name, MetricFamily.Label("outcome", outcome))
      }
      lag = lag.adding(status.behind, name)
      gaps = gaps.adding(status.gaps, name)
    }
    return [
      requests, lag, gaps,
      MetricFamily(
        "bridge_webhook_request_seconds", .histogram, unit: "seconds",
        "From the beginning of a request of a webhook to its end, however it ended."
      ).adding(wiring.metrics.webhookSeconds.snapshot),
    ]
  }
}
