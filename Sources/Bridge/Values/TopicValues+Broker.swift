import EventLoop
import HTTPFront
import MQTTClient
import Synchronization

/// What the broker says to questions; on the mqtt thread.
extension TopicValues {
  /// When `timerFired` has something to do.
  var nextDeadline: Duration? {
    guard waitingCount.load(ordering: .acquiring) > 0 else { return nil }
    return state.withLock { $0.deadlines.values.min() }
  }

  /// The broker has answered SUBSCRIBE: retained messages come now, if there are any.
  func granted(_ inquiry: StreamID, _ opening: StreamOpening, at now: Duration) {
    let asked = state.withLock { state in
      state.inquiries[inquiry].flatMap { request in
        state.waiting[request].map { (request, $0.kind.head) }
      }
    }
    guard let (request, head) = asked else { return }
    guard let refused = opening.filters.first(where: { $0.reasonCode.isFailure }) else {
      return state.withLock { state in
        guard state.waiting[request]?.known == nil else { return }
        state.deadlines[inquiry] = now + retainedWait
      }
    }
    let code: ProblemCode =
      refused.reasonCode == .notAuthorized ? .brokerNotAuthorized : .brokerRejected
    let problem = Problem(
      code, detail: "the broker refuses '\(refused.filter)': \(refused.reasonCode)",
      members: [.init("reason_code", .integer(Int(refused.reasonCode.rawValue)))])
    answer(request, problem.response(to: head))
  }

  /// A retained message came for these questions.
  func retained(_ publish: Publish, for inquiries: [StreamID], at now: Duration) {
    let value = TopicValue(publish, source: .broker)
    for inquiry in inquiries {
      let one = state.withLock { state -> (TopicQuestion, RequestID)? in
        guard let request = state.inquiries[inquiry], let waiting = state.waiting[request] else {
          return nil
        }
        switch waiting.kind {
        case .one(let question):
          state.deadlines[inquiry] = nil
          return (question, request)
        case .page(let question, var page):
          page.add(value)
          state.waiting[request]?.kind = .page(question, page)
          // Silence ends the page, and messages before SUBACK do not begin it.
          if state.deadlines[inquiry] != nil { state.deadlines[inquiry] = now + retainedWait }
          return nil
        }
      }
      if let (question, request) = one { found(value, question, request) }
    }
  }

  /// A message has been given out: whoever waits for another value of its topic hears of it.
  func gaveOut(_ publish: Publish) {
    guard waitingCount.load(ordering: .acquiring) > 0 else { return }
    guard !rule.keeps(publish.topic) else { return changed(publish.topic) }
    guard !publish.isRetained else { return }
    let waiting = state.withLock { state -> [(TopicQuestion, RequestID)] in
      (state.followers[publish.topic] ?? []).compactMap { request in
        guard case .one(let question)? = state.waiting[request]?.kind,
          state.waiting[request]?.known != nil
        else { return nil }
        return (question, request)
      }
    }
    for (question, request) in waiting {
      found(TopicValue(publish, source: .broker), question, request)
    }
  }

  /// Answers questions for which nothing more has come.
  func timerFired(at now: Duration) {
    let due = state.withLock { state in
      state.deadlines.filter { $0.value <= now }.compactMap { inquiry, _ -> (RequestID, Waiting)? in
        state.deadlines[inquiry] = nil
        guard let request = state.inquiries[inquiry], let waiting = state.waiting[request] else {
          return nil
        }
        return (request, waiting)
      }
    }
    for (request, waiting) in due {
      switch waiting.kind {
      case .one(let question):
        guard let known = waiting.known else {
          found(nil, question, request)
          continue
        }
        answer(request, question.answer(known, at: WallClock.milliseconds()))
      case .page(let question, let page): answer(request, page.answer(question, .broker))
      }
    }
  }
}
