import EventLoop
import HTTPFront
import MQTTClient
import Store

/// The named subscriptions: they outlive their consumers, and both processes.
///
/// Each keeps its filters subscribed at the broker and a cursor in the store, up to which everything
/// is acknowledged. What was not is given out again to the next consumer. Called on the http threads,
/// the mqtt thread, the store thread and the reader thread; the table is under a lock that is never
/// held while anything else is called.
final class NamedSubscriptions: Sendable {
  /// Who waits for what.
  enum Waiting: Sendable {
    /// For the broker's answer to the filters.
    case grant(RequestID, RequestHead, NamedSubscription, isNew: Bool)
    /// For the store; with a hold that was made for it, or the one that it has.
    case keep(RequestID, RequestHead, NamedSubscription, isNew: Bool, ownsHold: Bool)
    case remove(RequestID, RequestHead, String)

    /// The request whose client waits.
    var request: (RequestID, RequestHead) {
      switch self {
      case .grant(let request, let head, _, _), .keep(let request, let head, _, _, _),
        .remove(let request, let head, _):
        (request, head)
      }
    }
  }

  struct State: Sendable {
    var subscriptions: [String: NamedSubscription] = [:]
    var grants: [StreamID: Waiting] = [:]
    var answers: [UInt64: Waiting] = [:]
    /// Requests that wait until a cursor is noted.
    var acknowledgements: [String: [Acknowledgement]] = [:]
    var lastSerial: UInt64 = 0
    /// The subscription whose cursor was last looked at, and how often that has been done.
    var lastPassed = ""
    var passes = 0
  }

  /// A request that waits until the store has noted a cursor.
  struct Acknowledgement: Sendable {
    let request: RequestID
    let head: RequestHead
    let cursor: Int64
  }

  static let namesMax = 10_000

  let wiring: Wiring
  let epoch: String
  let position: LogPosition
  let state = Locked(State())

  init(_ wiring: Wiring, epoch: String, position: LogPosition) {
    self.wiring = wiring
    self.epoch = epoch
    self.position = position
  }

  var count: Int { state.withLock { $0.subscriptions.count } }

  /// What earlier processes kept; the requests keep the filters subscribed.
  func restore(_ stored: [StoredSubscription]) -> [StreamRequest] {
    stored.compactMap { stored in
      guard WebhookName(row: stored.name) == nil,
        let terms = try? SubscriptionTerms(stored.config)
      else { return nil }
      let hold = nextHold()
      var subscription = NamedSubscription(
        name: stored.name, terms: terms, hold: hold, storedCursor: stored.cursor,
        cursor: stored.cursor, createdAt: stored.createdAt,
        owner: SubscriptionTerms.owner(in: stored.config))
      if terms.isShared { subscription.shared = SharedDispatch(after: stored.cursor) }
      state.withLock { $0.subscriptions[stored.name] = subscription }
      return Self.holdRequest(hold, terms)
    }
  }

  /// The broker has answered for the filters of a subscription; on the mqtt thread.
  func granted(_ hold: StreamID, _ opening: StreamOpening) {
    let waiting = state.withLock { state in
      for (name, subscription) in state.subscriptions where subscription.hold == hold {
        state.subscriptions[name]?.opening = opening
      }
      return state.grants.removeValue(forKey: hold)
    }
    guard case .grant(let request, let head, var subscription, let isNew)? = waiting else { return }
    guard opening.filters.contains(where: { !$0.reasonCode.isFailure }) else {
      wiring.link?.sendReserved(.closeStream(hold))
      let codes = opening.filters.map { "\($0.filter): \($0.reasonCode)" }.joined(separator: ", ")
      let problem = Problem(.brokerRejected, detail: "the broker refuses every filter: \(codes)")
      wiring.answer(request, with: problem.response(to: head))
      return
    }
    subscription.opening = opening
    keep(subscription, for: request, head, isNew: isNew, ownsHold: true)
  }

  /// Notes a subscription in the store; `kept` follows.
  func keep(
    _ subscription: NamedSubscription, for request: RequestID, _ head: RequestHead, isNew: Bool,
    ownsHold: Bool
  ) {
    let token = nextToken(.keep(request, head, subscription, isNew: isNew, ownsHold: ownsHold))
    wiring.store?.keep(
      StoredSubscription(
        name: subscription.name, config: subscription.terms.stored(owner: subscription.owner),
        cursor: isNew ? -1 : subscription.storedCursor,
        holdAge: Int64(subscription.terms.maximumAge / .milliseconds(1)),
        createdAt: subscription.createdAt),
      token: token)
  }

  /// A subscription that is the caller's business; others are as unknown as those that never were.
  func owned(_ name: String, by pass: Pass) throws(Problem) -> NamedSubscription {
    guard let subscription = state.withLock({ $0.subscriptions[name] }),
      pass.owns(subscription.owner)
    else { throw Self.unknown(name) }
    return subscription
  }

  func end(_ id: StreamID, reason: String, reconnects: Bool = false) {
    if wiring.polls?.ended(id, reason: reason) == true { return }
    let retry = reconnects ? StreamFrames.jitteredRetry(around: 1000) : nil
    let form = wiring.openStreams.form(of: id)
    let frame = StreamFrames.close(
      reason: reason, reconnects: reconnects, retry: retry, as: form)
    wiring.server?.deliver([.end(id, last: frame)], toShard: id.shard)
  }

  func nextToken(_ waiting: Waiting) -> UInt64 {
    state.withLock { state in
      state.lastSerial += 1
      state.answers[state.lastSerial] = waiting
      return state.lastSerial
    }
  }

  func nextHold() -> StreamID {
    state.withLock { state in
      state.lastSerial += 1
      return StreamID(shard: -1, serial: state.lastSerial)
    }
  }

  /// What keeps the filters subscribed at the broker, as if a stream wanted them.
  static func holdRequest(_ hold: StreamID, _ terms: SubscriptionTerms) -> StreamRequest {
    StreamRequest(
      stream: hold, filters: terms.filters, maximumQoS: terms.maximumQoS, wantsRetained: false,
      representation: Representation(), isHold: true)
  }

  static let headers: HeaderFields = ["Cache-Control": "no-store"]

  func json(_ subscription: NamedSubscription) -> JSONValue {
    var members: [JSONValue.Member] = [.init("name", .string(subscription.name))]
    members += subscription.terms.members
    members += [
      .init("cursor", .string("\(epoch)-\(subscription.storedCursor)")),
      .init(
        "behind", .integer(Int(clamping: max(0, position.last.sequence - subscription.cursor)))),
      .init("consumers", .integer(subscription.consumers.count)),
      .init("unacknowledged", .integer(subscription.shared?.heldCount ?? 0)),
      .init(
        "created_at", .string(Timestamp(milliseconds: subscription.createdAt).description)),
    ]
    return .object(members)
  }
}
