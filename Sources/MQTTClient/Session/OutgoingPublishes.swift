/// The publishes that have not ended: those that wait, and those of QoS 1 and 2 that the broker has
/// not finished acknowledging.
///
///     waiting ─▶ sending ─▶ awaitingAck ──PUBACK──▶ finished
///                        ─▶ awaitingReceived ──PUBREC──▶ recording ──recorded──▶ awaitingComplete
///                                                        awaitingComplete ──PUBCOMP──▶ finished
///     waiting ─▶ given to the link (QoS 0), whose word on the outcome it is
///
/// At most the window of publishes are between `sending` and `finished`; the others wait in order.
/// When the link is lost, what was sent goes back to `sending` in its old order and with its packet
/// identifier, and a QoS 2 message past PUBREC keeps waiting to be released.
struct OutgoingPublishes: ~Copyable {
  let version: ProtocolVersion
  let recordsReceived: Bool
  let windowMaximum: Int
  let queueMaximum: Int
  let acknowledgementTimeout: Duration
  let delivery: DeliveryOptions

  var table = PublishTable()
  var waiting: WaitingPublishes
  /// These wait to go out on this link, in their original order.
  var sending = SlotList()
  /// PUBLISH is out, in the order of sending.
  var unacknowledged = SlotList()
  /// PUBREC is in, and PUBREL is not out, in the order of the PUBRECs.
  var received = SlotList()
  /// PUBREL is out or has to be, in the order of the PUBRECs. [MQTT-4.6.0-4]
  var released = SlotList()
  /// Where the publishes are whose PUBREC the application records.
  var recordingSlots: [UInt64: Int32] = [:]
  /// Where the publishes are whose new beginning the application records.
  var restartingSlots: [UInt64: Int32] = [:]
  var deadlines = PublishDeadlines()
  /// Where the publishes in flight are that have a deadline, by their numbers.
  var deadlineSlots: [UInt64: Int32] = [:]
  /// Nil while there is no link.
  var limits: BrokerLimits?
  var aliases: OutgoingTopicAliases
  /// The topics that callers gave to their own aliases.
  var callersTopics: [UInt16: String] = [:]
  var throttle: Throttle
  var replayThrottle: Throttle
  /// When a publish that the rate holds back may leave.
  var throttledUntil: Duration?
  var poison = PoisonWatch()
  /// The broker has begun a new session since this value was made.
  var wasSessionLost = false
  var nextSequence: UInt64 = 0
  var nextNumber: UInt64 = 0
  /// Acknowledgements that matched nothing; they change nothing.
  var strayCount = 0

  init(_ options: borrowing SessionOptions) {
    version = options.version
    recordsReceived = options.recordsReceived
    windowMaximum = max(1, options.inflightMaximum)
    queueMaximum = max(0, options.queuedPublishesMaximum)
    acknowledgementTimeout = options.acknowledgementTimeout
    delivery = options.delivery
    waiting = WaitingPublishes(weights: options.delivery.lanes.map(\.weight))
    aliases = OutgoingTopicAliases(.disabled, maximum: 0)
    throttle = Throttle(options.delivery.rate)
    replayThrottle = Throttle(options.delivery.replayRate)
  }

  var waitingCount: Int { waiting.count }
  var inFlightCount: Int { table.count }

  var hasRoom: Bool {
    guard let receiveMaximum = limits?.receiveMaximum else { return false }
    let used = unacknowledged.count + received.count + released.count
    if isCareful { return used == 0 && !poison.owesAnswers }
    return used < min(windowMaximum, receiveMaximum)
  }

  /// When the broker is late with an acknowledgement.
  var nextDeadline: Duration? {
    guard limits != nil else { return nil }
    let ack = unacknowledged.first.map { table[$0].sentAt }
    let complete = released.first.map { table[$0].sentAt }
    return Duration.earlier(ack, complete).map { $0 + acknowledgementTimeout }
  }

