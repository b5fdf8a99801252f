import DequeModule
import MQTTClient
import Store

/// Brings the rows of the outbox to the broker and their outcomes back.
///
///     fed ──link up──▶ publishing ──PUBREC──▶ recording ──committed──▶ releasing ──▶ finished
///      ▲                 ▲  │  ▲                  └──session lost──┐       │            ▲
///      └──not sent───────┼──┤  └──────────────────────────────────┴───────┘            │
///                        └──┤ identifier in use: once, with another one               │
///                           └──────────────────── PUBACK ─────────────────────────────┘
///
/// The packet identifier of a row is a function of its sequence, so that the same row goes out
/// under the same identifier after a crash, without a write before each send. Pure; lives on the
/// mqtt thread; bounded by what the store feeds at once.
struct OutboxConsumer: ~Copyable {
  enum Action: Equatable {
    case publish(PublishRequest)
    /// Make the phase of a row durable; `advanced` must follow.
    case advance(sequence: Int64, phase: Phase)
    /// PUBREL may go out.
    case releaseRecorded(key: UInt64)
    /// PUBLISH may go out again.
    case restartRecorded(key: UInt64)
    case sent(MessageID)
    case received(MessageID)
    case finished(MessageID, sequence: Int64, MessageOutcome)
    /// A QoS 0 message that was never stored could not be sent.
    case notSent(MessageID)
    case handedOver(MessageID)
  }

  /// How far a row is, as the store keeps it.
  enum Phase: UInt8 {
    case new = 0
    case received = 2
  }

  /// A QoS 0 message that is only in memory, and whose publisher was told that it goes out.
  private struct Promise {
    let publish: Publish
    /// In milliseconds since 1970.
    let acceptedAt: Int64
  }

  private struct Entry {
    let id: MessageID
    /// Nil for a message that is only in memory.
    let row: OutboxRow?
    var promise: Promise?
    /// The phases that the store was asked to record and has not, and the last of them.
    var recording = 0
    var phase = Phase.new
    /// The broker said that the packet identifier of the row was in use.
    var isRenamed = false
  }

  private static let memoryKey: UInt64 = 1 << 63
  /// More are not on their way at once: what the publishers may promise, and what a full socket holds.
  private static let promisesMaximum = 65_536
  /// The id of messages after which nobody asks.
  private static let nobody = MessageID(high: 0, low: 0)

  private let holdsUncertain: Bool
  private var isUp = false
  private var waiting: Deque<OutboxRow> = []
  private var entries: [UInt64: Entry] = [:]
  private var lastMemoryKey = memoryKey
  /// Promises of which a lost connection had sent no byte: they go out with the next one.
  private var unsent: Deque<Promise> = []
  /// How publishes have ended since the last time that these were taken.
  private var ends: [(qos: UInt8, end: PublishEnd)] = []

  /// With `holdsUncertain` a message that was under way when the broker lost its session ends as
  /// `MessageOutcome.held`; without it goes out again.
  init(holdsUncertain: Bool = false) { self.holdsUncertain = holdsUncertain }

  var count: Int { waiting.count + entries.count + unsent.count }

  /// The packet identifier of a row.
  static func packetID(of sequence: Int64) -> PacketID {
    let range = PacketIDs.callerRange
    return range.lowerBound + PacketID((sequence - 1) % Int64(range.count))
  }

  /// The store has committed these rows; `now` is the time of day in milliseconds.
  mutating func fed(_ rows: [OutboxRow], at now: Int64, _ actions: inout [Action]) {
    waiting.append(contentsOf: rows)
    if isUp { publishWaiting(at: now, &actions) }
  }

  /// A QoS 0 message that only this process knows.
  mutating func publish(_ publish: Publish, _ id: MessageID, _ actions: inout [Action]) {
    lastMemoryKey += 1
    entries[lastMemoryKey] = Entry(id: id, row: nil)
    actions.append(.publish(PublishRequest(key: lastMemoryKey, publish: publish)))
  }

  /// The same, where whoever published it has been told already that it goes out.
  ///
  /// So it may not get lost with a connection before that has taken it, as far as this process lives.
  mutating func promise(
    _ publish: Publish, acceptedAt: Int64, _ actions: inout [Action]
  ) {
    send(Promise(publish: publish, acceptedAt: acceptedAt), publish, &actions)
  }

  private mutating func send(
    _ promise: Promise, _ publish: Publish, _ actions: inout [Action]
  ) {
    lastMemoryKey += 1
    entries[lastMemoryKey] = Entry(id: Self.nobody, row: nil, promise: promise)
    actions.append(.publish(PublishRequest(key: lastMemoryKey, publish: publish)))
  }

