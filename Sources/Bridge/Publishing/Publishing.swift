import HTTPFront

/// The accepted publishes somebody still waits for, and how far each has come.
///
///     accepted ──stored──▶ stored ──sent──▶ sent ──received──▶ received ──finished──▶ (answered)
///        │                   │ ack=stored: answered 202
///        └──refused──▶ (answered 5xx)          deadline: answered 202 once stored
///
/// Pure: it decides who is answered and with what; its callers, on three kinds of thread, hold a
/// lock around each input and run the actions after it. Its size is bounded by the requests that
/// wait and, for `sent`, by what the outbox feeds at once.
struct Publishing: ~Copyable {
  /// What a request gets to hear.
  enum Answer: Equatable, Sendable {
    /// 200 or an error by the reason code: the broker has decided.
    case finished(MessageOutcome, storedAt: Int64?)
    /// 202: it is on our disk and goes on.
    case pending(MessageState, storedAt: Int64)
    /// Nothing was kept.
    case refused(Refusal)
  }

  enum Action: Equatable, Sendable {
    case answer(RequestID, PublishReceipt, Answer)
  }

  /// Why nothing was kept.
  enum Refusal: Equatable, Sendable {
    case queueFull
    case storeBusy
    case diskFull
    case draining
    case brokerUnavailable
    /// Whether the commit reached the disk cannot be told.
    case unknown
  }

  private struct Entry {
    let request: RequestID
    let receipt: PublishReceipt
    let acknowledgement: AckLevel
    var storedAt: Int64?
    var state = MessageState.queued
    var isOverdue: Bool
  }

  /// How far a stop of the bridge is; a request may arrive on its thread while it goes on.
  private enum Phase {
    case open
    /// Who comes now is answered by the commit.
    case draining
    /// Nobody is answered any more.
    case closed
  }

  private var phase = Phase.open
  private var entries: [MessageID: Entry] = [:]
  private var messages: [RequestID: MessageID] = [:]
  private var sent: Set<MessageID> = []

  /// How many requests wait.
  var count: Int { entries.count }

  /// How far a message is that the store says is pending.
  func progress(of id: MessageID) -> MessageState { sent.contains(id) ? .sent : .queued }

  /// A request is about to hand its message to the store, and is then parked until it is answered.
  ///
  /// False when the bridge has stopped waiting for the store: the message must go nowhere, because its
  /// request would be told that nothing was kept.
  mutating func accepted(
    _ receipt: PublishReceipt, _ request: RequestID, _ acknowledgement: AckLevel
  ) -> Bool {
    guard phase != .closed else { return false }
    entries[receipt.id] = Entry(
      request: request, receipt: receipt, acknowledgement: acknowledgement,
      isOverdue: phase == .draining)
    messages[request] = receipt.id
    return true
  }

  /// The message is on the disk.
  mutating func stored(_ id: MessageID, at storedAt: Int64, _ actions: inout [Action]) {
    guard var entry = entries[id] else { return }
    entry.storedAt = storedAt
    entries[id] = entry
    if entry.acknowledgement == .stored || entry.isOverdue {
      answer(id, .pending(entry.state, storedAt: storedAt), &actions)
    }
  }

  /// The store kept nothing of the message.
  mutating func refused(_ id: MessageID, _ refusal: Refusal, _ actions: inout [Action]) {
    answer(id, .refused(refusal), &actions)
  }

  /// PUBLISH went to the broker.
  mutating func sent(_ id: MessageID) {
    sent.insert(id)
    entries[id]?.state = .sent
  }

  /// PUBREC came.
  mutating func received(_ id: MessageID) {
    entries[id]?.state = .received
  }

  /// The broker has decided, or the message expired.
  mutating func finished(_ id: MessageID, _ outcome: MessageOutcome, _ actions: inout [Action]) {
    sent.remove(id)
    answer(id, .finished(outcome, storedAt: entries[id]?.storedAt), &actions)
  }

  /// The request has waited as long as it wanted; nil when the store has not decided yet.
  mutating func deadlineReached(_ request: RequestID) -> (PublishReceipt, Answer)? {
    guard let id = messages[request], var entry = entries[id] else { return nil }
    guard let storedAt = entry.storedAt else {
      entry.isOverdue = true
      entries[id] = entry
      return nil
    }
    forget(id, request)
    return (entry.receipt, .pending(entry.state, storedAt: storedAt))
  }

  /// The bridge is stopping: whoever waits is answered as soon as its message is on the disk.
  mutating func drained(_ actions: inout [Action]) {
    phase = .draining
    for (id, entry) in entries {
      entries[id]?.isOverdue = true
      guard let storedAt = entry.storedAt else { continue }
      answer(id, .pending(entry.state, storedAt: storedAt), &actions)
    }
  }

  /// The bridge cannot wait for the store any longer: nobody can tell what became of these.
  mutating func abandoned(_ actions: inout [Action]) {
    phase = .closed
    for id in Array(entries.keys) { answer(id, .refused(.unknown), &actions) }
  }

  /// The client went away; its message goes on.
  mutating func clientLeft(_ request: RequestID) {
    guard let id = messages[request] else { return }
    forget(id, request)
  }

  private mutating func answer(_ id: MessageID, _ answer: Answer, _ actions: inout [Action]) {
    guard let entry = entries[id] else { return }
    forget(id, entry.request)
    actions.append(.answer(entry.request, entry.receipt, answer))
  }

  private mutating func forget(_ id: MessageID, _ request: RequestID) {
    entries[id] = nil
    messages[request] = nil
  }
}
