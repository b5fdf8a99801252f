import DequeModule
import OrderedCollections

/// The subscriptions the broker serves for us, and the requests to change them.
///
///     request ─▶ queued ──flush──▶ in flight ──SUBACK or UNSUBACK──▶ answered
///     link lost: in flight ─▶ queued, in the old order
///     session lost: every subscription that we had is queued again, before all requests
///
/// Requests are taken apart into filters. A flush packs the filters that were collected since the
/// last one into as few packets as the order of changes and the subscription identifiers allow: a
/// packet has one identifier, and no filter overtakes an earlier change of the same filter.
///
/// Answers count in the order of the requests, whatever the order in which they come. Otherwise an
/// old request whose answer the link took with it would be repeated after a newer one.
struct Subscriptions: ~Copyable {
  private struct Known {
    let subscription: Subscription
    let extras: SubscriptionElement.Extras
    let sequence: UInt64
  }

  private struct Request {
    let operation: SubscriptionElement.Operation
    var codes: [ReasonCode]
    var openCount: Int
    var reasonString: String?
  }

  private let options: SessionOptions
  private var known: [String: Known] = [:]
  private var requests: [UInt64: Request] = [:]
  private var queue = Deque<SubscriptionElement>()
  /// In the order of sending; an answered packet stays until it is first.
  private var inFlight = Deque<SubscriptionPacket>()
  private var nextSequence: UInt64 = 0
  private var limits: BrokerLimits?
  private(set) var strayCount = 0

  init(_ options: SessionOptions) { self.options = options }

  var count: Int { known.count }
  var queuedCount: Int { queue.count }
  var inFlightCount: Int { inFlight.count }
  /// Without those that only restore what the broker has lost.
  var openRequestCount: Int { requests.count }

  var nextDeadline: Duration? {
    inFlight.first.map { $0.sentAt + options.acknowledgementTimeout }
  }

  mutating func subscribe(_ request: SubscribeRequest, _ actions: inout [SessionAction]) {
    let extras = SubscriptionElement.Extras(
      subscriptionIdentifier: request.subscriptionIdentifier,
      userProperties: request.userProperties)
    add(request.key, .subscribe, request.subscriptions, extras, &actions)
  }

  mutating func unsubscribe(
    key: UInt64, filters: [String], userProperties: [UserProperty] = [],
    _ actions: inout [SessionAction]
  ) {
    let extras = SubscriptionElement.Extras(
      subscriptionIdentifier: nil, userProperties: userProperties)
    add(key, .unsubscribe, filters.map { Subscription($0) }, extras, &actions)
  }

  private mutating func add(
    _ key: UInt64, _ operation: SubscriptionElement.Operation, _ subscriptions: [Subscription],
    _ extras: SubscriptionElement.Extras, _ actions: inout [SessionAction]
  ) {
    precondition(requests[key] == nil, "request \(key) is unanswered and cannot be made again")
    let count = subscriptions.count
    var request = Request(
      operation: operation, codes: Array(repeating: .quotaExceeded, count: count),
      openCount: count)
    guard count > 0, queue.count <= options.queuedFiltersMaximum - count else {
      request.openCount = 0
      return answer(key, request, &actions)
    }
    requests[key] = request
    for (index, subscription) in subscriptions.enumerated() {
      queue.append(
        SubscriptionElement(
          operation: operation, subscription: subscription, extras: extras,
          owner: .request(key: key, index: index)))
    }
  }

  mutating func linkLost(_ ids: inout PacketIDs) {
    limits = nil
    while let packet = inFlight.popLast() {
      ids.release(packet.packetID)
      queue.prepend(contentsOf: packet.elements)
    }
  }

  /// Restores our subscriptions unless the broker certainly has them.
  mutating func linkAccepted(_ limits: BrokerLimits, _ continuity: SessionContinuity) {
    self.limits = limits
    guard continuity != .kept else { return }
    queue.removeAll { $0.owner == .restoration }
    guard options.resubscribe else { return known.removeAll() }
    let lost = known.values.sorted { $0.sequence < $1.sequence }
    queue.prepend(
      contentsOf: lost.map { entry in
        var subscription = entry.subscription
        if options.version == .v5 {
          subscription.retainHandling = options.resubscribeRetainHandling
        }
        return SubscriptionElement(
          operation: .subscribe, subscription: subscription, extras: entry.extras,
          owner: .restoration)
      })
  }

  /// Sends what was collected.
  mutating func flush(
    _ ids: inout PacketIDs, at now: Duration, _ actions: inout [SessionAction]
  ) {
    guard let limits else { return }
    while let head = queue.first {
      var unsent: [SubscriptionElement] = []
      for group in takeRun(head.operation, limits, &actions) {
        let overhead = SubscriptionPacket.overhead + (group.first?.extras.bytes ?? 0)
        for elements in SubscriptionPacking.pack(
          group, countMaximum: options.filtersPerPacketMaximum,
          bytesMaximum: limits.maximumPacketSize - overhead)
        {
          guard unsent.isEmpty, let id = ids.allocate() else {
            unsent += elements
            continue
          }
          send(elements, id, at: now, &actions)
        }
      }
      guard unsent.isEmpty else { return queue.prepend(contentsOf: unsent) }
    }
  }

