import EventLoop
import HTTPFront
import MQTTClient
import Store

/// Batches that are published while they arrive, so that they may be longer than the memory.
///
/// Each line is one message by itself. The body is read on only while few messages wait for the store
/// or the broker; one that has waited for the broker long enough goes on when they are stored.
extension Publisher {
  /// How a batch ended of which not all came.
  struct AbortedUpload: Equatable, Sendable {
    let lines: Int
    let accepted: Int
  }

  /// An envelope is longer than its payload, as for `POST /publish`.
  private var lineBytesMax: Int { configuration.value.http.payloadBytes.bytes * 2 + 64 * 1024 }

  /// A piece of a batch came; on its http thread.
  func received(
    _ piece: [UInt8], of id: RequestID, _ head: RequestHead, _ pass: Pass
  ) throws(Problem) -> BodyFlow {
    if uploads.withLock({ $0[id] == nil }) { try begin(id, head) }
    let lines = uploads.withLock { $0[id]?.received(piece) ?? [] }
    publish(lines, of: id, head, pass)
    let mustPause = uploads.withLock { $0[id]?.pauseIfFull(at: MonotonicClock.now()) ?? false }
    return mustPause ? .pause : .more
  }

  private func begin(_ id: RequestID, _ head: RequestHead) throws(Problem) {
    guard !wiring.isDraining else { throw PublishResponse.problem(.draining) }
    let fields = try BatchFields(head)
    let preferred = Preferences(head.headers).wait
    let upload = BatchUpload(
      fields, head, wait: fields.wait ?? preferred ?? configuration.value.publishing.ackWait,
      lineBytesMax: lineBytesMax, resultsMax: configuration.value.publishing.batchItems)
    uploads.withLock { $0[id] = upload }
  }

  /// The body is over; on its http thread.
  func uploadEnded(_ request: Request, _ pass: Pass) -> Answer {
    let id = request.id
    publish(uploads.withLock { $0[id]?.takeLastLine() ?? [] }, of: id, request.head, pass)
    let (response, wait) = uploads.withLock { uploads -> (Response?, Duration?) in
      guard let response = uploads[id]?.ended() else {
        return (nil, uploads[id].flatMap { $0.isTired ? nil : $0.wait })
      }
      uploads[id] = nil
      return (response, nil)
    }
    return response.map { .respond($0) } ?? .park(deadline: wait)
  }

  /// The rest of a batch does not come, and what was published stays so; nil when this is none.
  func uploadAborted(_ id: RequestID) -> AbortedUpload? {
    guard let upload = uploads.withLock({ $0.removeValue(forKey: id) }) else { return nil }
    publishing.withLock { publishing in
      for index in upload.outstanding { publishing.clientLeft(.item(index, of: id)) }
    }
    return AbortedUpload(
      lines: upload.count, accepted: upload.acceptedCount + upload.outstanding.count)
  }

  /// Lets batches go on that have waited for the broker long enough; once a second.
  func tick(at now: Duration) {
    let due = uploads.withLock { uploads in
      uploads.filter { entry in
        entry.value.pausedAt.map { $0 + entry.value.wait <= now } ?? false
      }.map(\.key)
    }
    for id in due { uploadTired(id) }
  }

  /// The answer to a batch that has waited long enough; nil while the store has not decided all.
  func uploadTired(_ id: RequestID) {
    let outstanding = uploads.withLock { uploads -> Set<Int> in
      uploads[id]?.tired()
      return uploads[id]?.outstanding ?? []
    }
    for index in outstanding {
      let waiter = PublishWaiter.item(index, of: id)
      guard let (receipt, answer) = publishing.withLock({ $0.deadlineReached(waiter) }) else {
        continue
      }
      _ = tell(index, of: id, Self.result(receipt, answer))
    }
  }

  /// What became of one message; false when it is of no upload.
  func tell(_ index: Int, of id: RequestID, _ result: BatchResult) -> Bool {
    let next = uploads.withLock { uploads -> BatchUpload.Next? in
      let next = uploads[id]?.answered(index, result)
      if case .answer = next { uploads[id] = nil }
      return next
    }
    switch next {
    case nil: return false
    case .nothing: break
    case .resume: wiring.server?.resumeBody(id)
    case .answer(let response): wiring.server?.answer(id, with: response)
    }
    return true
  }

  private func publish(
    _ lines: [NDJSONLines.Line], of id: RequestID, _ head: RequestHead, _ pass: Pass
  ) {
    let status = wiring.status.snapshot
    for line in lines {
      let upload = uploads.withLock { uploads -> (index: Int, ack: String?, isTired: Bool)? in
        guard let index = uploads[id]?.began(), let upload = uploads[id] else { return nil }
        return (index, upload.fields.acknowledgement, upload.isTired)
      }
      guard let upload else { return }
      do throws(Problem) {
        let draft = try PublishBatch.draft(line, acknowledgement: upload.ack)
        try publish(draft, upload.index, of: id, head, status, pass, waits: !upload.isTired)
      } catch {
        var problem = PublishRoute.withKept(error)
        problem.members.append(.init("line", .integer(line.number)))
        _ = tell(upload.index, of: id, BatchResult(result: .problem(problem)))
      }
    }
  }

  private func publish(
    _ draft: PublishDraft, _ index: Int, of id: RequestID, _ head: RequestHead,
    _ status: BrokerStatus.Snapshot, _ pass: Pass, waits: Bool
  ) throws(Problem) {
    try pass.checkExpiry()
    let prepared = try prepare(draft, head, status, pass)
    let rateHeaders = try pass.takeRate()
    if let applied = prepared.terms.preferenceApplied {
      uploads.withLock { $0[id]?.preferenceApplied = applied }
    }
    uploads.withLock { $0[id]?.rateHeaders = rateHeaders }
    let item = item(index, prepared, isAtomic: false, status)
    let level: AckLevel = item.level == .broker && !waits ? .stored : item.level
    let waiter = PublishWaiter.item(index, of: id)
    guard publishing.withLock({ $0.accepted(prepared.receipt, waiter, level) }) else {
      throw PublishResponse.problem(.draining)
    }
    guard let refusal = start(item, status) else { return }
    publishing.withLock { $0.clientLeft(waiter) }
    throw PublishResponse.problem(refusal)
  }
}
