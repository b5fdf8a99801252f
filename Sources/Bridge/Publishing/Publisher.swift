import EventLoop
import HTTPFront
import MQTTClient
import Metrics
import Store
import Synchronization

/// Accepts publishes and answers their requests as the store and the broker decide.
///
/// Called on every http thread, the store thread and the mqtt thread; the machine inside is under a
/// lock that is never held while anything else is called.
final class Publisher: Sendable {
  var configuration: SharedConfiguration { wiring.live.shared }
  let wiring: Wiring
  let publishing = Locked(Publishing())
  let batches = Locked(PendingBatches())
  /// The batches that are published while they arrive.
  let uploads = Locked<[RequestID: BatchUpload]>([:])
  private let identifiers = MessageIDGenerator()
  /// With so many messages before it, a QoS 0 publish is answered only once its own has left.
  private static let promisesMaximum = 1024
  /// Answers that the machine has given and their thread has not handed to the server yet.
  private let answersUnderWay = Atomic<Int>(0)

  init(_ configuration: BridgeConfiguration, _ wiring: Wiring) {
    self.wiring = wiring
  }

  /// How many requests wait for an answer, or for its way to the server.
  var waitingRequests: Int {
    publishing.withLock { $0.count + answersUnderWay.load(ordering: .acquiring) }
  }

  /// Takes one publish: refuses it now, or parks its request.
  func publish(
    _ draft: PublishDraft, _ request: Request, _ pass: Pass
  ) throws(Problem) -> Answer {
    let status = wiring.status.snapshot
    var prepared = try prepare(draft, request.head, status, pass)
    prepared.receipt.rateHeaders = try pass.takeRate()
    guard !wiring.isDraining else { throw PublishResponse.problem(.draining) }
    guard isStored(prepared.terms, status) else {
      return try sendUnstored(prepared, request.id, status)
    }
    return try store(prepared, request.id)
  }

  /// Checks one message and gives it its name; every message that is published comes through here.
  func prepare(
    _ draft: PublishDraft, _ head: RequestHead, _ status: BrokerStatus.Snapshot, _ pass: Pass
  ) throws(Problem) -> PreparedPublish {
    let now = WallClock.milliseconds()
    let configuration = configuration
    let id = identifiers.next(at: now, owner: pass.account)
    let terms = try PublishTerms(
      draft, head, configuration, id: id, subject: pass.account, limits: status.limits, at: now)
    try pass.checkPublish(terms.publish)
    let receipt = PublishReceipt(
      id: id, topic: terms.publish.topic, qos: terms.publish.qos,
      isRetained: terms.publish.isRetained, preferenceApplied: terms.preferenceApplied,
      basePath: configuration.value.http.basePath.prefix, head: head)
    return PreparedPublish(terms: terms, receipt: receipt, acceptedAt: now)
  }

  /// Whether a message passes through the store.
  func isStored(_ terms: PublishTerms, _ status: BrokerStatus.Snapshot) -> Bool {
    terms.publish.qos > .atMostOnce || terms.acknowledgement == .stored
      || (!status.isConnected && configuration.value.publishing.queuesQoS0)
  }

  private func store(
    _ prepared: PreparedPublish, _ request: RequestID
  ) throws(Problem) -> Answer {
    let level = prepared.level
    guard publishing.withLock({ $0.accepted(prepared.receipt, .request(request), level) }) else {
      throw PublishResponse.problem(.draining)
    }
    let admission = wiring.store?.append(prepared.item) ?? .closed
    if let refusal = Publishing.Refusal(admission) {
      publishing.withLock { $0.clientLeft(.request(request)) }
      throw PublishResponse.problem(refusal)
    }
    return .park(deadline: level == .broker ? prepared.terms.wait : nil)
  }

  private func sendUnstored(
    _ prepared: PreparedPublish, _ request: RequestID, _ status: BrokerStatus.Snapshot
  ) throws(Problem) -> Answer {
    guard status.isConnected else { throw PublishResponse.problem(.brokerUnavailable) }
    if promise(prepared) {
      return .respond(
        PublishResponse.make(
          prepared.receipt, .finished(MessageOutcome(state: .sent), storedAt: nil)))
    }
    guard publishing.withLock({ $0.accepted(prepared.receipt, .request(request), .none) }) else {
      throw PublishResponse.problem(.draining)
    }
    guard hand(prepared) else {
      publishing.withLock { $0.clientLeft(.request(request)) }
      throw PublishResponse.problem(.queueFull)
    }
    return .park(deadline: nil)
  }

  /// Brings the message of a request that wants replies on its way.
  func publish(_ prepared: PreparedPublish, for waiter: PublishWaiter) throws(Problem) {
    let status = wiring.status.snapshot
    let isStored = isStored(prepared.terms, status)
    guard isStored || status.isConnected else {
      throw PublishResponse.problem(.brokerUnavailable)
    }
    let level: AckLevel = isStored ? .broker : .none
    guard publishing.withLock({ $0.accepted(prepared.receipt, waiter, level) }) else {
      throw PublishResponse.problem(.draining)
    }
    let refusal =
      isStored
      ? Publishing.Refusal(wiring.store?.append(prepared.item) ?? .closed)
      : hand(prepared) ? nil : .queueFull
    if let refusal {
      forget(waiter)
      throw PublishResponse.problem(refusal)
    }
  }

  /// Nobody waits here any more; the message goes on.
  func forget(_ waiter: PublishWaiter) { publishing.withLock { $0.clientLeft(waiter) } }

