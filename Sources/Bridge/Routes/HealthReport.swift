import EventLoop
import HTTPFront
import MQTTClient
import Store

/// The state of the bridge as `GET /healthz` tells it.
struct HealthReport: Sendable {
  private var configuration: BridgeConfiguration { wiring.live.value }
  private let wiring: Wiring
  private let startedAt = MonotonicClock.now()

  init(_ configuration: BridgeConfiguration, _ wiring: Wiring) {
    self.wiring = wiring
  }

  /// Empty while the bridge can store publishes; the broker counts only when configured so.
  var reasonsNotReady: [String] {
    var reasons: [String] = []
    if wiring.isDraining { reasons.append("draining") }
    if wiring.desk?.hasNoKeySet == true { reasons.append("the keys of jwks_url have not come yet") }
    if let failure = wiring.store?.statistics.failure { reasons.append("store: \(failure)") }
    let broker = wiring.status.snapshot
    if configuration.readyRequiresBroker, !broker.isConnected {
      reasons.append("broker is not connected" + (broker.lastError.map { ": \($0)" } ?? ""))
    }
    return reasons
  }

  /// The same in one line.
  var line: String {
    let reasons = reasonsNotReady
    guard reasons.isEmpty else { return "not ready: " + reasons.joined(separator: "; ") }
    let broker = wiring.status.snapshot
    if broker.isConnected { return "ready, broker connected" }
    return "ready, broker away" + (broker.lastError.map { ": \($0)" } ?? "")
  }

  var json: JSONValue {
    let uptime = MonotonicClock.now() - startedAt
    return .object([
      .init("version", .string(BridgeVersion.current)),
      .init("uptime_seconds", .integer(Int(uptime.components.seconds))),
      .init("epoch", .string(wiring.store?.epoch ?? "")),
      .init("ready", .boolean(reasonsNotReady.isEmpty)),
      .init("broker", broker),
      .init("store", store),
      .init("streams", streams),
      .init("webhooks", .array((wiring.webhooks?.statuses ?? []).map(\.json))),
    ])
  }

  private var broker: JSONValue {
    let status = wiring.status.snapshot
    var members: [JSONValue.Member] = [
      .init("state", .string(status.isConnected ? "connected" : "disconnected")),
      .init("url", .string(configuration.mqtt.broker.description)),
      .init("protocol", .string(configuration.mqtt.version == .v5 ? "5" : "3.1.1")),
      .init("reconnects", .integer(status.reconnects)),
      .init("uncertain_publishes", .integer(status.uncertainPublishes)),
      .init("late_replies", .integer(wiring.requests?.lateReplies ?? 0)),
    ]
    if let error = status.lastError { members.append(.init("last_error", .string(error))) }
    guard let limits = status.limits else { return .object(members) }
    members.append(.init("session_present", .boolean(limits.sessionPresent)))
    members.append(
      .init(
        "limits",
        .object([
          .init("maximum_qos", .integer(Int(limits.maximumQoS.rawValue))),
          .init("retain_available", .boolean(limits.retainAvailable)),
          .init("maximum_packet_size", .integer(limits.maximumPacketSize)),
          .init("receive_maximum", .integer(limits.receiveMaximum)),
        ])))
    return .object(members)
  }

  private var store: JSONValue {
    guard let statistics = wiring.store?.statistics else { return .object([]) }
    var members: [JSONValue.Member] = [
      .init("queue", .integer(statistics.outboxMessages)),
      .init("bytes", .integer(statistics.outboxBytes)),
      .init("inflight", .integer(statistics.fedMessages)),
      .init("wal_bytes", .integer(statistics.walBytes)),
      .init("commits", .integer(statistics.commits)),
      .init("last_commit_ms", .integer(Int(statistics.lastCommitDuration / .milliseconds(1)))),
    ]
    members += [
      .init("dead_letters", .integer(statistics.deadLetters.messages)),
      .init("dead_letter_bytes", .integer(statistics.deadLetters.bytes)),
      .init("dead_letters_dropped", .integer(statistics.deadLetters.dropped)),
    ]
    if let oldest = statistics.oldestStoredAt {
      members.append(
        .init("oldest_stored_at", .string(Timestamp(milliseconds: oldest).description)))
    }
    if let failure = statistics.failure {
      members.append(.init("failure", .string(failure.description)))
    }
    return .object(members)
  }

  private var streams: JSONValue {
    guard let server = wiring.server else { return .object([]) }
    let shards = (0..<server.shardCount).map { server.statistics(ofShard: $0) }
    return .object([
      .init("open", .integer(shards.reduce(0) { $0 + $1.streams })),
      .init("behind", .integer(shards.reduce(0) { $0 + $1.laggingStreams })),
      .init("gaps", .integer(shards.reduce(0) { $0 + $1.gapsTotal })),
      .init("ring_bytes", .integer(shards.reduce(0) { $0 + $1.ringBytes })),
    ])
  }
}