  private mutating func sendPromises(at now: Int64, _ actions: inout [Action]) {
    while let promise = unsent.popFirst() {
      var publish = promise.publish
      guard Self.stillCounts(&publish, after: now - promise.acceptedAt) else {
        ends.append((0, .expired))
        continue
      }
      send(promise, publish, &actions)
    }
  }

  /// A promise that was given to the connection has ended.
  private mutating func ended(_ promise: Promise, _ outcome: PublishOutcome) {
    switch outcome {
    case .sent: ends.append((0, .sent))
    case .notSent(.linkDown) where unsent.count < Self.promisesMaximum: unsent.append(promise)
    default: ends.append((0, .notSent))
    }
  }

  mutating func linkUp(at now: Int64, _ actions: inout [Action]) {
    isUp = true
    sendPromises(at: now, &actions)
    publishWaiting(at: now, &actions)
  }

  mutating func linkDown() { isUp = false }

  /// PUBLISH is on its way.
  func sent(_ key: UInt64, _ actions: inout [Action]) {
    guard let entry = entries[key], entry.row != nil else { return }
    actions.append(.sent(entry.id))
  }

  /// PUBREC came: it must be on the disk before PUBREL goes out, or a crash between the two could
  /// send the message a second time under an identifier that the broker has forgotten.
  mutating func received(_ key: UInt64, _ actions: inout [Action]) {
    guard let entry = entries[key], entry.row != nil else { return }
    actions.append(.received(entry.id))
    advance(key, to: .received, &actions)
  }

  /// The broker forgot a message that it had received: it goes out again from the beginning, once
  /// that is on the disk.
  mutating func restarted(_ key: UInt64, _ actions: inout [Action]) {
    advance(key, to: .new, &actions)
  }

  private mutating func advance(_ key: UInt64, to phase: Phase, _ actions: inout [Action]) {
    guard let row = entries[key]?.row else { return }
    entries[key]?.recording += 1
    entries[key]?.phase = phase
    actions.append(.advance(sequence: row.sequence, phase: phase))
  }

  /// The store has made a phase of each of these rows durable, in the order it was asked.
  ///
  /// PUBREL, and PUBLISH that begins again, wait for the last phase: an earlier report may be of a
  /// phase that a restart undid.
  mutating func advanced(_ sequences: [Int64], _ actions: inout [Action]) {
    for sequence in sequences {
      let key = UInt64(sequence)
      guard var entry = entries[key], entry.recording > 0 else { continue }
      entry.recording -= 1
      entries[key] = entry
      guard entry.recording == 0 else { continue }
      actions.append(
        entry.phase == .received ? .releaseRecorded(key: key) : .restartRecorded(key: key))
    }
  }

  mutating func finished(
    _ key: UInt64, _ outcome: PublishOutcome, at now: Int64, _ actions: inout [Action]
  ) {
    guard let entry = entries.removeValue(forKey: key) else { return }
    if let promise = entry.promise { return ended(promise, outcome) }
    guard let row = entry.row else {
      ends.append((0, outcome == .sent ? .sent : .notSent))
      return actions.append(outcome == .sent ? .handedOver(entry.id) : .notSent(entry.id))
    }
    if case .rejected(.packetIdentifierInUse, _) = outcome, !entry.isRenamed {
      // The broker's session knows the identifier from another message: any other will do, once.
      return send(row, isRenamed: true, at: now, &actions)
    }
    if let final = Self.final(outcome) ?? held(outcome) {
      end(row, final, &actions)
      if isUp { publishWaiting(at: now, &actions) }
    } else if !Self.isLeftForNextRun(outcome) {
      putBack(row)
    }
  }

  /// Lets a row wait again, in its place; it goes out when another one ends or the link comes up.
  private mutating func putBack(_ row: OutboxRow) {
    let place = waiting.firstIndex { $0.sequence > row.sequence } ?? waiting.count
    waiting.insert(row, at: place)
  }

  private mutating func publishWaiting(at now: Int64, _ actions: inout [Action]) {
    while let row = waiting.popFirst() { send(row, isRenamed: false, at: now, &actions) }
  }

