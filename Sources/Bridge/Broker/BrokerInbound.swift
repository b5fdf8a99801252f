import EventLoop
import HTTPFront
import MQTTClient
import Metrics
import Store

/// The way of messages from the broker into the event log and the streams, on the mqtt thread.
///
/// A translator between the pipeline, the hub, the store and the http threads. What one turn brings
/// is logged in one batch; a message is acknowledged when it is committed and every http thread has
/// it.
final class BrokerInbound {
  private let history: HistoryFilter
  private var lastValues: LastValueRule
  let wiring: Wiring
  let log: EventLogParts
  private var pipeline = InboundPipeline()
  var shards: ShardOutput
  private var routed: [StreamHub.Action] = []
  /// UNSUBSCRIBEs that wait until the store has noted that their filters are not covered any more.
  private var unsubscribes: [String: (key: UInt64, filter: String)] = [:]
  /// What streams must read that are about to leave their groups for it.
  var rewinds: [StreamID: [Replay.Rewind]] = [:]
  private var openingPolls = OpeningPolls()
  /// The topics of what was given out since the polls were told, and whether a gap was.
  private var movedTopics: [String] = []
  private var hasMovedAll = false
  private var toldPosition: Int64 = -1
  private var ticks = 0
  /// Whether no earlier process had anything here.
  private var isNew: Bool

  private static let ticksPerPass = 5

  init(_ configuration: BridgeConfiguration, _ wiring: Wiring, _ log: EventLogParts) {
    history = configuration.history.filter
    lastValues = LastValueRule(configuration.lastValues.kept)
    self.wiring = wiring
    self.log = log
    shards = ShardOutput(wiring, epoch: log.epoch, from: log.position.last)
    isNew = log.position.last.sequence == 0
  }

  var nextDeadline: Duration? {
    [
      shards.retryAt, log.replays.nextDeadline, log.values.nextDeadline,
      log.requests.nextDeadline, wiring.sockets?.nextDeadline,
    ].compactMap(\.self).min()
  }

  /// How far the streams have been given the event log.
  var position: LoggedEvent { shards.position }

  /// Whether an earlier process, with the session that the broker may still have, logged all of it.
  func isCovered(_ filter: TopicFilter) -> Bool { log.coverage.isCovered(filter) }

  /// An earlier process left these at the broker.
  func restored(_ remembered: [RememberedSubscription]) {
    if !remembered.isEmpty { isNew = false }
  }

  /// A message came; one that is for nobody is acknowledged at once.
  func delivered(
    _ publish: Publish, _ token: AckToken, _ hub: borrowing StreamHub, _ link: LinkContext
  ) {
    let isReply = log.requests.take(publish) { hub.isCopy(publish, ofFilter: $0) }
    guard !isReply, let arrival = hub.arrival(of: publish) else { return link.acknowledge(token) }
    pipeline.arrived(
      publish, token, arrival, keepsHistory: history.keeps(publish.topic),
      lastValue: lastValues.change(by: publish))
  }

  /// The broker accepted a connection; something may be missing from before it.
  func connected(isFirst: Bool, sessionPresent: Bool, hasFilters: Bool) {
    logBatch()
    if !sessionPresent {
      wiring.store?.forgetAllReceipts()
      lastValues.staleBefore = WallClock.milliseconds()
    }
    let gap = ConnectionGap(
      isFirst: isFirst, sessionPresent: sessionPresent, hasFilters: hasFilters, isNew: isNew)
    guard let mark = gap.mark else { return }
    pipeline.marked(mark, keepsHistory: !history.kept.filters.isEmpty)
  }

  func handle(_ message: BrokerMessage, _ hub: inout StreamHub, _ link: LinkContext) {
    switch message {
    case .logged(let events): pipeline.logged(events)
    case .receiptsForgotten(let ids):
      for id in ids { link.releasedRecorded(PacketID(truncatingIfNeeded: id)) }
    case .forgotten(let names):
      for name in names {
        guard let waiting = unsubscribes.removeValue(forKey: name) else { continue }
        link.unsubscribe(key: waiting.key, filters: [waiting.filter])
      }
    case .storeFailing(true): pipeline.storeFailing()
    case .storeFailing(false):
      pipeline.storeRecovered(keepsHistory: !history.kept.filters.isEmpty)
    case .streamLagged(let id):
      let rewinds = rewinds.removeValue(forKey: id) ?? []
      if let request = hub.leaveLive(id) { log.replays.left(request, rewinds) }
    case .joinLive(let id, let cursor):
      if log.replays.mayJoin(id), let group = hub.joinLive(id) {
        shards.join(id, group, after: cursor)
      }
    default: break
    }
  }

