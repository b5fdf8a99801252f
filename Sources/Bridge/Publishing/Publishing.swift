import Store

/// The accepted publishes somebody still waits for, and how far each has come.
///
///     accepted ──stored──▶ stored ──sent──▶ sent ──received──▶ received ──finished──▶ (answered)
///        │        ▲          │ ack=stored: answered 202          rejected, expired ──▶ ending
///        │        │                deadline: answered 202 once stored         ending ──ended──▶ (answered)
///        ├──repeated: waits with the requests of the message that has its key, or is answered
///        └──refused──▶ (answered 5xx)
///
/// Several requests can wait for one message. An answer that says that nothing was kept waits until
/// the store has forgotten the message; one that says that the broker has it does not.
///
/// Pure: it decides who is answered and with what; its callers, on three kinds of thread, hold a
/// lock around each input and run the actions after it. Its size is bounded by the requests that
/// wait and, for `sent` and `ending`, by what the outbox feeds at once.
struct Publishing: ~Copyable {
  /// What a request gets to hear.
  enum Answer: Equatable, Sendable {
    /// 200, or an error by the reason code after which nothing is kept.
    case finished(MessageOutcome, storedAt: Int64?, finishedAt: Int64? = nil)
    /// An error by the reason code, while the message or its key is kept.
    case kept(MessageOutcome)
    /// 202: it is on our disk and goes on.
    case pending(MessageState, storedAt: Int64)
    /// Nothing was kept.
    case refused(Refusal)
  }

  enum Action: Equatable, Sendable {
    case answer(PublishWaiter, PublishReceipt, Answer)
  }

  /// Why nothing was kept.
  enum Refusal: Equatable, Sendable {
    case queueFull
    case storeBusy
    case diskFull
    case draining
    case brokerUnavailable
    case keyReused
    /// Whether the commit reached the disk cannot be told.
    case unknown
  }

  /// How far the message is that has the key of a repeated one.
  enum Original: Equatable, Sendable {
    case pending(isReceived: Bool, storedAt: Int64)
    case finished(MessageOutcome, storedAt: Int64, finishedAt: Int64)
  }

  private struct Entry {
    /// Names the message that the request waits for.
    var receipt: PublishReceipt
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
  private var entries: [PublishWaiter: Entry] = [:]
  private var waiting: [MessageID: Waiters] = [:]
  private var sent: Set<MessageID> = []
  /// The store was told to forget these, and has not done it yet.
  private var ending: Set<MessageID> = []
  /// Messages with waiting requests of which one was told that they are stored.
  private var promised: Set<MessageID> = []

  /// How many requests wait.
  var count: Int { entries.count }

  /// How far a message is that the store says is pending.
  func progress(of id: MessageID) -> MessageState { sent.contains(id) ? .sent : .queued }

  /// A request is about to hand its message to the store, and is then parked until it is answered.
  ///
  /// False when the bridge has stopped waiting for the store: the message must go nowhere, because its
  /// request would be told that nothing was kept.
  mutating func accepted(
    _ receipt: PublishReceipt, _ request: PublishWaiter, _ acknowledgement: AckLevel
  ) -> Bool {
    guard phase != .closed else { return false }
    entries[request] = Entry(
      receipt: receipt, acknowledgement: acknowledgement, isOverdue: phase == .draining)
    wait(request, for: receipt.id)
    return true
  }

  /// The message is on the disk.
  mutating func stored(_ id: MessageID, at storedAt: Int64, _ actions: inout [Action]) {
    for request in waiting[id] ?? .nobody {
      if let entry = entries[request], mayAnswer(entry) {
        answerStored(request, entry, storedAt, &actions)
      } else {
        entries[request]?.storedAt = storedAt
      }
    }
  }

  /// Nothing of the message was stored, because an earlier one has its key.
  mutating func repeated(
    _ id: MessageID, _ original: MessageID, _ state: Original, _ actions: inout [Action]
  ) {
    guard let request = waiting.removeValue(forKey: id)?.first else { return }
    entries[request]?.receipt.id = original
    entries[request]?.receipt.isReplay = true
    wait(request, for: original)
    switch state {
    case .finished(let outcome, let storedAt, let finishedAt):
      let isKept = outcome.isFailure
      answer(
        request,
        isKept
          ? .kept(outcome) : .finished(outcome, storedAt: storedAt, finishedAt: finishedAt),
        &actions)
    case .pending(let isReceived, let storedAt):
      let progress = isReceived ? MessageState.received : progress(of: original)
      entries[request]?.storedAt = storedAt
      entries[request]?.state = progress
      answerIfStoredIsEnough(request, &actions)
    }
  }

  /// The store kept nothing of the message.
  mutating func refused(_ id: MessageID, _ refusal: Refusal, _ actions: inout [Action]) {
    for request in waiting[id] ?? .nobody { answer(request, .refused(refusal), &actions) }
  }

