import DequeModule
import EventLoop

/// Keeps the session's store one step ahead: what must be durable first happens when it is.
///
/// All records of a turn go to the store together; what waits for them comes back by the control
/// mailbox, in order. The packet identifier of a stored publish follows from its sequence, so that
/// the next process uses the same one without a record per send.
final class LinkJournal {
  /// What may happen once the records before it are durable.
  enum Step {
    case publish(PublishRequest, sequence: UInt64)
    case releasePublish(key: UInt64)
    case restartPublish(key: UInt64)
    case finish(UInt64, PublishOutcome)
    case acknowledge(AckToken, DeliveryReply)
    /// PUBREL may be answered.
    case release(PacketID)
  }

  /// Keys of publishes of earlier processes, which nobody here asked for.
  private static let restoredKeys: UInt64 = 1 << 63

  private let store: any SessionStore
  private let control: Mailbox<LinkControl>
  private var records: [SessionRecord] = []
  private var steps: [Step] = []
  private var writes: Deque<[Step]> = []
  private var lastSequence: UInt64 = 0
  private var sequences: [UInt64: UInt64] = [:]
  private var inbound: Set<PacketID> = []
  /// Publishes that were taken back before they were durable.
  private var cancelled: Set<UInt64> = []
  private var waitingKeys: Set<UInt64> = []

  init(_ store: any SessionStore, _ control: Mailbox<LinkControl>) {
    self.store = store
    self.control = control
  }

  /// Whether nothing waits for the store.
  var isIdle: Bool { writes.isEmpty && records.isEmpty }

  /// The publishes of earlier processes, and the deliveries that the broker will repeat.
  func restore(at time: Int64) -> (publishes: [PublishRequest], inbound: [PacketID]) {
    let session = store.stored()
    inbound = Set(session.inbound)
    let publishes = session.publishes.map { stored in
      lastSequence = max(lastSequence, stored.sequence)
      let key = Self.restoredKeys | stored.sequence
      sequences[key] = stored.sequence
      return PublishRequest(
        key: key, publish: stored.publish, packetID: Self.packetID(of: stored.sequence),
        progress: stored.isReceived ? .received : .maybeSent,
        age: .milliseconds(max(0, time - stored.acceptedAt)))
    }
    return (publishes, session.inbound)
  }

  private static func packetID(of sequence: UInt64) -> PacketID {
    let range = PacketIDs.callerRange
    return range.lowerBound + PacketID((sequence &- 1) % UInt64(range.count))
  }

  func accept(_ request: PublishRequest, at time: Int64) {
    lastSequence += 1
    var request = request
    request.packetID = Self.packetID(of: lastSequence)
    sequences[request.key] = lastSequence
    waitingKeys.insert(request.key)
    records.append(
      .accepted(
        StoredPublish(sequence: lastSequence, publish: request.publish, acceptedAt: time)))
    steps.append(.publish(request, sequence: lastSequence))
  }

  /// Takes back what waits for the store; false if the publish is somewhere else.
  func cancel(_ key: UInt64) -> Bool {
    guard waitingKeys.contains(key) else { return false }
    cancelled.insert(key)
    return true
  }

  func cancelAll() { cancelled.formUnion(waitingKeys) }

  /// True if PUBREL waits for the record of PUBREC.
  func received(_ key: UInt64) -> Bool {
    guard let sequence = sequences[key] else { return false }
    records.append(.received(sequence: sequence))
    steps.append(.releasePublish(key: key))
    return true
  }

  func restarted(_ key: UInt64) {
    guard let sequence = sequences[key] else { return }
    records.append(.restarted(sequence: sequence))
    steps.append(.restartPublish(key: key))
  }

  /// True if the outcome waits for its record; it may become another one.
  func finished(_ key: UInt64, _ outcome: PublishOutcome) -> Bool {
    guard let sequence = sequences[key] else { return false }
    switch outcome {
    case .notSent(.stopped), .maybeSent(.stopped):
      // The next process goes on with it.
      sequences[key] = nil
      steps.append(.finish(key, .maybeSent(.stopped)))
    case .maybeSent(.deadlinePassed), .maybeSent(.cancelled): return false
    default:
      sequences[key] = nil
      records.append(.finished(sequence: sequence))
      steps.append(.finish(key, outcome))
    }
    return true
  }

  /// The exchange of a publish is over whose outcome was told before.
  func settled(_ key: UInt64) {
    guard let sequence = sequences.removeValue(forKey: key) else { return }
    records.append(.finished(sequence: sequence))
  }

  func acknowledge(_ token: AckToken, _ reply: DeliveryReply) {
    let isNew = inbound.insert(token.packetID).inserted
    if isNew { records.append(.inboundReceived(token.packetID)) }
    steps.append(.acknowledge(token, reply))
  }

  /// The answer to PUBREL waits until the exchange is forgotten.
  func release(_ id: PacketID) {
    if inbound.remove(id) != nil { records.append(.inboundReleased(id)) }
    steps.append(.release(id))
  }

  /// The broker forgot its side of every exchange.
  func sessionLost() {
    for id in inbound.sorted() { records.append(.inboundReleased(id)) }
    inbound.removeAll()
  }

  /// Gives the store what this turn brought.
  func flush() {
    guard !records.isEmpty || !steps.isEmpty else { return }
    writes.append(exchange(&steps, with: []))
    let written = exchange(&records, with: [])
    let control = control
    store.write(written) { refused in control.sendReserved(.recorded(refused)) }
  }

  /// The oldest write is durable, but for these.
  func recorded(_ refused: Set<UInt64>) -> [Step] {
    guard let steps = writes.popFirst() else { return [] }
    return steps.map { step in
      guard case .publish(let request, let sequence) = step else { return step }
      waitingKeys.remove(request.key)
      if refused.contains(sequence) {
        sequences[request.key] = nil
        return .finish(request.key, .notSent(.notStored))
      }
      return step
    }
  }

  /// Whether the publish was taken back while it waited for the store.
  func wasCancelled(_ key: UInt64) -> Bool { cancelled.remove(key) != nil }

  /// The outcomes that waited for a store that took too long.
  func abandon() -> [(key: UInt64, outcome: PublishOutcome)] {
    let open = writes.flatMap(\.self) + steps
    (writes, steps) = ([], [])
    return open.compactMap { step in
      switch step {
      case .publish(let request, _): (request.key, .maybeSent(.stopped))
      case .finish(let key, let outcome): (key, outcome)
      case .releasePublish, .restartPublish, .acknowledge, .release: nil
      }
    }
  }
}