  private mutating func send(
    _ row: OutboxRow, isRenamed: Bool, at now: Int64, _ actions: inout [Action]
  ) {
    let id = MessageID(row.id)
    guard var publish = StoredMessage.decode(row.body) else {
      let outcome = MessageOutcome(
        state: .rejected, reasonCode: .implementationSpecificError,
        reasonString: "the stored message cannot be read")
      return end(row, outcome, &actions)
    }
    let isReceived = row.phase == Phase.received.rawValue && !isRenamed
    guard isReceived || Self.stillCounts(row, &publish, at: now) else {
      let outcome = MessageOutcome(state: .expired, isUncertain: row.wasLoaded)
      return end(row, outcome, &actions)
    }
    let key = UInt64(row.sequence)
    let isNew = isRenamed || !row.wasLoaded
    let hasIdentifier = publish.qos > .atMostOnce && !isRenamed
    entries[key] = Entry(id: id, row: row, isRenamed: isRenamed)
    actions.append(
      .publish(
        PublishRequest(
          key: key, publish: publish,
          packetID: hasIdentifier ? Self.packetID(of: row.sequence) : nil,
          progress: isReceived ? .received : isNew ? .new : .maybeSent)))
  }

  private mutating func end(
    _ row: OutboxRow, _ outcome: MessageOutcome, _ actions: inout [Action]
  ) {
    ends.append((StoredMessage.qos(of: row.body), PublishEnd(outcome)))
    actions.append(.finished(MessageID(row.id), sequence: row.sequence, outcome))
  }

  /// How publishes have ended since the last call, each with its QoS, for the metrics.
  mutating func takeEnds(_ body: (_ qos: UInt8, _ end: PublishEnd) -> Void) {
    for (qos, end) in ends { body(qos, end) }
    ends.removeAll(keepingCapacity: true)
  }

  /// Reduces the message expiry by the time in the queue; false when the time is over.
  private static func stillCounts(
    _ row: OutboxRow, _ publish: inout Publish, at now: Int64
  ) -> Bool {
    if let expiresAt = row.expiresAt, expiresAt <= now { return false }
    return stillCounts(&publish, after: now - row.storedAt)
  }

  private static func stillCounts(_ publish: inout Publish, after milliseconds: Int64) -> Bool {
    guard let interval = publish.properties.messageExpiryInterval else { return true }
    let waited = UInt32(clamping: max(0, milliseconds) / 1000)
    guard waited < interval || (interval == 0 && waited == 0) else { return false }
    publish.properties.messageExpiryInterval = interval - waited
    return true
  }

  /// Nil when the message is still to be sent.
  private static func final(_ outcome: PublishOutcome) -> MessageOutcome? {
    switch outcome {
    case .sent: MessageOutcome(state: .sent)
    case .acknowledged(let code, let reason, let isUncertain):
      MessageOutcome(
        state: .acked, reasonCode: code, reasonString: reason, isUncertain: isUncertain)
    case .rejected(let code, let reason):
      MessageOutcome(state: .rejected, reasonCode: code, reasonString: reason)
    case .expired: MessageOutcome(state: .expired)
    case .cancelled: nil
    case .notSent(let obstacle): final(obstacle, isUncertain: false)
    case .maybeSent(let obstacle): final(obstacle, isUncertain: true)
    }
  }

  private static func final(_ obstacle: PublishObstacle, isUncertain: Bool) -> MessageOutcome? {
    func rejected(_ code: ReasonCode) -> MessageOutcome {
      MessageOutcome(state: .rejected, reasonCode: code, isUncertain: isUncertain)
    }
    return switch obstacle {
    case .maximumQoS: rejected(.qosNotSupported)
    case .retainUnavailable: rejected(.retainNotSupported)
    case .packetTooLarge: rejected(.packetTooLarge)
    case .invalid: rejected(.malformedPacket)
    case .expired: MessageOutcome(state: .expired, isUncertain: isUncertain)
    case .topicAliasTooLarge, .topicAliasUnknown: rejected(.topicAliasInvalid)
    case .quarantined(let code):
      MessageOutcome(
        state: .rejected, reasonCode: code ?? .implementationSpecificError,
        reasonString: "the broker ended the connection over this message",
        isUncertain: isUncertain)
    case .linkDown, .queueFull, .displaced, .notStored, .deadlinePassed, .sessionLost, .cancelled,
      .stopped:
      nil
    }
  }

  /// The session is told to end such publishes only where they are to be held.
  private func held(_ outcome: PublishOutcome) -> MessageOutcome? {
    holdsUncertain && outcome == .maybeSent(.sessionLost) ? .held : nil
  }

  /// Whether the row simply stays in the store, because this process is ending.
  private static func isLeftForNextRun(_ outcome: PublishOutcome) -> Bool {
    switch outcome {
    case .notSent(.stopped), .maybeSent(.stopped), .cancelled: true
    default: false
    }
  }
}

extension MessageID {
  init(_ item: ItemID) {
    self.init(
      high: UInt64(truncatingIfNeeded: item.value >> 64),
      low: UInt64(truncatingIfNeeded: item.value))
  }

  var item: ItemID { ItemID(UInt128(high) << 64 | UInt128(low)) }
}
