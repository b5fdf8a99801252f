import EventLoop
import HTTPFront
import MQTTClient
import Store
import Synchronization

/// `POST /request`: publishes a message and answers with the reply to it.
///
/// One subscription brings the replies of all requests; who waits at a reply topic of its own has
/// one for it. Replies at the common topic are for the requests only: they reach neither the event
/// log nor the streams. Called on the http threads, the store thread and the mqtt thread; the desk is
/// under a lock that is never held while anything else is called.
final class Requests: Sendable {
  struct State: Sendable {
    var desk: RequestDesk
    /// The subscription to the common reply topic, and its filter.
    var hold: (id: StreamID, base: String)?
    var isGranted = false
    /// Requests whose subscription has no answer yet.
    var waiting: [StreamID: Set<RequestID>] = [:]
    var lastSerial: UInt64 = 0
  }

  /// Tells the subscriptions of requests from streams, whose shards are not negative.
  static let shard = -3
  private static let replyLevel = "reply"

  let wiring: Wiring
  let publisher: Publisher
  let state: Locked<State>
  private let configuration: BridgeConfiguration
  private let clientLevel: String
  /// Where replies come unless the broker wants them elsewhere, also those to an earlier process.
  let usualBase: String
  /// Whether there was ever a request, to be seen without the lock.
  let isUsed = Atomic<Bool>(false)

  init(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ publisher: Publisher,
    clientID: String
  ) {
    self.configuration = configuration
    self.wiring = wiring
    self.publisher = publisher
    clientLevel = String(clientID.map { "/+#$\0".contains($0) ? "-" : $0 })
    usualBase = configuration.requests.replyPrefix + "/" + clientLevel
    state = Locked(State(desk: RequestDesk(maximum: configuration.requests.outstanding)))
  }

  /// Takes a request: refuses it now, parks it, or makes it a stream.
  func ask(_ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    try ask(RequestQuestion(request), request, pass)
  }

  /// Takes a request that is read already.
  func ask(
    _ question: RequestQuestion, _ request: Request, _ pass: Pass
  ) throws(Problem) -> Answer {
    try check(question, pass)
    let status = wiring.status.snapshot
    guard !wiring.isDraining else { throw PublishResponse.problem(.draining) }
    guard status.isConnected || question.isQueued else {
      throw Problem(
        .brokerUnavailable, detail: "the broker is not connected, and a request is not stored",
        hint: "a late command is often worse than none; queue=true stores it all the same",
        headers: ["Retry-After": "1"])
    }
    isUsed.store(true, ordering: .releasing)
    let base = replyBase(status)
    var entry = RequestDesk.Entry(
      request: request.id, question: question, correlation: Self.drawCorrelation(),
      replyTopic: question.replyTopic ?? base + "/" + Self.replyLevel, begunAt: request.arrivedAt)
    // Everything that can be wrong with the message is said before anything waits.
    let draft = question.message(replyTopic: entry.replyTopic, correlation: entry.correlation)
    let prepared = try publisher.prepare(draft, request.head, status, pass)
    entry.prepared = prepared
    _ = try pass.takeRate()
    switch state.withLock({ $0.desk.began(entry) }) {
    case .full: throw Self.tooMany("too many requests wait for their replies")
    case .topicTaken: throw Self.tooMany("another request waits at '\(entry.replyTopic)'")
    case nil: break
    }
    do throws(Problem) {
      if try subscribe(entry, base) || question.isQueued { try publish(prepared, for: request.id) }
    } catch {
      finish(request.id)
      throw error
    }
    guard question.form == .lines || question.form == .events else {
      return .park(deadline: question.timeout)
    }
    _ = wiring.link?.send(.wake)
    let stream = request.id.stream
    wiring.server?.deliver([.start(stream, RequestAnswer.opening(question))], toShard: stream.shard)
    return .stream(RequestAnswer.head(question, heartbeat: configuration.streams.heartbeat))
  }

  private func check(_ question: RequestQuestion, _ pass: Pass) throws(Problem) {
    try pass.checkRequest(replyTopic: question.replyTopic)
    guard configuration.mqtt.version == .v5 || question.replyTopic != nil else {
      throw Problem(
        .mqtt5Required, detail: "with MQTT 3.1.1 a device cannot be told where to reply",
        hint: "give the topic where it does as reply_topic")
    }
  }