  /// PUBLISH went to the broker.
  mutating func sent(_ id: MessageID) {
    sent.insert(id)
    for request in waiting[id] ?? .nobody { entries[request]?.state = .sent }
  }

  /// PUBREC came.
  mutating func received(_ id: MessageID) {
    for request in waiting[id] ?? .nobody { entries[request]?.state = .received }
  }

  /// The broker has decided, or the message expired; returns what the store is to keep of it.
  ///
  /// Nothing, where the client that sent it hears of the failure before it heard anything else.
  mutating func finished(
    _ id: MessageID, _ outcome: MessageOutcome, _ actions: inout [Action]
  ) -> Ending {
    guard outcome.isFailure else {
      for request in waiting[id] ?? .nobody {
        answer(request, .finished(outcome, storedAt: entries[request]?.storedAt), &actions)
      }
      return .remembered
    }
    let isTold =
      !promised.contains(id)
      && (waiting[id] ?? .nobody).contains { entries[$0]?.receipt.isReplay == false }
    if isTold, !outcome.isHeld {
      ending.insert(id)
      return .forgotten
    }
    return outcome.state == .rejected ? .deadLetter : .remembered
  }

  /// The store has done with the message what `ending` says.
  mutating func ended(
    _ id: MessageID, _ outcome: MessageOutcome, _ ending: Ending, storedAt: Int64,
    finishedAt: Int64, _ actions: inout [Action]
  ) {
    sent.remove(id)
    self.ending.remove(id)
    let isKept = outcome.isFailure && ending != .forgotten
    for request in waiting[id] ?? .nobody {
      answer(
        request,
        isKept
          ? .kept(outcome) : .finished(outcome, storedAt: storedAt, finishedAt: finishedAt),
        &actions)
    }
  }

  /// The request has waited as long as it wanted; nil when the store has not decided yet.
  mutating func deadlineReached(_ request: PublishWaiter) -> (PublishReceipt, Answer)? {
    guard entries[request] != nil else { return nil }
    entries[request]?.isOverdue = true
    var actions: [Action] = []
    answerIfStoredIsEnough(request, &actions)
    guard case .answer(_, let receipt, let answer) = actions.first else { return nil }
    return (receipt, answer)
  }

  /// The bridge is stopping: whoever waits is answered as soon as its message is on the disk.
  mutating func drained(_ actions: inout [Action]) {
    phase = .draining
    for request in Array(entries.keys) {
      entries[request]?.isOverdue = true
      answerIfStoredIsEnough(request, &actions)
    }
  }

  /// The bridge cannot wait for the store any longer: nobody can tell what became of these.
  mutating func abandoned(_ actions: inout [Action]) {
    phase = .closed
    for request in Array(entries.keys) { answer(request, .refused(.unknown), &actions) }
  }

  /// The client went away; its message goes on.
  mutating func clientLeft(_ request: PublishWaiter) { _ = forget(request) }

  /// Answers 202 to a request that wants no more, unless its message is about to be forgotten.
  private mutating func answerIfStoredIsEnough(
    _ request: PublishWaiter, _ actions: inout [Action]
  ) {
    guard let entry = entries[request], let storedAt = entry.storedAt, mayAnswer(entry)
    else { return }
    answerStored(request, entry, storedAt, &actions)
  }

  /// Whether a request is content once its message is on the disk.
  private func mayAnswer(_ entry: Entry) -> Bool {
    (entry.acknowledgement == .stored || entry.isOverdue) && !ending.contains(entry.receipt.id)
  }

  private mutating func answerStored(
    _ request: PublishWaiter, _ entry: Entry, _ storedAt: Int64, _ actions: inout [Action]
  ) {
    answer(request, .pending(entry.state, storedAt: storedAt), &actions)
    if waiting[entry.receipt.id] != nil { promised.insert(entry.receipt.id) }
  }

  private mutating func wait(_ request: PublishWaiter, for id: MessageID) {
    guard let others = waiting[id] else { return waiting[id] = .one(request) }
    waiting[id] = .several(others + [request])
  }

  private mutating func answer(
    _ request: PublishWaiter, _ answer: Answer, _ actions: inout [Action]
  ) {
    guard let receipt = forget(request) else { return }
    actions.append(.answer(request, receipt, answer))
  }

  private mutating func forget(_ request: PublishWaiter) -> PublishReceipt? {
    guard let receipt = entries.removeValue(forKey: request)?.receipt else { return nil }
    let others = (waiting[receipt.id] ?? .nobody).filter { $0 != request }
    guard others.isEmpty else {
      waiting[receipt.id] = .several(others)
      return receipt
    }
    waiting[receipt.id] = nil
    promised.remove(receipt.id)
    return receipt
  }
}