  /// Carries out what the hub decides beside SUBSCRIBE and UNSUBSCRIBE.
  func run(_ action: StreamHub.Action) {
    switch action {
    case .cover(let filter):
      if !history.kept.filters.isEmpty, !log.coverage.isCovered(filter) { pipeline.started() }
      logBatch()
      log.coverage.cover(filter)
      wiring.store?.record(name: CoverageTable.name(filter))
    case .uncover(let filter):
      log.coverage.uncover(filter)
      wiring.store?.forget(name: CoverageTable.name(filter))
    case .replay(let request, let opening) where request.isPoll:
      openingPolls.opened(request, opening)
    case .refuse(let stream, let opening) where log.polls.refused(stream, opening): break
    case .open(let stream, let group, let opening): shards.open(stream, group, opening)
    case .replay(let request, let opening): log.replays.begin(request, opening)
    case .held(let inquiry, let opening) where inquiry.shard == TopicValues.shard:
      log.values.granted(inquiry, opening, at: MonotonicClock.now())
    case .held(let hold, let opening) where hold.shard == Requests.shard:
      log.requests.granted(hold, opening)
    case .held(let hold, let opening) where hold.shard == BridgeWebhooks.shard:
      wiring.webhooks?.granted(hold, opening)
    case .held(let hold, let opening): log.named.granted(hold, opening)
    case .refuse(let stream, let opening): shards.refuse(stream, opening)
    case .changed(let changed): change(changed)
    default: preconditionFailure("\(action) is not for here")
    }
  }

  /// A stream is gone; it may have begun to read the log after its http thread said so.
  func closed(_ id: StreamID) {
    log.replays.closed(id)
    openingPolls.closed(id)
    rewinds[id] = nil
  }

  /// Everything that one event caused has been run.
  func actionsEnded() {
    if !openingPolls.isEmpty { openingPolls.marked(at: pipeline.end) }
  }

  /// Whether UNSUBSCRIBE must wait: after a crash the store would else say that nothing is missing.
  func delaysUnsubscribe(of filter: String, key: UInt64) -> Bool {
    guard let parsed = try? TopicFilter(filter), log.coverage.isCovered(parsed) else {
      return false
    }
    unsubscribes[CoverageTable.name(parsed)] = (key, filter)
    return true
  }

  /// Whether an UNSUBSCRIBE of the filter still waited, and is now not sent at all.
  func cancelUnsubscribe(of filter: String) -> Bool {
    guard let parsed = try? TopicFilter(filter) else { return false }
    return unsubscribes.removeValue(forKey: CoverageTable.name(parsed)) != nil
  }

  /// A frame of the bridge's own for these streams, made once for each form.
  func send(
    to targets: [StreamGroups.Target], _ makeFrame: (Representation.Form) -> Frame
  ) {
    var made: [Representation.Form: Frame] = [:]
    for target in targets {
      let form = target.representation.form
      let frame = made[form] ?? makeFrame(form)
      made[form] = frame
      shards.append(frame, target)
    }
  }

  /// Once a second: idle streams learn where they are, and idle cursors follow.
  func tick() {
    ticks += 1
    if ticks % Self.ticksPerPass == 0 { passOthers() }
    guard shards.position.sequence != toldPosition else { return }
    toldPosition = shards.position.sequence
    shards.tellPosition()
  }

  private func passOthers() {
    // Without a place among the reads, or with a sick disk, the next pass does it.
    _ = wiring.store?.read { [named = log.named, wiring] reader in
      guard let cursors = try? named.passOthers(reader) else { return }
      for (name, cursor) in cursors { wiring.store?.moveCursor(of: name, to: cursor) }
    }
  }

  func timerFired(at now: Duration) {
    log.replays.timerFired(at: now)
    log.values.timerFired(at: now)
    log.requests.timerFired(at: now)
    wiring.sockets?.timerFired(at: now)
  }

