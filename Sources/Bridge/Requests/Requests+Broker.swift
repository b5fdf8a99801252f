import EventLoop
import HTTPFront
import MQTTClient
import Synchronization

/// What the broker and the store say to requests; on their threads.
extension Requests {
  var lateReplies: Int { state.withLock { $0.desk.lateReplies } }

  /// When `timerFired` has something to do.
  var nextDeadline: Duration? {
    guard isUsed.load(ordering: .acquiring) else { return nil }
    return state.withLock { $0.desk.streamDeadlines.map(\.at).min() }
  }

  /// The broker has answered a SUBSCRIBE: the requests that waited for it go out.
  func granted(_ hold: StreamID, _ opening: StreamOpening) {
    let refused = opening.filters.first { $0.reasonCode.isFailure }
    let waiting = state.withLock { state -> Set<RequestID> in
      if state.hold?.id == hold {
        state.isGranted = refused == nil
        if refused != nil { state.hold = nil }
      }
      return state.waiting.removeValue(forKey: hold) ?? []
    }
    for request in waiting {
      guard let entry = state.withLock({ $0.desk[request] }) else { continue }
      if let refused {
        fail(request, Self.refusal(refused))
      } else if entry.receipt == nil {
        send(entry)
      }
    }
    if refused != nil { wiring.link?.sendReserved(.closeStream(hold)) }
  }

  private static func refusal(_ filter: StreamOpening.Filter) -> Problem {
    Problem(
      filter.reasonCode == .notAuthorized ? .brokerNotAuthorized : .brokerRejected,
      detail: "the broker refuses the reply topic '\(filter.filter)': \(filter.reasonCode)",
      members: PublishResponse.notKept
        + [.init("reason_code", .integer(Int(filter.reasonCode.rawValue)))])
  }

  private func send(_ entry: RequestDesk.Entry) {
    guard let prepared = entry.prepared else { return }
    do throws(Problem) {
      try publish(prepared, for: entry.request)
    } catch {
      fail(entry.request, PublishRoute.withKept(error))
    }
  }

  /// The bridge is stopping: nobody waits for replies any more, and what was sent was sent.
  func drain() {
    for request in state.withLock({ $0.desk.waitingRequests }) {
      guard let entry = finish(request) else { continue }
      var problem = PublishResponse.problem(.draining)
      if entry.receipt != nil {
        problem.detail = "the bridge is stopping, and the request is on its way"
        problem.members = RequestAnswer.known(entry) + [.init("kept", .boolean(true))]
      }
      end(entry, problem)
    }
  }

  private func fail(_ request: RequestID, _ problem: Problem) {
    if let entry = finish(request) { end(entry, problem) }
  }

  /// What became of the message of a request.
  func published(_ request: RequestID, _ receipt: PublishReceipt, _ answer: Publishing.Answer) {
    if case .finished(let outcome, _, _) = answer, !outcome.isFailure {
      return state.withLock { $0.desk.acknowledged(request, outcome) }
    }
    // Stored and not told anything more: the reply is still waited for.
    if case .pending = answer { return }
    guard case .problem(let problem) = PublishResponse.result(receipt, answer) else { return }
    fail(request, problem)
  }

  /// Whether a message that came is a reply and nothing else: it is for no stream and no log.
  ///
  /// `isOurCopy` says whether a copy that came for the subscription to this filter.
  func take(_ publish: Publish, isOurCopy: (String) -> Bool) -> Bool {
    let isUsual = Self.isBelow(usualBase, publish.topic)
    guard isUsual || isUsed.load(ordering: .acquiring) else { return false }
    let (isCommon, filter, waits) = state.withLock { state -> (Bool, String, Bool) in
      if let base = state.hold?.base, Self.isBelow(base, publish.topic) {
        return (true, base + "/+", true)
      }
      guard !isUsual else { return (true, usualBase + "/+", true) }
      return (false, publish.topic, state.desk.waits(at: publish.topic))
    }
    guard waits, !publish.isRetained, isOurCopy(filter) else { return isCommon }
    let (entry, isOver) = state.withLock { state -> (RequestDesk.Entry?, Bool) in
      let entry = state.desk.replied(publish)
      return (entry, entry.map { state.desk[$0.request] == nil } ?? false)
    }
    if let entry { deliver(publish, entry, isOver: isOver) }
    return isCommon
  }

  private static func isBelow(_ base: String, _ topic: String) -> Bool {
    topic.utf8.starts(with: base.utf8)
      && topic.utf8.dropFirst(base.utf8.count).first == UInt8(ascii: "/")
  }

  private func deliver(_ reply: Publish, _ entry: RequestDesk.Entry, isOver: Bool) {
    let stream = entry.request.stream
    if entry.question.form == .lines || entry.question.form == .events {
      let frame = RequestAnswer.frame(reply, entry.question.form)
      wiring.server?.deliver([.private(frame, streams: [stream])], toShard: stream.shard)
      if isOver { end(entry, nil) }
    } else if isOver {
      let response = RequestAnswer.response(entry, at: MonotonicClock.now())
      wiring.answer(entry.request, with: response)
    }
    if isOver { forget(entry) }
  }

  /// Ends the streams whose time is over.
  func timerFired(at now: Duration) {
    guard isUsed.load(ordering: .acquiring) else { return }
    let due = state.withLock { state in
      state.desk.streamDeadlines.filter { $0.at <= now }.map(\.request)
    }
    for request in due {
      if let entry = finish(request) { end(entry, nil) }
    }
  }
}