  /// Sends what the window, the rate and the packet identifiers allow, the oldest first.
  mutating func pump(
    _ ids: inout PacketIDs, at now: Duration, _ actions: inout [SessionAction]
  ) {
    throttledUntil = nil
    guard limits != nil else { return }
    while hasRoom, let slot = sending.first, !table[slot].awaitsRestart {
      guard passes(isReplay: true, at: now) else { return }
      send(slot, &ids, at: now, &actions)
    }
    var mayBeInFlight = true
    while let slot = waiting.next(hasRoom: mayBeInFlight && hasRoom && sending.isEmpty) {
      guard passes(isReplay: false, at: now) else { return }
      if start(waiting[slot], &ids, at: now, &actions) {
        _ = waiting.take(slot)
      } else {
        mayBeInFlight = false
      }
    }
  }

  /// Whether the rates let a publish through now; remembers until when they do not.
  private mutating func passes(isReplay: Bool, at now: Duration) -> Bool {
    let isHeld = isReplay && !replayThrottle.allows(at: now)
    guard isHeld || !throttle.allows(at: now) else { return true }
    throttledUntil = max(throttle.nextTime, isHeld ? replayThrottle.nextTime : .zero)
    return false
  }

  /// Changes how fast publishes leave from now on.
  mutating func changeRate(_ rate: PublishRate) { throttle = Throttle(rate) }

  /// False if the publish must wait for its packet identifier, and with it all but QoS 0.
  ///
  /// One that `isJudged` just passed the check against the broker's limits.
  mutating func start(
    _ head: WaitingPublishes.Entry, isJudged: Bool = false, _ ids: inout PacketIDs,
    at now: Duration, _ actions: inout [SessionAction]
  ) -> Bool {
    guard head.request.publish.qos == .atMostOnce else {
      return admit(head, isJudged, &ids, at: now, &actions)
    }
    var publish = head.request.publish
    publish.packetID = nil
    publish.isDuplicate = false
    let key = head.request.key
    if !isJudged, let obstacle = limits?.obstacle(to: publish, version: version) {
      actions.append(.finished(key, .notSent(obstacle)))
    } else if !publish.subtractAge(now - head.acceptedAt) {
      actions.append(.finished(key, .expired))
    } else {
      makeWireForm(&publish, isReplay: false, at: now)
      poison.sentCompany()
      actions.append(.sendOnce(key, publish))
      actions.append(.sent(key))
    }
    return true
  }

  private mutating func admit(
    _ head: WaitingPublishes.Entry, _ isJudged: Bool, _ ids: inout PacketIDs, at now: Duration,
    _ actions: inout [SessionAction]
  ) -> Bool {
    let request = head.request
    var id = request.packetID
    if let id {
      guard ids.claim(id) else { return false }
    } else {
      id = ids.allocate()
    }
    guard let id else { return false }
    var entry = PublishEntry(
      key: request.key, packetID: id, publish: request.publish, acceptedAt: head.acceptedAt,
      number: head.number, hasDeadline: request.deadline != nil, sequence: nextSequence)
    nextSequence += 1
    entry.publish.packetID = id
    entry.isAnswered = head.isAnswered
    let wasSent = request.progress != .new
    // Without its old identifier, or in a new session, the broker cannot know it as a repetition.
    entry.wasSent = wasSent && !wasSessionLost && request.packetID != nil
    entry.isUncertain = wasSent && !entry.wasSent
    let isReceived = request.progress == .received && request.publish.qos == .exactlyOnce
    let slot = table.insert(entry)
    if isReceived && entry.isUncertain { restart(slot, &actions) }
    if entry.hasDeadline { deadlineSlots[entry.number] = slot }
    if isReceived && entry.wasSent {
      release(slot, at: now, &actions)
    } else {
      table.links.append(slot, to: &sending)
      if !table[slot].awaitsRestart { send(slot, isJudged: isJudged, &ids, at: now, &actions) }
    }
    return true
  }

  /// A publish past PUBREC begins again, because the broker has forgotten it.
  ///
  /// Where the application records PUBREC, PUBLISH waits until it has recorded this too:
  ///   1. PUBREC is on the disk, and the broker has lost the session, 2. PUBLISH goes out, and the
  ///   process dies before the broker reads it, 3. the next process finds PUBREC on the disk and a
  ///   session at the broker, so it sends PUBREL, and the message is lost.
  mutating func restart(_ slot: Int32, _ actions: inout [SessionAction]) {
    let key = table[slot].key
    actions.append(.restarted(key))
    guard recordsReceived else { return }
    table[slot].awaitsRestart = true
    restartingSlots[key] = slot
  }

