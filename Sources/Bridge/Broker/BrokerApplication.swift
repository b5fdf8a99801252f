import EventLoop
import HTTPFront
import MQTTClient
import Metrics
import Store

/// The bridge's part on the mqtt thread: messages out of the outbox, messages into the streams.
///
/// A translator: events of the link and messages of other threads become inputs of the outbox
/// consumer and the hub, and their actions become calls.
final class BrokerApplication: LinkApplication {
  private let configuration: BridgeConfiguration
  private let wiring: Wiring
  private let publisher: Publisher
  private let observer: Observer
  private var outbox: OutboxConsumer
  private var outboxActions: [OutboxConsumer.Action] = []
  private var hub: StreamHub
  private var hubActions: [StreamHub.Action] = []
  private let inbound: BrokerInbound
  private var wasUp = false

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ publisher: Publisher,
    _ observer: Observer, _ log: EventLogParts
  ) {
    self.configuration = configuration
    self.wiring = wiring
    self.publisher = publisher
    self.observer = observer
    outbox = OutboxConsumer(holdsUncertain: configuration.publishing.uncertain == .hold)
    hub = StreamHub(linger: configuration.streams.unsubscribeLinger)
    inbound = BrokerInbound(configuration, wiring, log)
  }

  var nextDeadline: Duration? {
    [hub.nextDeadline, inbound.nextDeadline].compactMap(\.self).min()
  }

  func handle(_ message: BrokerMessage, _ link: LinkContext) {
    let now = WallClock.milliseconds()
    switch message {
    case .feed(let rows): outbox.fed(rows, at: now, &outboxActions)
    case .advanced(let sequences): outbox.advanced(sequences, &outboxActions)
    case .publish(let publish, let id): outbox.publish(publish, id, &outboxActions)
    case .promise(let publish, let acceptedAt):
      outbox.promise(publish, acceptedAt: acceptedAt, &outboxActions)
    case .openStream(let request): hub.opened(request, &hubActions)
    case .changeStream(let change): hub.change(change, at: link.now, &hubActions)
    case .closeStream(let id):
      hub.closed(id, at: link.now, &hubActions)
      inbound.closed(id)
    case .restore(let remembered):
      inbound.restored(remembered)
      hub.restored(remembered, at: link.now) { [inbound] in inbound.isCovered($0) }
    case .logged, .forgotten, .receiptsForgotten, .storeFailing, .streamLagged, .joinLive, .wake:
      inbound.handle(message, &hub, link)
    case .tick:
      wiring.status.tick(at: link.now)
      inbound.tick()
    }
    run(link)
  }

  func received(_ event: LinkEvent, _ link: LinkContext) {
    let now = WallClock.milliseconds()
    switch event {
    case .delivered(let publish, let token): inbound.delivered(publish, token, hub, link)
    case .released(let id): wiring.store?.forget(receipt: Int64(id))
    case .sent(let key): outbox.sent(key, &outboxActions)
    case .received(let key): outbox.received(key, &outboxActions)
    case .restarted(let key): outbox.restarted(key, &outboxActions)
    case .finished(let key, let outcome):
      outbox.finished(key, outcome, at: now, &outboxActions)
    case .subscribed(let key, let codes, _):
      let identifier = SubscriptionIdentifier(wire: UInt32(truncatingIfNeeded: key))
      hub.subscribed(identifier, codes.first ?? .unspecifiedError, &hubActions)
    case .unsubscribed(let key, _, _):
      hub.unsubscribed(slot: Int(key & ~Self.unsubscribeKey), &hubActions)
    case .subscriptionLost(let filter, let reasonCode): lost(filter, reasonCode)
    case .receiveMaximumExceeded(let excess, let maximum):
      observer.receiveMaximumExceeded(by: excess, maximum: maximum)
    case .up(let ack): up(ack, link, at: now)
    case .down(let reason, let detail, let retryIn):
      outbox.linkDown()
      let failure = ConnectionFailure(reason, detail: detail)
      let text = failure.description + advice(on: failure)
      wiring.status.down(text)
      observer.brokerDown(reason: text, retryIn: retryIn)
    case .connecting(let attempt):
      LoopThread.takeShortTurns()
      observer.brokerAttempt(attempt)
    case .authentication(let event): observer.authentication(event)
    case .referred(let request): observer.brokerReferred(to: request.references)
    case .redirected(let target): observer.brokerRedirected(to: target?.references ?? [])
    // Answers to requests that the bridge does not make.
    case .reauthenticated, .drainExpired: break
    case .stopped: outbox.linkDown()
    }
    run(link)
  }

  func deadlineReached(_ link: LinkContext) {
    hub.timerFired(at: link.now, &hubActions)
    inbound.timerFired(at: link.now)
    run(link)
  }

  func turnEnded(_ link: LinkContext) { inbound.turnEnded(&hub, link) }

  private static let unsubscribeKey: UInt64 = 1 << 32

  /// What the operator can change, where we know it.
  private func advice(on failure: ConnectionFailure) -> String {
    guard configuration.mqtt.version == .v5 else { return "" }
    if failure.reasonCode == .unsupportedProtocolVersion {
      return "; for a broker without MQTT 5 set mqtt_version to 3.1.1"
    }
    // Some say no by closing.
    guard !wasUp, failure.kind == .connectionLost else { return "" }
    return "; if it does not speak MQTT 5, set mqtt_version to 3.1.1"
  }

  private func up(_ ack: ConnectAck, _ link: LinkContext, at now: Int64) {
    wiring.status.up(link.limits)
    observer.brokerUp(sessionPresent: ack.sessionPresent)
    hub.usesIdentifiers = link.limits?.subscriptionIdentifiersAvailable ?? false
    if !wasUp, !ack.sessionPresent {
      hub.restoredLost(&hubActions)
    }
    inbound.connected(
      isFirst: !wasUp, sessionPresent: ack.sessionPresent, hasFilters: hub.filterCount > 0)
    if wasUp, !ack.sessionPresent { askForLastValues(link) }
    wasUp = true
    outbox.linkUp(at: now, &outboxActions)
  }

  /// What changed while the broker had no session for us can only be seen in retained messages.
  private func askForLastValues(_ link: LinkContext) {
    guard let hold = TopicValues.hold(configuration.lastValues) else { return }
    hub.closed(hold.stream, at: link.now, &hubActions)
    hub.opened(hold, &hubActions)
  }

  private func lost(_ filter: String, _ reasonCode: ReasonCode) {
    inbound.send(to: hub.targets(ofFilter: filter)) {
      StreamFrames.error(filter: filter, reasonCode, as: $0)
    }
    hub.lost(filter: filter, &hubActions)
  }

  private func run(_ link: LinkContext) {
    for action in outboxActions { run(action, link) }
    outbox.takeEnds { qos, end in wiring.metrics.publishes(qos)[end.rawValue].add() }
    outboxActions.removeAll(keepingCapacity: true)
    while !hubActions.isEmpty {
      let todo = exchange(&hubActions, with: [])
      for action in todo { run(action, link) }
    }
    inbound.actionsEnded()
  }

  private func run(_ action: OutboxConsumer.Action, _ link: LinkContext) {
    switch action {
    case .publish(let request): link.publish(request)
    case .advance(let sequence, let phase):
      wiring.store?.advance(sequence: sequence, phase: phase.rawValue)
    case .releaseRecorded(let key): link.receivedRecorded(key: key)
    case .restartRecorded(let key): link.restartRecorded(key: key)
    case .sent(let id): publisher.sent(id)
    case .received(let id): publisher.received(id)
    case .finished(let id, let sequence, let outcome):
      if outcome.isUncertain { wiring.status.countUncertain() }
      let ending = publisher.finished(id, outcome)
      wiring.store?.finish(sequence: sequence, outcome: outcome.stored, ending: ending)
    case .handedOver(let id): _ = publisher.finished(id, MessageOutcome(state: .sent))
    case .notSent(let id): publisher.notSent(id)
    }
  }

  private func run(_ action: StreamHub.Action, _ link: LinkContext) {
    switch action {
    case .subscribe(let identifier, let subscription):
      if inbound.cancelUnsubscribe(of: subscription.filter) {
        hub.unsubscribeCancelled(slot: identifier.slot, &hubActions)
      }
      var subscription = subscription
      // MQTT 3.1.1 cannot ask for it: the retained messages come, and find nobody who wants them.
      if configuration.mqtt.version == .v311 { subscription.retainHandling = .send }
      link.subscribe(
        SubscribeRequest(
          key: UInt64(identifier.wire), subscriptions: [subscription],
          subscriptionIdentifier: identifier.wire))
    case .unsubscribe(let slot, let filter):
      let key = Self.unsubscribeKey | UInt64(slot)
      guard !inbound.delaysUnsubscribe(of: filter, key: key) else { return }
      link.unsubscribe(key: key, filters: [filter])
    case .remember(let remembered): wiring.store?.record(name: remembered.name)
    case .forget(let remembered): wiring.store?.forget(name: remembered.name)
    case .changed(let changed):
      let id = changed.request.stream
      if changed.start == .live {
        hub.raiseFloors(of: id, changed.added, to: inbound.position.sequence)
      }
      inbound.run(action)
    default: inbound.run(action)
    }
  }
}
