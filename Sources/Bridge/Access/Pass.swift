import Access
import HTTPFront
import MQTTClient

/// A request's caller, and what it may do; every route asks it before anything happens.
struct Pass: Sendable {
  let caller: Caller
  private let desk: AccessDesk

  init(_ caller: Caller, _ desk: AccessDesk) {
    self.caller = caller
    self.desk = desk
  }

  /// What idempotency keys, messages and named subscriptions belong to; empty where nobody is asked.
  var account: String { caller.account }

  var isAdmin: Bool { caller.grants.admin }

  /// Whether nobody is asked who they are.
  var isOpen: Bool { desk.isOpen }

  func checkPublish(_ publish: Publish) throws(Problem) {
    try SafeText.check(publish)
    try check(
      caller.grants.mayPublish(
        topic: publish.topic, qos: publish.qos, retain: publish.isRetained))
  }

  /// Whether the caller's credential is still good, where a request takes long.
  func checkExpiry() throws(Problem) {
    guard let end = desk.end(of: caller), AccessDesk.now.wall >= end else { return }
    let detail = "the credential ended before this came"
    throw desk.problem(Refusal(.tokenExpired, detail), caller)
  }

  /// Counts messages against the caller's rate; the headers for the answer.
  func takeRate(_ count: Int = 1) throws(Problem) -> HeaderFields {
    try desk.take(count, for: caller)
  }

  /// Whether the caller may wait for replies, at a topic of its own too.
  func checkRequest(replyTopic: String?) throws(Problem) {
    try check(caller.grants.mayRequest)
    if let replyTopic { try checkTopic(replyTopic) }
  }

  /// Whether the newest message of one topic may be read.
  func checkTopic(_ topic: String) throws(Problem) {
    try SafeText.check(topic: topic)
    let filter: TopicFilter
    do throws(TopicFilter.Invalid) {
      filter = try TopicFilter(topic)
    } catch {
      throw Problem(.topicInvalid, detail: "'\(topic)': \(error)")
    }
    try check(caller.grants.maySubscribe(filter, qos: .atMostOnce))
    guard caller.grants.mayReceive(topic: topic, qos: .atMostOnce) else {
      let detail = "the topic '\(topic)' is denied"
      throw desk.problem(Refusal(.topicForbidden, detail), caller)
    }
  }

  /// Whether every one of the filters may be subscribed to; what their messages must pass then.
  func checkSubscribe(
    _ filters: [TopicFilter], _ qos: QoS
  ) throws(Problem) -> DeliveryGuard? {
    try checkSubscribe(filters.map { ($0, qos) })
  }

  /// Whether every filter may be subscribed to with its QoS; what their messages must pass then.
  func checkSubscribe(_ filters: [(filter: TopicFilter, qos: QoS)]) throws(Problem)
    -> DeliveryGuard?
  {
    try SafeText.check(filters.map(\.filter))
    for (filter, qos) in filters { try check(caller.grants.maySubscribe(filter, qos: qos)) }
    return caller.grants.deliveryGuard(for: filters)
  }

  /// Whether stored messages of these filters may be read, with whatever QoS is granted.
  func checkRead(_ filters: [TopicFilter]) throws(Problem) -> DeliveryGuard? {
    try checkHistory()
    let levels = [QoS.atMostOnce, .atLeastOnce, .exactlyOnce]
    let granted = levels.first { qos in
      filters.allSatisfy { caller.grants.maySubscribe($0, qos: qos).isGranted }
    }
    return try checkSubscribe(filters, granted ?? .atMostOnce)
  }

  /// Whether the page that asks for a WebSocket may have one.
  func checkWebSocket(_ head: RequestHead) throws(Problem) {
    let origin = head.headers["Origin"]
    try check(desk.checkWebSocket(origin: origin, caller))
  }

  func checkHistory() throws(Problem) { try check(caller.grants.mayReadHistory) }

  func checkAdmin() throws(Problem) { try check(caller.grants.mayAdminister) }

  /// Whether something of this owner is the caller's business.
  func owns(_ owner: String) -> Bool {
    isAdmin || (!owner.isEmpty && owner.utf8.elementsEqual(account.utf8))
  }

  /// A ticket for a part of what the caller may subscribe to.
  func ticket(topics: [TopicFilter], seconds: Int64?) throws(Problem) -> Tickets.Issued {
    try SafeText.check(topics)
    return try desk.issueTicket(
      to: caller, topics: topics, seconds: seconds ?? desk.configuration.ticketSeconds)
  }

  private func check(_ decision: Decision) throws(Problem) {
    if case .refused(let refusal) = decision { throw desk.problem(refusal, caller) }
  }
}
