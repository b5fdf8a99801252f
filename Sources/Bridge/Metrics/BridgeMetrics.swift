import HTTPFront
import Metrics

/// What the threads of the bridge count as they go; everything else is read when it is asked for.
final class BridgeMetrics: Sendable {
  let requests = RequestMetrics()
  let gaps = CounterSet([
    "slow", "history_expired", "no_history", "not_subscribed", "not_logged", "epoch_changed",
    "broker_session_lost", "broker_connection_lost", "bridge_restarted",
  ])
  let closedStreams = CounterSet([
    "ended", "fell_behind", "client_left", "closed_by_client", "violated", "unanswered", "stalled",
    "server_stopped", "refused",
  ])
  /// How far streams were behind when they left the live messages.
  let streamLag = Histogram(counts: Histogram.counts)
  /// From the beginning of a webhook's request to its end, however it ended.
  let webhookSeconds = Histogram()
  let idempotentReplays = Counter()
  /// How often the store began to fail.
  let storeFailures = Counter()
  private let ends = (0...2).map { _ in CounterSet(PublishEnd.allCases.map(\.rawValue)) }

  /// How the publishes of a QoS have ended.
  func publishes(_ qos: UInt8) -> CounterSet { ends[min(Int(qos), 2)] }

  static func word(for end: StreamEnd) -> String {
    switch end {
    case .ended: "ended"
    case .fellBehind: "fell_behind"
    case .clientLeft: "client_left"
    case .closedByClient: "closed_by_client"
    case .violated: "violated"
    case .unanswered: "unanswered"
    case .stalled: "stalled"
    case .serverStopped: "server_stopped"
    case .refused: "refused"
    }
  }
}

/// How a publish has ended, for the metrics.
enum PublishEnd: String, CaseIterable {
  case acked, rejected, expired, held, sent
  /// QoS 0 that nobody kept.
  case notSent = "not_sent"

  init(_ outcome: MessageOutcome) {
    self =
      switch outcome.state {
      case _ where outcome.isHeld: .held
      case .acked: .acked
      case .expired: .expired
      case .sent: .sent
      default: .rejected
      }
  }
}
