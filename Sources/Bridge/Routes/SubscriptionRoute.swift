import EventLoop
import HTTPFront
import JSONText
import MQTTClient
import Store

/// `PUT`, `GET`, `DELETE /subscriptions/{name}`, their list, and `POST …/ack`.
struct SubscriptionRoute: Sendable {
  /// How long a new subscription waits for the broker to grant its filters.
  private static let grantLimit = Duration.seconds(10)
  /// How long a request waits for the disk.
  private static let storeLimit = Duration.seconds(10)
  static let bodyBytesMax = 1 << 20

  private let configuration: BridgeConfiguration
  private let wiring: Wiring
  private let log: EventLogParts
  private var named: NamedSubscriptions { log.named }

  init(_ configuration: BridgeConfiguration, _ wiring: Wiring, _ log: EventLogParts) {
    self.configuration = configuration
    self.wiring = wiring
    self.log = log
  }

  func put(_ name: String, _ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    guard SubscriptionTerms.isName(name) else {
      throw Problem(
        .badParameter, detail: "'\(name)' is not a name for a subscription",
        hint: "1 to 128 letters, digits, dots, hyphens and underscores")
    }
    let terms = try SubscriptionTerms(request.body)
    _ = try pass.checkSubscribe(terms.filters, terms.maximumQoS)
    for filter in terms.filters where !configuration.history.filter.keepsAll(of: filter) {
      throw Problem(
        .badParameter, detail: "history does not keep all of '\(filter.text)'",
        hint: "a named subscription needs history for its topics: settings history, history_except")
    }
    guard !wiring.isDraining else {
      throw Problem(.draining, detail: "the bridge is stopping", headers: ["Retry-After": "1"])
    }
    let known = named.state.withLock { $0.subscriptions[name] }
    if let known, !pass.owns(known.owner), !pass.isOpen {
      throw Problem(.subscriptionInUse, detail: "'\(name)' belongs to somebody else")
    }
    guard known != nil || named.count < NamedSubscriptions.namesMax else {
      throw Problem(
        .tooManySubscriptions, detail: "there are \(NamedSubscriptions.namesMax) already")
    }
    if var known, known.terms.filters == terms.filters, known.terms.maximumQoS == terms.maximumQoS {
      known.terms = terms
      named.keep(known, for: request.id, request.head, isNew: false, ownsHold: false)
      return .park(deadline: Self.storeLimit)
    }
    guard wiring.status.snapshot.isConnected else { throw Self.unavailable }
    let hold = named.nextHold()
    let subscription = NamedSubscription(
      name: name, terms: terms, hold: hold, storedCursor: known?.storedCursor ?? 0,
      cursor: known?.cursor ?? 0, createdAt: known?.createdAt ?? WallClock.milliseconds(),
      owner: known?.owner ?? pass.account)
    named.state.withLock {
      $0.grants[hold] = .grant(request.id, request.head, subscription, isNew: known == nil)
    }
    wiring.link?.sendReserved(.openStream(NamedSubscriptions.holdRequest(hold, terms)))
    return .park(deadline: Self.grantLimit)
  }

  func get(_ name: String, _ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    let subscription = try named.owned(name, by: pass)
    return .respond(.json(named.json(subscription), headers: NamedSubscriptions.headers))
  }

  func list(_ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    let all = named.state.withLock { $0.subscriptions.values.sorted { $0.name < $1.name } }
      .filter { pass.owns($0.owner) }
    return .respond(
      .json(
        .object([.init("subscriptions", .array(all.map { named.json($0) }))]),
        headers: NamedSubscriptions.headers))
  }

  func delete(_ name: String, _ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    _ = try named.owned(name, by: pass)
    let token = named.nextToken(.remove(request.id, request.head, name))
    wiring.store?.removeSubscription(name: name, token: token)
    return .park(deadline: Self.storeLimit)
  }

  /// `{"id":"…"}` or `{"ids":["…","…"]}`.
  func acknowledge(_ name: String, _ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    _ = try named.owned(name, by: pass)
    guard case .object(let members) = try FieldText.json(request.body).value else {
      throw Problem(.badJSON, detail: "the body must be one JSON object", hint: #"{"id":"…"}"#)
    }
    var texts: [String] = []
    for member in members where !member.name.hasPrefix("x_") {
      switch (member.name, member.node.value) {
      case ("id", .string(let text)): texts.append(text)
      case ("ids", .array(let elements)):
        for element in elements {
          guard case .string(let text) = element.value else {
            throw Problem(.badParameter, detail: "'ids' must be an array of strings")
          }
          texts.append(text)
        }
      default:
        throw Problem(
          .unknownParameter, detail: "'\(member.name)' cannot be understood here",
          hint: "the fields are id, a string, and ids, an array of strings")
      }
    }
    guard !texts.isEmpty else {
      throw Problem(.badParameter, detail: "no event id given", hint: #"{"id":"…"}"#)
    }
    var ids: [EventID] = []
    for text in texts {
      guard let id = EventID(text) else {
        throw Problem(.badEventID, detail: "'\(text)' is not the id of an event")
      }
      ids.append(id)
    }
    let wasFull = named.hasFullConsumer(name)
    let acknowledged = try named.acknowledge(name, ids, request)
    if wasFull { log.replays.headMoved() }
    switch acknowledged {
    case .nothing: return .respond(Response(status: 204))
    case .noted: return .park(deadline: Self.storeLimit)
    }
  }

  /// The broker or the disk has not answered in time; nil for any other request.
  func deadlineReached(_ request: RequestID) -> Response? {
    guard let (hold, head) = named.gaveUp(request) else { return nil }
    if let hold {
      wiring.link?.sendReserved(.closeStream(hold))
      return Self.unavailable.response(to: head)
    }
    return Problem(
      .storeBusy, detail: "the disk has not taken it yet; it is noted as soon as it can be",
      headers: ["Retry-After": "1"]
    ).response(to: head)
  }

  func clientLeft(_ request: RequestID) { named.clientLeft(request) }

  private func checkNoQuery(_ head: RequestHead) throws(Problem) {
    guard let parameter = head.query.parameters.first else { return }
    let name = (try? parameter.name) ?? "?"
    throw Problem(.unknownParameter, detail: "there is no parameter '\(name)' here")
  }

  private static var unavailable: Problem {
    Problem(
      .brokerUnavailable, detail: "the broker must grant the filters, and is not connected",
      headers: ["Retry-After": "1"])
  }
}
