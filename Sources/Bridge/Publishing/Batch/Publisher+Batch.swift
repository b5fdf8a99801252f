import EventLoop
import HTTPFront
import MQTTClient
import Store

/// Requests with several messages.
///
/// Each message goes through the same checks and the same waiting as one that is published alone;
/// its waiter is a part of the request, and the last one to be answered answers the request.
extension Publisher {
  struct Item {
    let index: Int
    let prepared: PreparedPublish
    let level: AckLevel
    let isStored: Bool
  }

  /// Takes several publishes: refuses them now, or parks their request.
  ///
  /// `form` makes the form of the answer, from the value of `Preference-Applied`.
  func publish(
    _ batch: PublishBatch, _ request: Request, _ pass: Pass,
    form makeForm: (String?) -> any AnswerForm
  ) throws(Problem) -> Answer {
    guard !wiring.isDraining else { throw PublishResponse.problem(.draining) }
    let status = wiring.status.snapshot
    var items: [Item] = []
    var problems: [(index: Int, problem: Problem)] = []
    for (index, draft) in batch.items.enumerated() {
      do throws(Problem) {
        let prepared = try prepare(draft.get(), request.head, status, pass)
        items.append(item(index, prepared, isAtomic: batch.isAtomic, status))
      } catch {
        problems.append((index, error))
      }
    }
    let applied = items.lazy.compactMap(\.prepared.terms.preferenceApplied).first {
      batch.wait == nil || !$0.hasPrefix("wait=")
    }
    let form = makeForm(applied)
    if batch.isStrict, let refusal = form.refusal(problems) { throw refusal }
    let rateHeaders = try items.isEmpty ? HeaderFields() : pass.takeRate(items.count)
    try begin(items, count: batch.items.count, form, rateHeaders, request.id)
    if batch.isAtomic {
      try storeAll(items, request.id)
    } else {
      for item in items {
        if let refusal = start(item, status) {
          withdraw(item, of: request.id)
          problems.append((item.index, PublishResponse.problem(refusal)))
        }
      }
    }
    var response: Response?
    for (index, problem) in problems {
      let result = BatchResult(result: .problem(PublishRoute.withKept(problem)))
      let last = batches.withLock { $0.answered(index, of: request.id, result) }
      response = response ?? last
    }
    if let response { return .respond(response) }
    let waits = items.contains { $0.level == .broker }
    return .park(deadline: waits ? batch.wait ?? items[0].prepared.terms.wait : nil)
  }

  /// All messages of an atomic batch are stored, those of QoS 0 too: else "all" could not be kept.
  func item(
    _ index: Int, _ prepared: PreparedPublish, isAtomic: Bool, _ status: BrokerStatus.Snapshot
  ) -> Item {
    guard isAtomic || isStored(prepared.terms, status) else {
      return Item(index: index, prepared: prepared, level: .none, isStored: false)
    }
    // A stored QoS 0 message of an atomic batch is waited for until it is handed over.
    let isHandedOver = isAtomic && prepared.terms.acknowledgement == .none
    let level = isHandedOver ? .broker : prepared.level
    return Item(index: index, prepared: prepared, level: level, isStored: true)
  }

  /// Makes every waiter known before the first message can be answered.
  private func begin(
    _ items: [Item], count: Int, _ form: any AnswerForm, _ headers: HeaderFields,
    _ request: RequestID
  ) throws(Problem) {
    batches.withLock { $0.began(request, count: count, form, headers) }
    let isOpen = publishing.withLock { publishing in
      items.allSatisfy {
        publishing.accepted($0.prepared.receipt, .item($0.index, of: request), $0.level)
      }
    }
    guard isOpen else {
      batchClientLeft(request)
      throw PublishResponse.problem(.draining)
    }
  }

  private func storeAll(_ items: [Item], _ request: RequestID) throws(Problem) {
    let admission = wiring.store?.append(contentsOf: items.map(\.prepared.item)) ?? .closed
    guard let refusal = Publishing.Refusal(admission) else { return }
    batchClientLeft(request)
    throw PublishResponse.problem(refusal)
  }

  /// Brings one message of a batch on its way; why not, if it is not.
  func start(_ item: Item, _ status: BrokerStatus.Snapshot) -> Publishing.Refusal? {
    guard item.isStored else {
      guard status.isConnected else { return .brokerUnavailable }
      return hand(item.prepared) ? nil : .queueFull
    }
    return Publishing.Refusal(wiring.store?.append(item.prepared.item) ?? .closed)
  }

  private func withdraw(_ item: Item, of request: RequestID) {
    publishing.withLock { $0.clientLeft(.item(item.index, of: request)) }
  }

  /// The fate of one message is known; the last one answers the request.
  func answered(
    _ index: Int, of request: RequestID, _ receipt: PublishReceipt, _ answer: Publishing.Answer
  ) {
    let result = Self.result(receipt, answer)
    if tell(index, of: request, result) { return }
    if let response = batches.withLock({ $0.answered(index, of: request, result) }) {
      wiring.server?.answer(request, with: response)
    }
  }

  static func result(_ receipt: PublishReceipt, _ answer: Publishing.Answer) -> BatchResult {
    var result = BatchResult(
      result: PublishResponse.result(receipt, answer), isReplay: receipt.isReplay)
    if case .refused(let refusal) = answer { result.refusal = refusal }
    return result
  }

  /// The request has waited long enough; nil while the store has not decided about some message.
  func batchDeadlineReached(_ request: RequestID) -> Response? {
    uploadTired(request)
    for index in batches.withLock({ $0.missing(of: request) }) {
      let waiter = PublishWaiter.item(index, of: request)
      guard let (receipt, answer) = publishing.withLock({ $0.deadlineReached(waiter) }),
        let response = batches.withLock({
          $0.answered(index, of: request, Self.result(receipt, answer))
        })
      else { continue }
      return response
    }
    return nil
  }

  func batchClientLeft(_ request: RequestID) {
    _ = uploadAborted(request)
    let missing = batches.withLock { batches in
      defer { batches.forget(request) }
      return batches.missing(of: request)
    }
    guard !missing.isEmpty else { return }
    publishing.withLock { publishing in
      for index in missing { publishing.clientLeft(.item(index, of: request)) }
    }
  }
}
