import EventLoop
import HTTPFront
import MQTTClient
import Store
import Synchronization

/// Answers `GET /topics/{topic}` and `GET /retained`: from the last values of the store where the
/// setting `last_value` keeps them, else by a SUBSCRIBE of its own.
///
/// A question to the broker is a stream that never opens: it keeps the filter subscribed until it is
/// answered. Called on the http threads, the reader thread and the mqtt thread; the table is under a
/// lock that is never held while anything else is called.
final class TopicValues: Sendable {
  enum Kind: Sendable {
    case one(TopicQuestion)
    case page(RetainedQuestion, RetainedPage)

    var head: RequestHead {
      switch self {
      case .one(let question): question.head
      case .page(let question, _): question.head
      }
    }
  }

  struct Waiting: Sendable {
    var kind: Kind
    /// What the client has and waits for to change.
    var known: TopicValue?
    /// The question to the broker.
    var inquiry: StreamID?
  }

  struct State: Sendable {
    var waiting: [RequestID: Waiting] = [:]
    /// Who waits for another value of a topic.
    var followers: [String: Set<RequestID>] = [:]
    var inquiries: [StreamID: RequestID] = [:]
    /// When enough has been waited for retained messages, on the monotonic clock.
    var deadlines: [StreamID: Duration] = [:]
    var lastSerial: UInt64 = 0
  }

  /// Tells inquiries from streams, whose shards are not negative.
  static let shard = -2
  private static let inquiriesMaximum = 1000
  private static let followersMaximum = 10_000
  /// How long an answer of the broker to SUBSCRIBE may take.
  private static let grantWait = Duration.seconds(10)
  private static let rowsMaximum = 50_000

  let wiring: Wiring
  let rule: LastValueRule
  let retainedWait: Duration
  let state = Locked(State())
  /// How many requests wait, to be seen without the lock.
  let waitingCount = Atomic<Int>(0)

  init(_ wiring: Wiring, _ configuration: LastValueConfiguration) {
    self.wiring = wiring
    rule = LastValueRule(configuration.kept)
    retainedWait = configuration.retainedWait
  }

  /// Keeps the topics of last values subscribed, and brings their retained messages at its begin.
  static func hold(_ configuration: LastValueConfiguration) -> StreamRequest? {
    guard !configuration.kept.filters.isEmpty else { return nil }
    return StreamRequest(
      stream: StreamID(shard: shard, serial: 0), filters: configuration.kept.filters,
      maximumQoS: .exactlyOnce, wantsRetained: true, representation: Representation(),
      isHold: true)
  }

  func read(_ pathTopic: String?, _ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    let question = try TopicQuestion(pathTopic, request.head)
    try pass.checkTopic(question.topic)
    guard rule.keeps(question.topic) else {
      let filter: TopicFilter
      do throws(TopicFilter.Invalid) {
        filter = try TopicFilter(question.topic)
      } catch {
        throw Problem(.topicInvalid, detail: "'\(question.topic)': \(error)")
      }
      try ask(filter, .one(question), request.id)
      return .park(deadline: (question.wait ?? .zero) + Self.grantWait + retainedWait)
    }
    try begin(Waiting(kind: .one(question)), request.id)
    try lookUp(request.id)
    return .park(deadline: question.wait)
  }

  func list(_ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    let question = try RetainedQuestion(request.head)
    let deliveries = try pass.checkSubscribe([question.filter], .atMostOnce)
    let page = RetainedPage(
      limit: question.limit, cursor: question.cursor, guard: deliveries)
    guard rule.keepsAll(of: question.filter) else {
      try ask(question.filter, .page(question, page), request.id)
      return .park(deadline: Self.grantWait + retainedWait)
    }
    let isTaken = wiring.store?.read { [wiring] reader in
      let response = Self.page(question, page, reader)
      wiring.server?.answer(request.id, with: response)
    }
    guard isTaken == true else { throw Problem(.storeBusy, headers: ["Retry-After": "1"]) }
    return .park(deadline: nil)
  }

  private static func page(
    _ question: RetainedQuestion, _ empty: RetainedPage, _ reader: EventReader
  ) -> Response {
    var page = empty
    let prefix = question.prefix
    let goesOn =
      question.cursor.map { !$0.utf8.lexicographicallyPrecedes(prefix.utf8) } ?? false
    let from = goesOn ? question.cursor ?? "" : prefix
    do throws(StoreError) {
      var isPast = false
      let isEnd = try reader.lastValues(
        from: from, isBehind: goesOn, rowsMax: rowsMaximum
      ) { value in
        guard value.topic.utf8.starts(with: prefix.utf8) else {
          isPast = true
          return false
        }
        guard question.filter.matches(topic: value.topic), let found = TopicValue(value) else {
          return true
        }
        guard !page.isFull else { return false }
        page.add(found)
        return true
      }
      if !isEnd, !isPast { page.cut() }
      return page.answer(question, .cache)
    } catch {
      return Problem(.storeBusy, detail: "\(error)", headers: ["Retry-After": "1"])
        .response(to: question.head)
    }
  }

