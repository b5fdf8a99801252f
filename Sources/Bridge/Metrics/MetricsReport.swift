import EventLoop
import HTTPFront
import MQTTClient
import Metrics
import Store

/// `GET /metrics`: everything that is counted and measured, with names that `docs/metrics.md` explains.
struct MetricsReport: Sendable {
  let wiring: Wiring

  init(_ wiring: Wiring) { self.wiring = wiring }

  func response(to head: RequestHead) -> Response {
    let offers = ["text/plain", "application/openmetrics-text"]
    let wanted = Accept(head.headers.values("Accept")).best(of: offers)
    let format: MetricText = wanted == offers[1] ? .openMetrics : .prometheus
    return Response(
      status: 200,
      headers: [
        "Content-Type": format.contentType, "Cache-Control": "no-store", "Vary": "Accept",
      ],
      body: Array(format.text(of: families).utf8))
  }

  var families: [MetricFamily] {
    service + wiring.metrics.requests.families + publishes + store + queue + broker + streams
      + webhooks
      + process
  }

  private var service: [MetricFamily] {
    let health = HealthReport(wiring.live.value, wiring)
    return [
      MetricFamily("bridge_ready", .gauge, "1 while the bridge takes publishes, as the probe says.")
        .adding(health.reasonsNotReady.isEmpty ? 1 : 0),
      MetricFamily("bridge_draining", .gauge, "1 while the bridge is out of service or stops.")
        .adding(wiring.isDraining ? 1 : 0),
    ]
  }

  private var publishes: [MetricFamily] {
    var ends = MetricFamily(
      "bridge_publish_total", .counter, "Publishes by what became of them in the end.")
    for qos in UInt8(0)...2 {
      for (outcome, count) in wiring.metrics.publishes(qos).counts where count > 0 {
        ends = ends.adding(count, Self.label(qos: qos), MetricFamily.Label("outcome", outcome))
      }
    }
    let times = wiring.link?.metrics
    return [
      ends,
      MetricFamily(
        "bridge_publish_ack_seconds", .histogram, unit: "seconds",
        "From the first PUBLISH of a message to the broker's last acknowledgement."
      )
      .adding(Self.distribution(times?.acknowledgementTimeQoS1), Self.label(qos: 1))
      .adding(Self.distribution(times?.acknowledgementTimeQoS2), Self.label(qos: 2)),
      MetricFamily(
        "bridge_idempotent_replays_total", .counter,
        "Publishes that were repetitions of an earlier one with the same idempotency key."
      ).adding(wiring.metrics.idempotentReplays.value),
      MetricFamily(
        "bridge_qos2_uncertain_total", .counter,
        "Publishes that may have arrived twice or not at all: the broker lost its session."
      ).adding(wiring.status.snapshot.uncertainPublishes),
      MetricFamily(
        "bridge_dead_letters", .gauge,
        "Undeliverable publishes, and requests of webhooks, that are kept for an operator."
      ).adding(wiring.store?.statistics.deadLetters.messages ?? 0),
    ]
  }

  private var store: [MetricFamily] {
    let times = MetricFamily(
      "bridge_store_commit_seconds", .histogram, unit: "seconds",
      "Duration of a commit, from its first change to the sync of the disk.")
    let sizes = MetricFamily(
      "bridge_store_batch_size", .histogram, "Changes that one commit made durable.")
    let failures = MetricFamily(
      "bridge_store_failures_total", .counter,
      "How often the disk began to refuse."
    ).adding(wiring.metrics.storeFailures.value)
    guard let store = wiring.store else { return [times, sizes, failures] }
    return [times.adding(store.commitSeconds), sizes.adding(store.batchSizes), failures]
  }

  private var queue: [MetricFamily] {
    let statistics = wiring.store?.statistics ?? StoreStatistics()
    let sending = min(statistics.fedMessages, statistics.outboxMessages)
    let oldest = statistics.oldestStoredAt.map { max(0, WallClock.milliseconds() - $0) } ?? 0
    func state(_ name: String) -> MetricFamily.Label { MetricFamily.Label("state", name) }
    return [
      MetricFamily("bridge_queue_messages", .gauge, "Publishes that the broker has not ended.")
        .adding(statistics.waitingMessages, state("committing"))
        .adding(statistics.outboxMessages - sending, state("stored"))
        .adding(sending, state("sending")),
      MetricFamily("bridge_queue_bytes", .gauge, unit: "bytes", "Bytes of the stored publishes.")
        .adding(statistics.outboxBytes),
      MetricFamily(
        "bridge_queue_oldest_seconds", .gauge, unit: "seconds",
        "How long the oldest stored publish has waited; 0 without one."
      ).adding(Double(oldest) / 1000),
    ]
  }