  /// Logs what came, gives out what is logged, and acknowledges what is safe.
  func turnEnded(_ hub: inout StreamHub, _ link: LinkContext) {
    logBatch()
    let hasPolls = log.polls.count > 0
    openingPolls.gaveOut(pipeline.begin, upTo: shards.position)
    while shards.retryAt == nil, let ready = pipeline.next() {
      give(ready, &hub)
      if hasPolls { note(ready) }
    }
    let isFlushed = shards.flush(at: link.now)
    if isFlushed {
      for token in shards.takeSafeTokens() { link.acknowledge(token) }
      publishPosition()
    }
    let isLeaving = wiring.isLeavingBroker
    if isLeaving { wiring.setSettledInbound(isFlushed && pipeline.count == 0) }
    let mustPause = !isFlushed || pipeline.isFull || isLeaving
    if mustPause, !link.isReadingPaused { link.pauseReading() }
    if !mustPause, link.isReadingPaused { link.resumeReading() }
  }

  private func logBatch() {
    let batch = pipeline.takeBatch()
    if !batch.isEmpty { wiring.store?.log(batch) }
  }

  /// Readers of the log may read as far as the streams have got.
  private func publishPosition() {
    if log.position.last != shards.position {
      log.position.advance(to: shards.position)
      log.replays.headMoved()
      wiring.webhooks?.headMoved()
    }
    if hasMovedAll || !movedTopics.isEmpty {
      log.polls.headMoved(movedTopics, concernsAll: hasMovedAll)
      movedTopics.removeAll(keepingCapacity: true)
      hasMovedAll = false
    }
    for entry in openingPolls.takeReady({ log.coverage.isSettled($0) }) {
      log.polls.opened(entry.request, entry.opening, at: entry.cursor)
    }
    for (stream, through) in shards.takeJoined() { log.replays.joined(stream, through: through) }
  }

  /// Remembers what the polls must be told.
  private func note(_ ready: InboundPipeline.Ready) {
    openingPolls.gaveOut(pipeline.begin, upTo: shards.position)
    guard ready.event != nil else { return }
    switch ready.content {
    case .message(let publish, _, _): movedTopics.append(publish.topic)
    case .gap: hasMovedAll = true
    case .start: break
    }
  }

  private func give(_ ready: InboundPipeline.Ready, _ hub: inout StreamHub) {
    let id = ready.event.map {
      EventID(epoch: log.epoch, sequence: $0.sequence, time: $0.time)
    }
    switch ready.content {
    case .message(let publish, let token, let arrival):
      hub.route(publish, arrival, &routed)
      append(publish, ready.event, id)
      log.values.gaveOut(publish)
      if publish.qos > .atMostOnce { shards.acknowledgeWhenFlushed(token) }
    case .gap(let mark):
      wiring.metrics.gaps[mark.reason].add()
      let before = shards.position
      let from = EventID(epoch: log.epoch, sequence: before.sequence, time: before.time)
      send(to: hub.allGroups) { form in
        let text = StreamFrames.gapText(mark, from: id == nil ? nil : from, to: id, as: form)
        return Frame(text, position: ready.event?.sequence ?? 0, as: form)
      }
    case .start: break
    }
    if let event = ready.event { shards.advance(to: event) }
  }

  /// Renders the message once for each representation that is wanted.
  private func append(_ publish: Publish, _ event: LoggedEvent?, _ id: EventID?) {
    guard !routed.isEmpty else { return }
    let receivedAt = event?.time ?? WallClock.milliseconds()
    let idText = id?.description
    var rendered: [(Representation, Frame)] = []
    func frame(_ representation: Representation) -> Frame {
      if let known = rendered.first(where: { $0.0 == representation }) { return known.1 }
      let text = MessageRenderer.render(
        publish, receivedAt: receivedAt, id: idText, as: representation)
      let frame = Frame(text, position: event?.sequence ?? 0, as: representation.form)
      rendered.append((representation, frame))
      return frame
    }
    for action in routed {
      switch action {
      case .append(let target): shards.append(frame(target.representation), target)
      case .sendRetained(let receivers, let representation):
        let inquiries = receivers.filter { $0.shard == TopicValues.shard }
        if !inquiries.isEmpty {
          log.values.retained(publish, for: inquiries, at: MonotonicClock.now())
        }
        let streams = receivers.filter { $0.shard >= 0 }
        if !streams.isEmpty { shards.send(frame(representation), to: streams) }
      default: preconditionFailure("\(action) does not come of a message")
      }
    }
    routed.removeAll(keepingCapacity: true)
  }
}