  private func begin(_ waiting: Waiting, _ request: RequestID) throws(Problem) {
    let isTaken = state.withLock { state in
      guard state.waiting.count < Self.followersMaximum else { return false }
      state.waiting[request] = waiting
      waitingCount.store(state.waiting.count, ordering: .releasing)
      if case .one(let question) = waiting.kind {
        state.followers[question.topic, default: []].insert(request)
      }
      return true
    }
    guard isTaken else { throw Self.tooMany }
  }

  private static var tooMany: Problem {
    Problem(
      .tooManyRequestsOutstanding, detail: "too many questions wait for their answer",
      headers: ["Retry-After": "1"])
  }

  /// Asks the broker for the retained messages of a filter.
  private func ask(_ filter: TopicFilter, _ kind: Kind, _ request: RequestID) throws(Problem) {
    guard wiring.status.snapshot.isConnected else {
      throw Problem(
        .brokerUnavailable, detail: "the broker is not connected, and no value is kept here",
        hint: "the setting last_value keeps values", headers: ["Retry-After": "1"])
    }
    let inquiry = state.withLock { state -> StreamID? in
      guard state.inquiries.count < Self.inquiriesMaximum else { return nil }
      state.lastSerial += 1
      let inquiry = StreamID(shard: Self.shard, serial: state.lastSerial)
      state.inquiries[inquiry] = request
      return inquiry
    }
    guard let inquiry else { throw Self.tooMany }
    do throws(Problem) {
      try begin(Waiting(kind: kind, inquiry: inquiry), request)
    } catch {
      state.withLock { $0.inquiries[inquiry] = nil }
      throw error
    }
    var stream = StreamRequest(
      stream: inquiry, filters: [filter], maximumQoS: .exactlyOnce, wantsRetained: true,
      representation: Representation(), isHold: true)
    stream.lingers = false
    guard wiring.link?.send(.openStream(stream)) == true else {
      _ = take(request)
      throw Problem(
        .storeBusy, detail: "too much is waiting for the broker connection",
        headers: ["Retry-After": "1"])
    }
  }

  /// Reads the value of the store, and answers where that is not what the client has.
  private func lookUp(_ request: RequestID) throws(Problem) {
    let isTaken = wiring.store?.read { [self] reader in
      guard case .one(let question)? = state.withLock({ $0.waiting[request]?.kind }) else { return }
      do throws(StoreError) {
        let value = try reader.lastValue(of: question.topic).flatMap(TopicValue.init)
        found(value, question, request)
      } catch {
        answer(request, Problem(.storeBusy, detail: "\(error)").response(to: question.head))
      }
    }
    guard isTaken == true else {
      _ = take(request)
      throw Problem(.storeBusy, headers: ["Retry-After": "1"])
    }
  }

  /// A topic has this value now: the answer, unless the client has it and waits for another.
  func found(_ value: TopicValue?, _ question: TopicQuestion, _ request: RequestID) {
    guard let value else { return answer(request, question.missing.response(to: question.head)) }
    if let wait = question.wait, question.knows(value) {
      return state.withLock { state in
        state.waiting[request]?.known = value
        guard let inquiry = state.waiting[request]?.inquiry else { return }
        state.deadlines[inquiry] = MonotonicClock.now() + wait
      }
    }
    answer(request, question.answer(value, at: WallClock.milliseconds()))
  }

  /// The last value of a topic is another one since the last commit; on the mqtt thread.
  func changed(_ topic: String) {
    let followers = state.withLock { $0.followers[topic] ?? [] }
    for request in followers {
      do throws(Problem) {
        try lookUp(request)
      } catch {
        wiring.server?.answer(request, with: error.response(to: nil))
      }
    }
  }

  /// The request has waited long enough; nil while the store has not answered.
  func deadlineReached(_ request: RequestID) -> Response? {
    let waiting = state.withLock { state -> Waiting? in
      guard let waiting = state.waiting[request] else { return nil }
      return waiting.known == nil && waiting.inquiry == nil ? nil : waiting
    }
    guard let waiting else { return nil }
    finish(request)
    if case .one(let question) = waiting.kind, let known = waiting.known {
      return question.answer(known, at: WallClock.milliseconds())
    }
    return Problem(
      .brokerUnavailable, detail: "the broker has not answered in time",
      headers: ["Retry-After": "1"]
    ).response(to: waiting.kind.head)
  }

  func clientLeft(_ request: RequestID) { finish(request) }

  func answer(_ request: RequestID, _ response: Response) {
    guard finish(request) else { return }
    wiring.server?.answer(request, with: response)
  }

  /// Forgets a request and lets go of its filter; false when it was forgotten already.
  @discardableResult
  func finish(_ request: RequestID) -> Bool {
    guard let waiting = take(request) else { return false }
    if let inquiry = waiting.inquiry { wiring.link?.sendReserved(.closeStream(inquiry)) }
    return true
  }

  private func take(_ request: RequestID) -> Waiting? {
    state.withLock { state in
      guard let waiting = state.waiting.removeValue(forKey: request) else { return nil }
      waitingCount.store(state.waiting.count, ordering: .releasing)
      if case .one(let question) = waiting.kind {
        state.followers[question.topic]?.remove(request)
        if state.followers[question.topic]?.isEmpty == true {
          state.followers[question.topic] = nil
        }
      }
      if let inquiry = waiting.inquiry {
        state.inquiries[inquiry] = nil
        state.deadlines[inquiry] = nil
      }
      return waiting
    }
  }
}
