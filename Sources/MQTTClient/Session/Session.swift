/// The MQTT session of a client, over all links to the broker: inputs come in, actions go out.
///
///     idle ──start──▶ opening ──linkOpened──▶ greeting ──CONNACK──▶ up
///                     opening, greeting, up ──any end──▶ waiting ──timer──▶ opening
///                     opening, greeting, up ──an end that is final──▶ stopped
///                     any ──stop, once drained if so wished──▶ stopped ──start──▶ opening
///
/// The driver gives one input at a time and runs all its actions, in order, before the next. It calls
/// `flush` once per wake-up, after the inputs, and `timerFired` when `nextDeadline` has come. Time is
/// a `Duration` since any origin that stays the same.
package struct Session: ~Copyable {
  package typealias Action = SessionAction

  package enum State: Equatable, Sendable {
    case idle
    case waiting(until: Duration)
    case opening(until: Duration)
    /// The link is open: CONNECT is out, or about to be, and the connection not yet accepted.
    case greeting(until: Duration)
    case up
    case stopped
  }

  package let options: SessionOptions
  package internal(set) var state = State.idle
  /// What the broker allows; nil without a connection.
  package internal(set) var limits: BrokerLimits?

  /// The wish to end when everything is done.
  struct Drain {
    let packet: Disconnect
    let until: Duration?
  }

  var drain: Drain?
  var handshake = Handshake()
  /// What CONNECT of this attempt says in place of the options.
  var overrides: ConnectOverrides?
  /// CONNECT is out on this link.
  var isConnectSent = false
  var authExchange = AuthExchange()
  /// The broker has accepted, and our authenticator has not said yet whether it accepts the broker.
  var pendingAck: ConnectAck?
  /// What came since `pendingAck`.
  var heldPackets: [Packet] = []
  var redirection: Redirection
  /// Why the link ended, while the application decides about a redirection.
  var referredBy: DownReason?
  /// This client has, or was given, a part of the broker's session.
  var knowsSession = false
  /// A CONNECT went out since the last CONNACK, and its link ended without an answer.
  var isGreetingUnanswered = false
  var keepAlive: KeepAlive
  /// Until then nobody knows what the broker owes, because its packets wait unread.
  var excusedUntil: Duration?
  var reconnect: Reconnect
  var ids: PacketIDs
  var aliases: InboundTopicAliases
  var outgoing: OutgoingPublishes
  var incoming: IncomingPublishes
  var subscriptions: Subscriptions

  package init(options: SessionOptions, jitterSeed: UInt64) {
    self.options = options
    keepAlive = KeepAlive(seconds: 0, timeout: options.pingTimeout, at: .zero)
    reconnect = Reconnect(options.reconnect, seed: jitterSeed)
    redirection = Redirection(options.redirect)
    ids = PacketIDs(order: options.packetIDOrder)
    aliases = InboundTopicAliases(maximum: 0)
    outgoing = OutgoingPublishes(options)
    incoming = IncomingPublishes(
      version: options.version,
      receiveMaximum: options.version == .v5 ? options.connect.receiveMaximum : nil,
      excess: options.receiveMaximumExcess,
      acceptsRedelivery: options.delivery.acceptsRedelivery,
      recordsReleased: options.recordsReleased)
    subscriptions = Subscriptions(options)
  }

  /// The client identifier that CONNECT carries, once the broker has assigned one if we had none.
  package var clientID: String { handshake.assignedClientID ?? options.clientID }

  /// Numbers for metrics.
  package var counts: SessionCounts {
    SessionCounts(
      waitingPublishes: outgoing.waitingCount, waitingPublishBytes: outgoing.waiting.bytes,
      inFlightPublishes: outgoing.inFlightCount, topicAliasHits: outgoing.aliases.hits,
      unacknowledgedDeliveries: incoming.openCount, subscriptions: subscriptions.count,
      queuedFilters: subscriptions.queuedCount,
      unansweredSubscriptionPackets: subscriptions.inFlightCount,
      deliveriesBeyondReceiveMaximum: incoming.excessCount,
      strayAcknowledgements: outgoing.strayCount &+ subscriptions.strayCount)
  }

  /// Begins to connect; with options that no CONNECT can express the session gives up at once.
  package mutating func start(at now: Duration, _ actions: inout [Action]) {
    switch state {
    case .idle, .stopped:
      do throws(EncodeError) {
        try options.validate()
        reconnect.started()
        open(at: now, &actions)
      } catch {
        actions.append(.down(.optionsInvalid(error), retryIn: nil))
        finish(&actions)
      }
    case .waiting, .opening, .greeting, .up: break
    }
  }

  /// Takes a message, which goes out now or waits for its turn; QoS 0 waits only by option.
  package mutating func publish(
    _ request: PublishRequest, at now: Duration, _ actions: inout [Action]
  ) {
    if state == .stopped || isDraining {
      let outcome: PublishOutcome =
        request.progress == .new ? .notSent(.stopped) : .maybeSent(.stopped)
      return actions.append(.finished(request.key, outcome))
    }
    if request.progress != .new { knowsSession = true }
    outgoing.publish(request, &ids, at: now, &actions)
  }

  /// What keeps the message from being sent, as far as that is certain now; a topic alias of the
  /// caller's is replaced by its topic.
  package mutating func obstacle(to request: inout PublishRequest) -> PublishObstacle? {
    outgoing.obstacle(to: &request)
  }

  /// The application of an earlier process had these QoS 2 deliveries, acknowledged or not.
  package mutating func restoreInbound(_ deliveries: [RestoredDelivery]) {
    if !deliveries.isEmpty { knowsSession = true }
    incoming.restore(deliveries)
  }

  /// Whether acknowledging this delivery would change anything.
  package func isOpen(_ token: AckToken) -> Bool { incoming.isOpen(token) }

  /// Takes back a publish that nobody tried to send yet.
  ///
  /// With `answersSent` one that was sent ends as `.maybeSent(.cancelled)`; its exchange goes on.
  package mutating func cancel(
    key: UInt64, answersSent: Bool = false, _ actions: inout [Action]
  ) {
    outgoing.cancel(key: key, answersSent: answersSent, &actions)
  }

  /// Takes back every publish, as `cancel(key:)` does one.
  package mutating func cancelAll(answersSent: Bool = false, _ actions: inout [Action]) {
    outgoing.cancelAll(answersSent: answersSent, &actions)
  }

  /// Changes how fast publishes leave; acknowledgements and requests never wait for it.
  package mutating func changeRate(
    _ rate: PublishRate, at now: Duration, _ actions: inout [Action]
  ) {
    outgoing.changeRate(rate)
    outgoing.pump(&ids, at: now, &actions)
  }

  /// The unfinished publishes, the oldest first, at most `limit` of them.
  package func pendingPublishes(atMost limit: Int, at now: Duration) -> [PendingPublish] {
    outgoing.pending(atMost: limit, at: now)
  }

  /// The application has recorded what `.received(key)` said.
  package mutating func receivedRecorded(
    key: UInt64, at now: Duration, _ actions: inout [Action]
  ) {
    outgoing.receivedRecorded(key: key, at: now, &actions)
  }

  /// The application has recorded what `.released(id)` said.
  package mutating func releasedRecorded(_ id: PacketID, _ actions: inout [Action]) {
    incoming.releasedRecorded(id, &actions)
  }

  /// The application has recorded what `.restarted(key)` said.
  package mutating func restartRecorded(
    key: UInt64, at now: Duration, _ actions: inout [Action]
  ) {
    outgoing.restartRecorded(key: key)
    outgoing.pump(&ids, at: now, &actions)
  }

  /// Collects a request until `flush`.
  package mutating func subscribe(
    _ request: SubscribeRequest, at now: Duration, _ actions: inout [Action]
  ) {
    if state == .stopped || isDraining {
      let codes = request.subscriptions.map { _ in ReasonCode.implementationSpecificError }
      return actions.append(.subscribed(request.key, codes, reasonString: nil))
    }
    subscriptions.subscribe(request, &actions)
  }

  /// Collects a request until `flush`; the key shares one space with those of `subscribe`.
  package mutating func unsubscribe(
    key: UInt64, filters: [String], userProperties: [UserProperty] = [], at now: Duration,
    _ actions: inout [Action]
  ) {
    if state == .stopped || isDraining {
      let codes = filters.map { _ in ReasonCode.implementationSpecificError }
      return actions.append(.unsubscribed(key, codes, reasonString: nil))
    }
    subscriptions.unsubscribe(
      key: key, filters: filters, userProperties: userProperties, &actions)
  }

  /// The message of this token is safe, or refused with a code of 0x80 or above.
  package mutating func acknowledge(
    _ token: AckToken, _ reply: DeliveryReply = DeliveryReply(), at now: Duration,
    _ actions: inout [Action]
  ) {
    let count = actions.count
    incoming.acknowledge(token, reply, &actions)
    // In a session that the broker kept, what we have acknowledged does not come again.
    if actions.count > count, limits?.sessionPresent == true { reconnect.madeProgress() }
  }

  /// All inputs of this wake-up were given: sends the collected subscription changes, tells of a
  /// broker that exceeds Receive Maximum, and ends the session if it only had to finish and has.
  package mutating func flush(at now: Duration, _ actions: inout [Action]) {
    flushSubscriptions(at: now, &actions)
    incoming.reportExcess(&actions)
    endIfDrained(at: now, &actions)
  }

  mutating func flushSubscriptions(at now: Duration, _ actions: inout [Action]) {
    subscriptions.flush(&ids, at: now, &actions)
    outgoing.poison.owesAnswers = subscriptions.inFlightCount > 0
  }
}

/// How much a session holds.
package struct SessionCounts: Equatable, Sendable {
  package let waitingPublishes: Int
  /// Of topics, payloads and properties.
  package let waitingPublishBytes: Int
  package let inFlightPublishes: Int
  /// Messages that went out with a topic alias instead of their topic, on this connection.
  package let topicAliasHits: Int
  package let unacknowledgedDeliveries: Int
  package let subscriptions: Int
  package let queuedFilters: Int
  /// SUBSCRIBE and UNSUBSCRIBE packets.
  package let unansweredSubscriptionPackets: Int
  /// Messages that Receive Maximum did not allow.
  package let deliveriesBeyondReceiveMaximum: Int
  /// Acknowledgements from the broker that matched nothing.
  package let strayAcknowledgements: Int
}