  /// Gives the connection a message that is not stored, so that its request can be answered at once;
  /// false when so many wait there that the request had better wait too.
  ///
  /// The connection takes it when the http thread's turn is over, with all others of that turn.
  private func promise(_ prepared: PreparedPublish) -> Bool {
    let message = BrokerMessage.promise(
      prepared.terms.publish, at: prepared.acceptedAt)
    return wiring.link?.leave(message, ifFewerThan: Self.promisesMaximum) == true
  }

  /// Gives the connection a message that is not stored; false when too much waits there.
  func hand(_ prepared: PreparedPublish) -> Bool {
    wiring.link?.send(.publish(prepared.terms.publish, prepared.receipt.id)) == true
  }

  /// The store has committed these messages.
  func stored(_ items: [StoredItem]) {
    run { publishing, actions in
      for item in items { publishing.stored(MessageID(item.id), at: item.storedAt, &actions) }
    }
  }

  /// The store kept none of these messages.
  func refused(_ items: [ItemID], _ error: StoreError) {
    run { publishing, actions in
      for item in items {
        publishing.refused(MessageID(item), Publishing.Refusal(error), &actions)
      }
    }
  }

  func sent(_ id: MessageID) { publishing.withLock { $0.sent(id) } }

  func received(_ id: MessageID) { publishing.withLock { $0.received(id) } }

  /// The broker has decided, or the message expired; returns what the store is to keep of it.
  func finished(_ id: MessageID, _ outcome: MessageOutcome) -> Ending {
    run { publishing, actions in publishing.finished(id, outcome, &actions) }
  }

  /// The store has these messages no more.
  func ended(_ items: [EndedItem]) {
    run { publishing, actions in
      for item in items {
        publishing.ended(
          MessageID(item.id), MessageOutcome(read: item.outcome), item.ending,
          storedAt: item.storedAt, finishedAt: item.finishedAt, &actions)
      }
    }
  }

  /// The store has earlier messages with the keys of these.
  func repeated(_ items: [RepeatedItem]) {
    wiring.metrics.idempotentReplays.add(items.count)
    run { publishing, actions in
      for item in items {
        publishing.repeated(
          MessageID(item.id), MessageID(item.original), Publishing.Original(item.state), &actions)
      }
    }
  }

  /// A QoS 0 message that was never stored could not be sent.
  func notSent(_ id: MessageID) {
    run { publishing, actions in publishing.refused(id, .brokerUnavailable, &actions) }
  }

  /// The answer to a request that has waited long enough; nil keeps it waiting for the store.
  func deadlineReached(_ request: RequestID) -> Response? {
    if let response = batchDeadlineReached(request) { return response }
    return publishing.withLock { $0.deadlineReached(.request(request)) }
      .map { PublishResponse.make($0.0, $0.1) }
  }

  /// Answers everybody who waits for the broker; who waits for the store is answered by it.
  func drain() {
    run { publishing, actions in publishing.drained(&actions) }
  }

  /// Answers everybody who still waits, when the time for the store is over.
  func abandon() {
    run { publishing, actions in publishing.abandoned(&actions) }
  }

  func clientLeft(_ request: RequestID) {
    publishing.withLock { $0.clientLeft(.request(request)) }
    batchClientLeft(request)
  }

  /// How far a message is that the store knows as pending.
  func progress(of id: MessageID) -> MessageState {
    publishing.withLock { $0.progress(of: id) }
  }

  private func run<Result: Sendable>(
    _ input: (inout Publishing, inout [Publishing.Action]) -> Result
  ) -> Result {
    let (result, actions) = publishing.withLock { publishing in
      var actions: [Publishing.Action] = []
      let result = input(&publishing, &actions)
      answersUnderWay.add(actions.count, ordering: .relaxed)
      return (result, actions)
    }
    // A stop that came between the decision and this would answer the request itself, and wrongly.
    var answers: [(id: RequestID, response: Response)] = []
    for case .answer(let waiter, let receipt, let answer) in actions {
      switch waiter {
      case .request(let request):
        answers.append((request, PublishResponse.make(receipt, answer)))
      case .item(let index, of: let request):
        answered(index, of: request, receipt, answer)
      case .question(let request):
        wiring.requests?.published(request, receipt, answer)
      }
    }
    if !answers.isEmpty { wiring.answer(answers) }
    answersUnderWay.subtract(actions.count, ordering: .releasing)
    return result
  }
}

extension Publishing.Refusal {
  /// Nil when the item was accepted.
  init?(_ admission: AppendAdmission) {
    switch admission {
    case .accepted: return nil
    case .full(.messages), .full(.bytes): self = .queueFull
    case .full(.waiting): self = .storeBusy
    case .failing(.diskFull): self = .diskFull
    // Whatever became of earlier items: this one was not taken.
    case .failing: self = .storeBusy
    case .closed: self = .draining
    }
  }

  init(_ error: StoreError) {
    switch error {
    case .diskFull: self = .diskFull
    case .outcomeUnknown: self = .unknown
    case .keyReused: self = .keyReused
    default: self = .storeBusy
    }
  }
}

extension Publishing.Original {
  init(_ state: ItemState) {
    switch state {
    case .pending(_, let phase, let storedAt, _):
      self = .pending(
        isReceived: phase == OutboxConsumer.Phase.received.rawValue, storedAt: storedAt)
    case .finished(let outcome, let storedAt, let finishedAt):
      self = .finished(
        MessageOutcome(read: outcome), storedAt: storedAt, finishedAt: finishedAt)
    }
  }
}
