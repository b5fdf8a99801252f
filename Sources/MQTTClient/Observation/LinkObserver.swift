import EventLoop

/// Counts and times what happens on one link, on the link's thread.
///
/// It sees every packet and every action of the session, and changes nothing. What it has seen is
/// shared with other threads once per wake-up.
final class LinkObserver {
  private enum Timing { case acknowledgedQoS1, acknowledgedQoS2, acknowledging, connecting }

  /// So many times may wait to be shared before they are shared within the wake-up.
  private static let timesMax = 1024

  private let observations: LinkObservations
  private let trace: PacketTrace?
  private var counters = ClientMetrics.Counters()
  private var times: [(Timing, UInt64)] = []
  private var published = PacketTimes()
  private var received = PacketTimes()
  private var time = Duration.zero
  private var now: UInt64 = 0
  private var attemptSince: UInt64 = 0
  /// A message of QoS 1 or 2 came in, and the session has not said what becomes of it.
  private var isDeliveryOpen = false

  init(_ observations: LinkObservations, trace: PacketTrace?) {
    self.observations = observations
    self.trace = trace
  }

  /// A wake-up begins.
  func turnBegan(at now: Duration) {
    time = now
    self.now = now.wholeMicroseconds
  }

  func wantsPublish(_ qos: QoS) { counters.publishes.add(qos) }

  /// An attempt to connect begins, the first since the last connection being number 1.
  func attemptBegan(_ number: Int) {
    counters.connectionAttempts &+= 1
    attemptSince = now
    observations.update { shared in
      shared.diagnostics.state = .connecting
      shared.diagnostics.attempt = number
    }
  }

  /// The transport carries packets from now on.
  func opened(_ tls: TLSDetails?) {
    observations.update { $0.diagnostics.tls = tls }
  }

  func up(_ info: ConnectionInfo) {
    counters.connections &+= 1
    add(.connecting, now &- attemptSince)
    let since = time
    observations.update { shared in
      shared.diagnostics.state = .connected(info)
      shared.since = since
    }
  }

  func down(_ failure: ConnectionFailure) {
    isDeliveryOpen = false
    counters.connectionFailures.add(failure.kind)
    received.removeAll()
    let since = time
    observations.update { shared in
      shared.diagnostics.state = .disconnected(failure)
      shared.diagnostics.lastFailure = failure
      shared.since = since
    }
  }

  func stopped() {
    observations.update { $0.diagnostics.state = .stopped }
  }

  func sent(_ packet: Packet, size: Int) {
    counters.packetsSent.add(packet.type, bytes: size)
    switch packet {
    case .publish(let publish): sent(publish)
    case .publishAck(let reply), .publishReceived(let reply):
      if let since = received.take(reply.packetID) { add(.acknowledging, now &- since) }
    case .connect, .connectAck, .publishRelease, .publishComplete, .subscribe, .subscribeAck,
      .unsubscribe, .unsubscribeAck, .pingRequest, .pingResponse, .disconnect, .auth:
      break
    }
    if let trace { record(packet, .sent, size, trace) }
  }

  private func sent(_ publish: Publish) {
    if publish.topic.isEmpty { counters.aliasHitsSent &+= 1 }
    guard let id = publish.packetID else { return }
    if publish.isDuplicate {
      counters.retransmissions &+= 1
      published.setIfAbsent(id, to: now)
    } else {
      published.set(id, to: now)
    }
  }

  func received(_ packet: Packet, size: Int) {
    closeDelivery()
    counters.packetsReceived.add(packet.type, bytes: size)
    switch packet {
    case .publish(let publish):
      if publish.topic.isEmpty { counters.aliasHitsReceived &+= 1 }
      if let id = publish.packetID {
        isDeliveryOpen = true
        received.setIfAbsent(id, to: now)
      }
    case .publishAck(let reply): finished(reply.packetID, .acknowledgedQoS1)
    case .publishComplete(let reply): finished(reply.packetID, .acknowledgedQoS2)
    case .publishReceived(let reply):
      if reply.reasonCode.isFailure { finished(reply.packetID, .acknowledgedQoS2) }
    case .connect, .connectAck, .publishRelease, .subscribe, .subscribeAck, .unsubscribe,
      .unsubscribeAck, .pingRequest, .pingResponse, .disconnect, .auth:
      break
    }
    if let trace { record(packet, .received, size, trace) }
  }

  func delivered(_ qos: QoS) {
    isDeliveryOpen = false
    counters.deliveries.add(qos)
  }

  func dropped(_ count: Int) { counters.deliveriesDropped &+= UInt64(clamping: count) }

  func finished(_ outcome: PublishOutcome) { counters.publishOutcomes.add(outcome) }

  /// The wake-up ends: what it brought becomes visible.
  func turnEnded(_ gauges: ClientMetrics.Gauges, _ counts: SessionCounts) {
    closeDelivery()
    counters.strayAcknowledgements = UInt64(clamping: counts.strayAcknowledgements)
    counters.deliveriesBeyondReceiveMaximum = UInt64(
      clamping: counts.deliveriesBeyondReceiveMaximum)
    share(gauges)
  }

  private func finished(_ id: PacketID, _ timing: Timing) {
    if let since = published.take(id) { add(timing, now &- since) }
  }

  /// A message of QoS 1 or 2 that was not delivered was known already.
  private func closeDelivery() {
    if isDeliveryOpen { counters.duplicatesSuppressed &+= 1 }
    isDeliveryOpen = false
  }

  private func add(_ timing: Timing, _ time: UInt64) {
    times.append((timing, time))
    if times.count == Self.timesMax { share() }
  }

  private func share(_ gauges: ClientMetrics.Gauges? = nil) {
    let counters = counters
    var times = exchange(&times, with: [])
    observations.update { shared in
      shared.metrics.counters = counters
      if let gauges { shared.metrics.gauges = gauges }
      for (timing, time) in times {
        switch timing {
        case .acknowledgedQoS1: shared.metrics.acknowledgementTimeQoS1.record(microseconds: time)
        case .acknowledgedQoS2: shared.metrics.acknowledgementTimeQoS2.record(microseconds: time)
        case .acknowledging: shared.metrics.receiveToAcknowledge.record(microseconds: time)
        case .connecting: shared.metrics.connectTime.record(microseconds: time)
        }
      }
    }
    times.removeAll(keepingCapacity: true)
    self.times = times
  }

  private func record(
    _ packet: Packet, _ direction: PacketTrace.Direction, _ size: Int, _ trace: PacketTrace
  ) {
    counters.packetsTraced &+= 1
    trace.record(packet, direction, size: size)
  }
}

extension ClientMetrics.OutcomeCounts {
  fileprivate mutating func add(_ outcome: PublishOutcome) {
    switch outcome {
    case .sent: sent &+= 1
    case .acknowledged: acknowledged &+= 1
    case .rejected: rejected &+= 1
    case .expired: expired &+= 1
    case .cancelled: cancelled &+= 1
    case .notSent: notSent &+= 1
    case .maybeSent: maybeSent &+= 1
    }
  }
}
