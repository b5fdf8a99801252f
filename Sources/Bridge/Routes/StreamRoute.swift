import Access
import EventLoop
import HTTPFront
import MQTTClient
import Store

/// `GET`, `QUERY` and `POST /subscribe`: turns a request into a stream, or into a poll.
struct StreamRoute: Sendable {
  private static let retryMilliseconds = 2000
  private static let softRetryMilliseconds = 8000

  private var configuration: BridgeConfiguration { wiring.live.value }
  private let wiring: Wiring
  private let log: EventLogParts
  private let ledger: StreamLedger

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ log: EventLogParts,
    _ ledger: StreamLedger
  ) {
    self.ledger = ledger
    self.wiring = wiring
    self.log = log
  }

  func open(_ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    guard !wiring.isDraining else {
      throw Problem(.draining, detail: "the bridge is stopping", headers: ["Retry-After": "1"])
    }
    let head = request.head
    var parameters = try StreamParameters(
      GivenField.fields(of: head.query) + SubscribeBody.fields(request),
      topicsMaximum: configuration.streams.topicsPerStream)
    let format = try parameters.format(head.headers)
    if format == .ndjson { parameters.representation.form = .lines }
    if let name = parameters.subscription {
      return try consume(name, parameters, format, request, pass)
    }
    let deliveries = try pass.checkSubscribe(parameters.filters, parameters.highestQoS)
    if let limits = wiring.status.snapshot.limits { try Self.check(parameters.filters, limits) }
    let id = request.id.stream
    if parameters.rateMaximum != nil { try checkHistory(of: parameters.filters, for: "'max_rate'") }
    if format == .json { try checkHistory(of: parameters.filters, for: "a poll") }
    let (start, forbidsHistory) = try start(parameters.start, head, format, pass)
    guard head.method != "HEAD" else {
      return .respond(Response(status: 200, headers: headers(id, start, format)))
    }
    var stream = StreamRequest(
      stream: id, filters: parameters.filters, maximumQoS: parameters.maximumQoS,
      qosOfFilter: parameters.qosOfFilter,
      // Who resumes has had them, and the log has what changed since.
      wantsRetained: parameters.retained != .ignore && start == .live && format != .json,
      representation: parameters.representation, start: start, policy: parameters.policy,
      rateMaximum: parameters.rateMaximum, guard: deliveries, forbidsHistory: forbidsHistory)
    if let refused = try count(id, parameters, head, format, pass) { return refused }
    if format == .json {
      stream.isPoll = true
      return try poll(stream, parameters, head)
    }
    guard wiring.link?.send(.openStream(stream)) == true else {
      ledger.closed(id)
      throw Problem(
        .storeBusy, detail: "too much is waiting for the broker connection",
        headers: ["Retry-After": "1"])
    }
    wiring.openStreams.opened(stream, from: wiring.clientAddress(of: head))
    return .stream(streamHead(stream, parameters, headers(id, start, format)))
  }

  private func poll(
    _ stream: StreamRequest, _ parameters: StreamParameters, _ head: RequestHead
  ) throws(Problem) -> Answer {
    do throws(Problem) {
      return try log.polls.begin(stream, PollTerms(parameters, head.headers), head)
    } catch {
      ledger.closed(stream.stream)
      throw error
    }
  }

  private func checkHistory(of filters: [TopicFilter], for what: String) throws(Problem) {
    guard filters.allSatisfy({ configuration.history.filter.keepsAll(of: $0) }) else {
      throw Problem(
        .badParameter, detail: "\(what) needs topics that history keeps",
        hint: "see the settings history and history_except")
    }
  }

  /// Where the stream begins.
  ///
  /// A browser that reconnects must not be refused for the header that it sends by itself, so without the
  /// right to history it gets what comes from now on, and is told that something may be missing.
  private func start(
    _ fields: StreamStartFields, _ head: RequestHead, _ format: StreamFormat, _ pass: Pass
  ) throws(Problem) -> (StreamStart, forbidsHistory: Bool) {
    let header = head.headers["Last-Event-ID"]
    let start = try fields.start(header: header, at: WallClock.milliseconds())
    guard start != .live, !pass.caller.grants.history else { return (start, false) }
    // A poll would be told so again and again.
    guard format != .json, let header, !header.isEmpty, case .after = start else {
      try pass.checkHistory()
      return (start, false)
    }
    return (.live, true)
  }

  /// Counts a stream; the answer to one too many, unless that is a problem.
  private func count(
    _ id: StreamID, _ parameters: StreamParameters, _ head: RequestHead, _ format: StreamFormat,
    _ pass: Pass
  ) throws(Problem) -> Answer? {
    guard let refusal = ledger.opened(id, pass.caller, head) else { return nil }
    guard parameters.isSoft else {
      throw Problem(
        ProblemCode(refusal.code), detail: refusal.detail, headers: ["Retry-After": "5"])
    }
    let retry = StreamFrames.jitteredRetry(around: Self.softRetryMilliseconds)
    let close = StreamFrames.closeText(
      reason: refusal.code.rawValue, reconnects: true, retry: retry,
      as: parameters.representation.form)
    return .respond(Response(status: 200, headers: headers(id, format), body: close))
  }

  /// A consumer of a named subscription.
  private func consume(
    _ name: String, _ parameters: StreamParameters, _ format: StreamFormat, _ request: Request,
    _ pass: Pass
  ) throws(Problem) -> Answer {
    let id = request.id.stream
    let terms = try log.named.owned(name, by: pass).terms
    let pollTerms = try format == .json ? PollTerms(parameters, request.head.headers) : nil
    if pollTerms != nil, terms.isShared { throw Self.noSharedPoll }
    let deliveries = try pass.checkSubscribe(terms.filters, terms.maximumQoS)
    guard request.head.method != "HEAD" else {
      try log.named.checkConsumer(of: name, takeover: parameters.takeover)
      return .respond(Response(status: 200, headers: headers(id, format)))
    }
    if let refused = try count(id, parameters, request.head, format, pass) { return refused }
    let subscription: NamedSubscription
    do throws(Problem) {
      subscription = try log.named.attach(
        id, to: name, takeover: parameters.takeover,
        acknowledgesWrites: parameters.acknowledgesWrites)
    } catch {
      ledger.closed(id)
      throw error
    }
    let stream = StreamRequest(
      stream: id, filters: subscription.terms.filters,
      maximumQoS: subscription.terms.maximumQoS, wantsRetained: false,
      representation: parameters.representation, start: .cursor(subscription.cursor),
      rateMaximum: parameters.rateMaximum, guard: deliveries, subscription: name,
      isPoll: pollTerms != nil)
    if let pollTerms {
      return log.polls.consume(
        stream, subscription.currentOpening, pollTerms, request.head)
    }
    log.replays.begin(stream, subscription.currentOpening)
    wiring.openStreams.opened(stream, from: wiring.clientAddress(of: request.head))
    return .stream(streamHead(stream, parameters, headers(id, format)))
  }

  private static var noSharedPoll: Problem {
    Problem(
      .badParameter, detail: "a poll cannot consume a shared subscription",
      hint: "it would be gone before it could acknowledge: open a stream or a WebSocket")
  }

  private func streamHead(
    _ stream: StreamRequest, _ parameters: StreamParameters, _ headers: HeaderFields
  ) -> StreamHead {
    let heartbeat = parameters.heartbeat.map { Duration.seconds($0) }
    let form = stream.representation.form
    let retry = StreamFrames.jitteredRetry(around: Self.retryMilliseconds)
    let line = parameters.heartbeatIsEvent ? StreamFrames.heartbeatLine : StreamFrames.emptyLine
    let isEvents = form == .events
    var head = StreamHead(
      headers: headers, opening: isEvents ? StreamFrames.hello(retry: retry) : line,
      heartbeat: isEvents ? StreamFrames.heartbeat : line,
      heartbeatInterval: heartbeat ?? configuration.streams.heartbeat,
      writeStallLimit: configuration.streams.writeStall)
    head.heartbeatTellsPosition = isEvents || parameters.heartbeatIsEvent
    head.heartbeatKind = form.heartbeatKind
    head.whenBehind = whenBehind(stream)
    return head
  }

  /// What becomes of the stream when it cannot keep up.
  private func whenBehind(_ stream: StreamRequest) -> WhenBehind {
    let history = configuration.history.filter
    switch stream.policy {
    case .catchup, .conflate:
      // What is not kept cannot be brought later, so such a stream is told what it misses.
      let isKept = stream.filters.allSatisfy { history.keepsAll(of: $0) }
      return isKept ? .leave : .gap
    case .dropOldest: return .gap
    case .disconnect:
      let retry = StreamFrames.jitteredRetry(around: Self.retryMilliseconds)
      return .end(
        StreamFrames.close(
          reason: "slow", reconnects: true, retry: retry, as: stream.representation.form))
    }
  }

  private func headers(
    _ stream: StreamID, _ start: StreamStart, _ format: StreamFormat
  ) -> HeaderFields {
    var headers = headers(stream, format)
    switch start {
    case .live:
      let last = log.position.last
      let id = EventID(epoch: log.epoch, sequence: last.sequence, time: last.time)
      headers.append("Bridge-Last-Event-ID", id.description)
    case .after(let id): headers.append("Bridge-Last-Event-ID", id.description)
    case .earliest, .since, .newest, .cursor: break
    }
    return headers
  }

  private func headers(_ stream: StreamID, _ format: StreamFormat) -> HeaderFields {
    [
      "Content-Type": format.contentType,
      "Cache-Control": "no-store, no-transform",
      "X-Accel-Buffering": "no",
      "Bridge-Connection-Id": stream.description,
      "Vary": "Origin, Accept, Authorization, Cookie",
      "Accept-Query": SubscribeBody.mediaTypes,
    ]
  }

  /// Whether the broker has such filters at all.
  static func check(_ filters: [TopicFilter], _ limits: BrokerLimits) throws(Problem) {
    for filter in filters {
      if filter.isWildcard, !limits.wildcardSubscriptionsAvailable {
        throw Problem(.wildcardNotAvailable, detail: "'\(filter.text)' has a wildcard")
      }
      if filter.isShared, !limits.sharedSubscriptionsAvailable {
        throw Problem(.sharedNotAvailable, detail: "'\(filter.text)' is shared")
      }
    }
  }
}
