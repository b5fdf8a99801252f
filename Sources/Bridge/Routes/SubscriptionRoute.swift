import EventLoop
import HTTPFront
import JSONText
import MQTTClient
import Store

/// `PUT`, `GET`, `DELETE /subscriptions/{name}`, their list, and `POST …/ack`.
struct SubscriptionRoute: Sendable {
  /// How long a new subscription waits for the broker to grant its filters.
  private static let grantLimit = Duration.seconds(10)
  static let bodyBytesMax = 1 << 20

  private let configuration: BridgeConfiguration
  private let wiring: Wiring
  private let named: NamedSubscriptions

  init(_ configuration: BridgeConfiguration, _ wiring: Wiring, _ named: NamedSubscriptions) {
    self.configuration = configuration
    self.wiring = wiring
    self.named = named
  }

  func put(_ name: String, _ request: Request) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    guard SubscriptionTerms.isName(name) else {
      throw Problem(
        .badParameter, detail: "'\(name)' is not a name for a subscription",
        hint: "1 to 128 letters, digits, dots, hyphens and underscores")
    }
    let terms = try SubscriptionTerms(request.body)
    for filter in terms.filters where !configuration.history.filter.keepsAll(of: filter) {
      throw Problem(
        .badParameter, detail: "history does not keep all of '\(filter.text)'",
        hint: "a named subscription needs history for its topics: settings history, history_except")
    }
    guard !wiring.isDraining else {
      throw Problem(.draining, detail: "the bridge is stopping", headers: ["Retry-After": "1"])
    }
    let known = named.state.withLock { $0.subscriptions[name] }
    guard known != nil || named.count < NamedSubscriptions.namesMax else {
      throw Problem(
        .tooManySubscriptions, detail: "there are \(NamedSubscriptions.namesMax) already")
    }
    if var known, known.terms.filters == terms.filters, known.terms.maximumQoS == terms.maximumQoS {
      known.terms = terms
      named.keep(known, for: request.id, isNew: false)
      return .park(deadline: nil)
    }
    guard wiring.status.snapshot.isConnected else { throw Self.unavailable }
    let hold = named.nextHold()
    let subscription = NamedSubscription(
      name: name, terms: terms, hold: hold, storedCursor: known?.storedCursor ?? 0,
      cursor: known?.cursor ?? 0, createdAt: known?.createdAt ?? WallClock.milliseconds())
    named.state.withLock {
      $0.grants[hold] = .grant(request.id, request.head, subscription, isNew: known == nil)
    }
    wiring.link?.sendReserved(.openStream(NamedSubscriptions.holdRequest(hold, terms)))
    return .park(deadline: Self.grantLimit)
  }

  func get(_ name: String, _ request: Request) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    guard let subscription = named.state.withLock({ $0.subscriptions[name] }) else {
      throw NamedSubscriptions.unknown(name)
    }
    return .respond(.json(named.json(subscription), headers: NamedSubscriptions.headers))
  }

  func list(_ request: Request) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    let all = named.state.withLock { $0.subscriptions.values.sorted { $0.name < $1.name } }
    return .respond(
      .json(
        .object([.init("subscriptions", .array(all.map { named.json($0) }))]),
        headers: NamedSubscriptions.headers))
  }

  func delete(_ name: String, _ request: Request) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
    guard named.state.withLock({ $0.subscriptions[name] != nil }) else {
      throw NamedSubscriptions.unknown(name)
    }
    let token = named.nextToken(.remove(request.id, request.head, name))
    wiring.store?.removeSubscription(name: name, token: token)
    return .park(deadline: nil)
  }

  /// `{"id":"…"}` or `{"ids":["…","…"]}`.
  func acknowledge(_ name: String, _ request: Request) throws(Problem) -> Answer {
    try checkNoQuery(request.head)
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
    return try named.acknowledge(name, ids, request.id)
  }

  /// The broker has not granted the filters of this request in time; nil for any other request.
  func deadlineReached(_ request: RequestID) -> Response? {
    let found = named.state.withLock { state -> (StreamID, RequestHead)? in
      for (hold, waiting) in state.grants {
        if case .grant(request, let head, _, _) = waiting {
          state.grants[hold] = nil
          return (hold, head)
        }
      }
      return nil
    }
    guard let (hold, head) = found else { return nil }
    wiring.link?.sendReserved(.closeStream(hold))
    return Self.unavailable.response(to: head)
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