  /// The filters at the head of the queue that may share packets, one group per extras.
  private mutating func takeRun(
    _ operation: SubscriptionElement.Operation, _ limits: BrokerLimits,
    _ actions: inout [SessionAction]
  ) -> [[SubscriptionElement]] {
    var seen = Set<String>()
    var groups = OrderedDictionary<SubscriptionElement.Extras, [SubscriptionElement]>()
    while let element = queue.first, element.operation == operation,
      seen.insert(element.subscription.filter).inserted
    {
      queue.removeFirst()
      if let code = element.refusal(limits, version: options.version) {
        settle(element, code, reasonString: nil, &actions)
      } else {
        var extras = options.version == .v5 ? element.extras : .none
        if !limits.subscriptionIdentifiersAvailable { extras.subscriptionIdentifier = nil }
        groups[extras, default: []].append(element)
      }
    }
    return Array(groups.values)
  }

  private mutating func send(
    _ elements: [SubscriptionElement], _ id: PacketID, at now: Duration,
    _ actions: inout [SessionAction]
  ) {
    guard let first = elements.first, let limits else { return }
    let userProperties = options.version == .v5 ? first.extras.userProperties : []
    switch first.operation {
    case .subscribe:
      let hasIdentifiers = limits.subscriptionIdentifiersAvailable
      actions.append(
        .send(
          .subscribe(
            Subscribe(
              packetID: id, subscriptions: elements.map(\.subscription),
              subscriptionIdentifier: hasIdentifiers ? first.extras.subscriptionIdentifier : nil,
              userProperties: userProperties))))
    case .unsubscribe:
      let filters = elements.map(\.subscription.filter)
      actions.append(
        .send(
          .unsubscribe(
            Unsubscribe(packetID: id, filters: filters, userProperties: userProperties))))
    }
    inFlight.append(SubscriptionPacket(packetID: id, elements: elements, sentAt: now))
  }

  mutating func received(
    _ ack: SubscribeAck, _ ids: inout PacketIDs, _ actions: inout [SessionAction]
  ) throws(ProtocolViolation) {
    try answered(
      ack.packetID, .subscribe, ack.reasonCodes, ack.reasonString, &ids, &actions)
  }

  mutating func received(
    _ ack: UnsubscribeAck, _ ids: inout PacketIDs, _ actions: inout [SessionAction]
  ) throws(ProtocolViolation) {
    var codes = ack.reasonCodes
    if options.version == .v311, let index = unanswered(ack.packetID, .unsubscribe) {
      codes = Array(repeating: .success, count: inFlight[index].elements.count)
    }
    try answered(ack.packetID, .unsubscribe, codes, ack.reasonString, &ids, &actions)
  }

  private func unanswered(
    _ id: PacketID, _ operation: SubscriptionElement.Operation
  ) -> Int? {
    inFlight.firstIndex {
      $0.packetID == id && $0.codes == nil && $0.elements.first?.operation == operation
    }
  }

  private mutating func answered(
    _ id: PacketID, _ operation: SubscriptionElement.Operation, _ codes: [ReasonCode],
    _ reasonString: String?, _ ids: inout PacketIDs, _ actions: inout [SessionAction]
  ) throws(ProtocolViolation) {
    guard let index = unanswered(id, operation) else {
      strayCount &+= 1
      return
    }
    // One code per filter. [MQTT-3.8.4-6] [MQTT-3.11.3-1]
    guard codes.count == inFlight[index].elements.count else {
      throw ProtocolViolation(.protocolError)
    }
    inFlight[index].codes = codes
    inFlight[index].reasonString = reasonString
    while let packet = inFlight.first, let codes = packet.codes {
      inFlight.removeFirst()
      ids.release(packet.packetID)
      for (element, code) in zip(packet.elements, codes) {
        settle(element, code, reasonString: packet.reasonString, &actions)
      }
    }
  }

  private mutating func settle(
    _ element: SubscriptionElement, _ code: ReasonCode, reasonString: String?,
    _ actions: inout [SessionAction]
  ) {
    let filter = element.subscription.filter
    switch (element.operation, code.isFailure) {
    case (.subscribe, false): remember(element)
    case (.unsubscribe, false): known[filter] = nil
    case (.subscribe, true), (.unsubscribe, true): break
    }
    switch element.owner {
    case .restoration:
      guard code.isFailure else { return }
      known[filter] = nil
      actions.append(.subscriptionLost(filter: filter, code))
    case .request(let key, let index):
      guard requests[key] != nil else { return }
      requests[key]?.codes[index] = code
      requests[key]?.openCount -= 1
      if let reasonString { requests[key]?.reasonString = reasonString }
      guard requests[key]?.openCount == 0, let request = requests.removeValue(forKey: key) else {
        return
      }
      answer(key, request, &actions)
    }
  }

  private mutating func remember(_ element: SubscriptionElement) {
    // A restoration changes nothing that is known, but its retain handling is not the wish's.
    guard element.owner != .restoration else { return }
    let filter = element.subscription.filter
    known[filter] = Known(
      subscription: element.subscription, extras: element.extras,
      sequence: known[filter]?.sequence ?? nextSequence)
    nextSequence += 1
  }

  private func answer(_ key: UInt64, _ request: Request, _ actions: inout [SessionAction]) {
    switch request.operation {
    case .subscribe:
      actions.append(.subscribed(key, request.codes, reasonString: request.reasonString))
    case .unsubscribe:
      actions.append(.unsubscribed(key, request.codes, reasonString: request.reasonString))
    }
  }

  /// Answers what is open with "implementation specific error", because the session will not go on.
  mutating func stopped(_ ids: inout PacketIDs, _ actions: inout [SessionAction]) {
    linkLost(&ids)
    queue.removeAll()
    known.removeAll()
    for key in requests.keys.sorted() {
      guard var request = requests[key] else { continue }
      request.codes = request.codes.map { _ in .implementationSpecificError }
      answer(key, request, &actions)
    }
    requests.removeAll()
  }
}