  private mutating func send(
    _ slot: Int32, isJudged: Bool = false, _ ids: inout PacketIDs, at now: Duration,
    _ actions: inout [SessionAction]
  ) {
    table.links.remove(slot, from: &sending)
    let (wasSent, isUncertain) = (table[slot].wasSent, table[slot].isUncertain)
    var publish = table[slot].publish
    publish.isDuplicate = wasSent
    var obstacle = table[slot].verdict
    if obstacle == nil, !isJudged { obstacle = limits?.obstacle(to: publish, version: version) }
    if isUncertain, !wasSent, delivery.sessionLoss == .report {
      obstacle = .sessionLost
    }
    if !publish.subtractAge(now - table[slot].acceptedAt), !wasSent, !isUncertain {
      obstacle = .expired
    }
    if let obstacle { return abandon(slot, obstacle, &ids, at: now, &actions) }
    let qos = publish.qos
    makeWireForm(&publish, isReplay: wasSent, at: now)
    actions.append(.send(.publish(publish)))
    if !table[slot].isReported { actions.append(.sent(table[slot].key)) }
    table[slot].isReported = true
    table[slot].wasSent = true
    table[slot].sentAt = now
    table[slot].stage = qos == .atLeastOnce ? .awaitingAck : .awaitingReceived
    table.links.append(slot, to: &unacknowledged)
    poison.sentSuspect()
  }

  /// Makes the message as it goes on the wire of this link; the rates are charged for it.
  private mutating func makeWireForm(
    _ packet: inout Publish, isReplay: Bool, at now: Duration
  ) {
    if version == .v311 {
      if !packet.properties.isEmpty { packet.properties = Publish.Properties() }
    } else if let maximum = limits?.maximumPacketSize {
      aliases.apply(to: &packet) { $0.size(.v5) <= maximum }
    }
    let bytes = throttle.countsBytes || replayThrottle.countsBytes ? packet.size(version) : 0
    if !throttle.isUnlimited { throttle.charge(bytes: bytes, at: now) }
    if isReplay, !replayThrottle.isUnlimited { replayThrottle.charge(bytes: bytes, at: now) }
  }

  /// The message cannot go out, so it ends here and the link goes on. [MQTT-3.2.2-15]
  private mutating func abandon(
    _ slot: Int32, _ obstacle: PublishObstacle, _ ids: inout PacketIDs, at now: Duration,
    _ actions: inout [SessionAction]
  ) {
    let entry = table[slot]
    guard entry.wasSent, entry.publish.qos == .exactlyOnce else {
      return finish(slot, entry.outcome(of: obstacle), &ids, &actions)
    }
    // The broker may hold the identifier. PUBREL makes it let go, whether it does or not.
    table[slot].obstacle = obstacle
    release(slot, at: now, &actions)
  }

  /// Sends PUBREL for a slot that is in no list.
  mutating func release(_ slot: Int32, at now: Duration, _ actions: inout [SessionAction]) {
    table[slot].stage = .awaitingComplete
    table.links.append(slot, to: &released)
    sendRelease(slot, at: now, &actions)
  }

  mutating func sendRelease(_ slot: Int32, at now: Duration, _ actions: inout [SessionAction]) {
    guard limits != nil else { return }
    table[slot].sentAt = now
    actions.append(.send(.publishRelease(PublishReply(table[slot].packetID))))
  }

  /// Ends a slot that is in no list, and frees its packet identifier.
  mutating func finish(
    _ slot: Int32, _ outcome: PublishOutcome, _ ids: inout PacketIDs,
    _ actions: inout [SessionAction]
  ) {
    let key = table[slot].key
    ids.release(table[slot].packetID)
    if table[slot].hasDeadline { deadlineSlots[table[slot].number] = nil }
    if table[slot].awaitsRestart { restartingSlots[key] = nil }
    actions.append(table[slot].isAnswered ? .settled(key) : .finished(key, outcome))
    table.remove(slot)
  }
}