  private static func tooMany(_ detail: String) -> Problem {
    Problem(.tooManyRequestsOutstanding, detail: detail, headers: ["Retry-After": "1"])
  }

  private static func drawCorrelation() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).flatMap { _ -> [UInt8] in
      let word: UInt64 = generator.next()
      return (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
  }

  /// What all reply topics of this bridge begin with, as the broker wants it or as it is set.
  private func replyBase(_ status: BrokerStatus.Snapshot) -> String {
    status.limits?.responseInformation.map { $0 + "/" + clientLevel } ?? usualBase
  }

  /// Sees to it that replies will come; true when the broker has granted that already.
  private func subscribe(_ entry: RequestDesk.Entry, _ base: String) throws(Problem) -> Bool {
    let filterText = entry.question.replyTopic ?? base + "/+"
    let filter: TopicFilter
    do throws(TopicFilter.Invalid) {
      filter = try TopicFilter(filterText)
    } catch {
      throw Problem(.internal, detail: "the reply filter '\(filterText)': \(error)")
    }
    let isCommon = entry.question.replyTopic == nil
    let (hold, isNew, old, isGranted) = state.withLock {
      state -> (StreamID, Bool, StreamID?, Bool) in
      if isCommon, let hold = state.hold, hold.base == base {
        if !state.isGranted { state.waiting[hold.id, default: []].insert(entry.request) }
        return (hold.id, false, nil, state.isGranted)
      }
      state.lastSerial += 1
      let id = StreamID(shard: Self.shard, serial: state.lastSerial)
      let old = isCommon ? state.hold?.id : nil
      if isCommon {
        state.hold = (id, base)
        state.isGranted = false
      } else {
        state.desk.held(entry.request, by: id)
      }
      state.waiting[id, default: []].insert(entry.request)
      return (id, true, old, false)
    }
    if let old { wiring.link?.sendReserved(.closeStream(old)) }
    guard isNew else { return isGranted }
    var stream = StreamRequest(
      stream: hold, filters: [filter], maximumQoS: .exactlyOnce, wantsRetained: false,
      representation: Representation(), isHold: true)
    stream.lingers = false
    wiring.link?.sendReserved(.openStream(stream))
    return false
  }

  /// Sends the message of a request.
  func publish(_ prepared: PreparedPublish, for request: RequestID) throws(Problem) {
    state.withLock { $0.desk.published(request, prepared.receipt) }
    try publisher.publish(prepared, for: .question(request))
  }

  /// The client left, or the request is answered: everything about it is forgotten.
  @discardableResult
  func finish(_ request: RequestID) -> RequestDesk.Entry? {
    let entry = state.withLock { state -> RequestDesk.Entry? in
      for hold in state.waiting.keys { state.waiting[hold]?.remove(request) }
      return state.desk.remove(request)
    }
    if let entry { forget(entry) }
    return entry
  }

  /// Lets go of what an entry that has left the desk still holds.
  func forget(_ entry: RequestDesk.Entry) {
    publisher.forget(.question(entry.request))
    if let hold = entry.hold { wiring.link?.sendReserved(.closeStream(hold)) }
  }

  func clientLeft(_ request: RequestID) {
    guard isUsed.load(ordering: .acquiring) else { return }
    finish(request)
  }

  func streamClosed(_ stream: StreamID) {
    clientLeft(RequestID(shard: stream.shard, serial: stream.serial))
  }

  /// The time of a parked request is over.
  func deadlineReached(_ request: RequestID) -> Response? {
    guard isUsed.load(ordering: .acquiring), let entry = finish(request) else { return nil }
    return timedOut(entry)
  }

  private func timedOut(_ entry: RequestDesk.Entry) -> Response {
    guard entry.replies.isEmpty else {
      return RequestAnswer.response(entry, at: MonotonicClock.now())
    }
    return RequestAnswer.timeout(entry).response(to: entry.question.head)
  }

  /// Ends a request that has left the desk with a problem, or as one whose time is over.
  func end(_ entry: RequestDesk.Entry, _ problem: Problem?) {
    let stream = entry.request.stream
    switch entry.question.form {
    case .lines, .events:
      let last = RequestAnswer.end(entry, problem)
      wiring.server?.deliver([.end(stream, last: last)], toShard: stream.shard)
    case .raw, .json:
      let response = problem?.response(to: entry.question.head) ?? timedOut(entry)
      wiring.answer(entry.request, with: response)
    }
  }
}