  private var broker: [MetricFamily] {
    let metrics = wiring.link?.metrics ?? ClientMetrics()
    var ends = MetricFamily(
      "bridge_mqtt_reconnects_total", .counter,
      "Ended connections, and attempts at one, that another attempt followed.")
    for kind in ConnectionFailure.Kind.allCases {
      let reason = MetricFamily.Label("reason", Self.word(for: kind))
      ends = ends.adding(Int(clamping: metrics.counters.connectionFailures[kind]), reason)
    }
    var received = MetricFamily("bridge_received_total", .counter, "Messages of the broker.")
    for qos in [QoS.atMostOnce, .atLeastOnce, .exactlyOnce] {
      let count = Int(clamping: metrics.counters.deliveries[qos])
      received = received.adding(count, Self.label(qos: qos.rawValue))
    }
    return [
      MetricFamily("bridge_mqtt_connected", .gauge, "1 while the broker is connected.")
        .adding(wiring.status.snapshot.isConnected ? 1 : 0),
      ends,
      MetricFamily(
        "bridge_mqtt_inflight", .gauge,
        "QoS 1 and 2 publishes that the broker has not acknowledged."
      ).adding(metrics.gauges.inFlightPublishes),
      received,
      MetricFamily(
        "bridge_late_replies_total", .counter, "Replies to requests that were over."
      ).adding(wiring.requests?.lateReplies ?? 0),
    ]
  }

  private var streams: [MetricFamily] {
    let server = wiring.server
    let shards = (0..<(server?.shardCount ?? 0)).compactMap { server?.statistics(ofShard: $0) }
    return [
      openStreams(shards.reduce(0) { $0 + $1.streams }),
      MetricFamily(
        "bridge_stream_lag_messages", .histogram,
        "How far behind the newest message a stream was when it could not keep up."
      ).adding(wiring.metrics.streamLag.snapshot),
      MetricFamily("bridge_gap_total", .counter, "Gaps that streams were told of.")
        .adding(wiring.metrics.gaps, by: "reason"),
      MetricFamily("bridge_stream_closed_total", .counter, "Ended streams.")
        .adding(wiring.metrics.closedStreams, by: "reason"),
    ]
  }

  /// What is not known to be of another kind is an event stream.
  private func openStreams(_ total: Int) -> MetricFamily {
    var forms = wiring.openStreams.forms
    forms[.events] = nil
    forms[.events] = max(0, total - forms.values.reduce(0, +))
    var family = MetricFamily("bridge_streams", .gauge, "Open streams.")
    for form in Representation.Form.allCases {
      family = family.adding(forms[form] ?? 0, MetricFamily.Label("kind", form.kind))
    }
    return family
  }

  private var process: [MetricFamily] {
    let facts = ProcessFacts.now()
    return [
      MetricFamily(
        "process_cpu_seconds_total", .counter, unit: "seconds", "Processor time in all modes."
      ).adding(facts.processorSeconds),
      MetricFamily("process_resident_memory_bytes", .gauge, unit: "bytes", "Memory in use.")
        .adding(facts.residentBytes),
      MetricFamily("process_open_fds", .gauge, "Open descriptors.").adding(facts.openDescriptors),
      MetricFamily("process_max_fds", .gauge, "Descriptors that may be open at a time.")
        .adding(facts.descriptorsMax),
      MetricFamily(
        "process_start_time_seconds", .gauge, unit: "seconds",
        "When the process began, in seconds since 1970."
      ).adding(facts.startedAt),
      MetricFamily("bridge_build_info", .gauge, "Always 1; the label has the version.")
        .adding(1, MetricFamily.Label("version", BridgeVersion.current)),
    ]
  }

  private static func label(qos: UInt8) -> MetricFamily.Label {
    MetricFamily.Label("qos", "\(qos)")
  }

  /// The observations of the client library in the buckets of the bridge.
  private static func distribution(_ histogram: LatencyHistogram?) -> Distribution {
    let histogram = histogram ?? LatencyHistogram()
    return Distribution(
      bounds: Histogram.seconds,
      cumulative: Histogram.seconds.map { bound in
        Int(clamping: histogram.count(atMost: .nanoseconds(Int64((bound * 1e9).rounded()))))
      },
      count: Int(clamping: histogram.count), sum: histogram.sum / .seconds(1))
  }

  static func word(for kind: ConnectionFailure.Kind) -> String {
    switch kind {
    case .nameNotResolved: "name_not_resolved"
    case .unreachable: "unreachable"
    case .tls: "tls"
    case .handshakeRefused: "handshake_refused"
    case .refused: "refused"
    case .authenticationFailed: "authentication_failed"
    case .closedByBroker: "closed_by_broker"
    case .connectionLost: "connection_lost"
    case .protocolViolation: "protocol_violation"
    case .connectTimeout: "connect_timeout"
    case .pingTimeout: "ping_timeout"
    case .acknowledgementTimeout: "acknowledgement_timeout"
    case .writeStalled: "write_stalled"
    case .local: "local"
    }
  }
}
