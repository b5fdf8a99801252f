import DequeModule

/// The QoS 1 and QoS 2 publishes that the broker has not finished acknowledging.
///
///     waiting ─▶ sending ─▶ awaitingAck ──PUBACK──▶ finished
///                        ─▶ awaitingReceived ──PUBREC──▶ recording ──recorded──▶ awaitingComplete
///                                                        awaitingComplete ──PUBCOMP──▶ finished
///
/// At most the window of publishes are between `sending` and `finished`; the others wait in order.
/// When the link is lost, what was sent goes back to `sending` in its old order and with its packet
/// identifier, and a QoS 2 message past PUBREC keeps waiting to be released.
struct OutgoingPublishes: ~Copyable {
  struct Waiting {
    let request: PublishRequest
    let acceptedAt: Duration
  }

  let version: ProtocolVersion
  let recordsReceived: Bool
  let windowMaximum: Int
  let queueMaximum: Int
  let acknowledgementTimeout: Duration

  var table = PublishTable()
  var waiting = Deque<Waiting>()
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
  /// Nil while there is no link.
  var limits: BrokerLimits?
  /// The broker has begun a new session since this value was made.
  var wasSessionLost = false
  var nextSequence: UInt64 = 0
  /// Acknowledgements that matched nothing; they change nothing.
  var strayCount = 0

  init(_ options: borrowing SessionOptions) {
    version = options.version
    recordsReceived = options.recordsReceived
    windowMaximum = max(1, options.inflightMaximum)
    queueMaximum = max(0, options.queuedPublishesMaximum)
    acknowledgementTimeout = options.acknowledgementTimeout
  }

  var waitingCount: Int { waiting.count }
  var inFlightCount: Int { table.count }

  private var hasRoom: Bool {
    guard let limits else { return false }
    let used = unacknowledged.count + received.count + released.count
    return used < min(windowMaximum, limits.receiveMaximum)
  }

  var nextDeadline: Duration? {
    guard limits != nil else { return nil }
    let ack = unacknowledged.first.map { table[$0].sentAt }
    let complete = released.first.map { table[$0].sentAt }
    return Duration.earlier(ack, complete).map { $0 + acknowledgementTimeout }
  }

  /// QoS 1 and 2 only.
  mutating func publish(
    _ request: PublishRequest, at now: Duration, _ actions: inout [SessionAction]
  ) {
    guard waiting.count < queueMaximum else {
      return actions.append(.finished(request.key, .notSent(.queueFull)))
    }
    waiting.append(Waiting(request: request, acceptedAt: now))
  }

  /// Takes back a publish that nobody ever tried to send.
  mutating func cancel(key: UInt64, _ actions: inout [SessionAction]) {
    let found = waiting.firstIndex { $0.request.key == key && $0.request.progress == .new }
    guard let found else { return }
    waiting.remove(at: found)
    actions.append(.finished(key, .cancelled))
  }

  /// Sends what the window and the packet identifiers allow, the oldest first.
  mutating func pump(
    _ ids: inout PacketIDs, at now: Duration, _ actions: inout [SessionAction]
  ) {
    while hasRoom, let slot = sending.first { send(slot, &ids, at: now, &actions) }
    while hasRoom, sending.isEmpty, let head = waiting.first {
      guard admit(head, &ids, at: now, &actions) else { return }
      waiting.removeFirst()
    }
  }

  /// False if the publish, and with it all behind it, must wait for its packet identifier.
  private mutating func admit(
    _ head: Waiting, _ ids: inout PacketIDs, at now: Duration, _ actions: inout [SessionAction]
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
      sequence: nextSequence)
    nextSequence += 1
    entry.publish.packetID = id
    if version == .v311 { entry.publish.properties = Publish.Properties() }
    let wasSent = request.progress != .new
    // Without its old identifier, or in a new session, the broker cannot know it as a repetition.
    entry.wasSent = wasSent && !wasSessionLost && request.packetID != nil
    entry.isUncertain = wasSent && !entry.wasSent
    let isReceived = request.progress == .received && request.publish.qos == .exactlyOnce
    if isReceived && entry.isUncertain { actions.append(.restarted(request.key)) }
    let slot = table.insert(entry)
    if isReceived && entry.wasSent {
      release(slot, at: now, &actions)
    } else {
      table.links.append(slot, to: &sending)
      send(slot, &ids, at: now, &actions)
    }
    return true
  }

  private mutating func send(
    _ slot: Int32, _ ids: inout PacketIDs, at now: Duration, _ actions: inout [SessionAction]
  ) {
    let entry = table[slot]
    table.links.remove(slot, from: &sending)
    var publish = entry.publish
    publish.isDuplicate = entry.wasSent
    var obstacle = limits.flatMap { $0.obstacle(to: publish, version: version) }
    if !publish.subtractAge(now - entry.acceptedAt), !entry.wasSent, !entry.isUncertain {
      obstacle = .expired
    }
    if let obstacle { return abandon(slot, obstacle, &ids, at: now, &actions) }
    actions.append(.send(.publish(publish)))
    if !entry.isReported { actions.append(.sent(entry.key)) }
    table[slot].isReported = true
    table[slot].wasSent = true
    table[slot].sentAt = now
    table[slot].stage = publish.qos == .atLeastOnce ? .awaitingAck : .awaitingReceived
    table.links.append(slot, to: &unacknowledged)
  }

  /// The message cannot go out, so it ends here and the link goes on. [MQTT-3.2.2-15]
  private mutating func abandon(
    _ slot: Int32, _ obstacle: PublishObstacle, _ ids: inout PacketIDs, at now: Duration,
    _ actions: inout [SessionAction]
  ) {
    let entry = table[slot]
    guard entry.wasSent, entry.publish.qos == .exactlyOnce else {
      let outcome: PublishOutcome =
        if entry.wasSent || entry.isUncertain {
          .maybeSent(obstacle)
        } else if obstacle == .expired {
          .expired
        } else {
          .notSent(obstacle)
        }
      return finish(slot, outcome, &ids, &actions)
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
    let entry = table[slot]
    table.remove(slot)
    ids.release(entry.packetID)
    actions.append(.finished(entry.key, outcome))
  }
}
