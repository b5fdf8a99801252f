import Testing

@testable import MQTTClient

@Suite struct SubscriptionsTests {
  struct Harness: ~Copyable {
    var subscriptions: Subscriptions
    var ids = PacketIDs()
    var now = Duration.zero
    var actions: [SessionAction] = []

    init(_ change: (inout SessionOptions) -> Void = { _ in }) {
      var options = SessionOptions(clientID: "c")
      change(&options)
      subscriptions = Subscriptions(options)
    }

    mutating func connect(
      sessionPresent: Bool = true, continuity: SessionContinuity? = nil,
      _ change: (inout BrokerLimits) -> Void = { _ in }
    ) {
      subscriptions.linkAccepted(
        OutgoingHarness.limits(sessionPresent: sessionPresent, change),
        continuity ?? (sessionPresent ? .kept : .lost))
    }

    mutating func subscribe(_ key: UInt64, _ filters: String..., identifier: UInt32? = nil) {
      subscriptions.subscribe(
        SubscribeRequest(
          key: key, subscriptions: filters.map { Subscription($0) },
          subscriptionIdentifier: identifier), &actions)
    }

    mutating func unsubscribe(_ key: UInt64, _ filters: String...) {
      subscriptions.unsubscribe(key: key, filters: filters, &actions)
    }

    mutating func flush() -> [SessionAction] {
      subscriptions.flush(&ids, at: now, &actions)
      return take()
    }

    mutating func subscribed(
      _ id: PacketID, _ codes: ReasonCode...
    ) throws(ProtocolViolation) -> [SessionAction] {
      try subscriptions.received(SubscribeAck(packetID: id, reasonCodes: codes), &ids, &actions)
      return take()
    }

    mutating func unsubscribed(
      _ id: PacketID, _ codes: ReasonCode...
    ) throws(ProtocolViolation) -> [SessionAction] {
      try subscriptions.received(UnsubscribeAck(packetID: id, reasonCodes: codes), &ids, &actions)
      return take()
    }

    mutating func take() -> [SessionAction] {
      defer { actions = [] }
      return actions
    }
  }

  static func subscribe(
    _ id: PacketID, _ filters: String..., identifier: UInt32? = nil,
    retainHandling: Subscription.RetainHandling = .send
  ) -> SessionAction {
    let subscriptions = filters.map { Subscription($0, retainHandling: retainHandling) }
    return .send(
      .subscribe(
        Subscribe(
          packetID: id, subscriptions: subscriptions, subscriptionIdentifier: identifier)))
  }

  static func unsubscribe(_ id: PacketID, _ filters: String...) -> SessionAction {
    .send(.unsubscribe(Unsubscribe(packetID: id, filters: filters)))
  }

  static func answer(_ key: UInt64, _ codes: ReasonCode...) -> SessionAction {
    .subscribed(key, codes, reasonString: nil)
  }

  @Test func `requests of one turn share packets and each gets its own answer`() throws {
    var harness = Harness()
    harness.connect()
    harness.subscribe(1, "a", "b")
    harness.subscribe(2, "c")
    #expect(harness.flush() == [Self.subscribe(65_535, "a", "b", "c")])
    #expect(
      try harness.subscribed(65_535, .success, .notAuthorized, .grantedQoS2)
        == [Self.answer(1, .success, .notAuthorized), Self.answer(2, .grantedQoS2)])
    #expect(harness.subscriptions.count == 2)
    #expect(harness.ids.count == 0)
  }

  @Test func `filters with different identifiers go out in different packets`() {
    var harness = Harness()
    harness.connect()
    harness.subscribe(1, "a", identifier: 1)
    harness.subscribe(2, "b", identifier: 2)
    harness.subscribe(3, "c", identifier: 1)
    #expect(
      harness.flush() == [
        Self.subscribe(65_535, "a", "c", identifier: 1),
        Self.subscribe(65_534, "b", identifier: 2),
      ])
  }

  @Test func `a broker without identifiers gets none`() {
    var harness = Harness()
    harness.connect { $0.subscriptionIdentifiersAvailable = false }
    harness.subscribe(1, "a", identifier: 1)
    harness.subscribe(2, "b", identifier: 2)
    #expect(harness.flush() == [Self.subscribe(65_535, "a", "b")])
  }

  @Test func `changes of the same filter keep their order`() {
    var harness = Harness()
    harness.connect()
    harness.subscribe(1, "a", "b")
    harness.subscribe(2, "a")
    harness.unsubscribe(3, "a")
    harness.unsubscribe(4, "b")
    harness.subscribe(5, "a")
    #expect(
      harness.flush() == [
        Self.subscribe(65_535, "a", "b"), Self.subscribe(65_534, "a"),
        Self.unsubscribe(65_533, "a", "b"), Self.subscribe(65_532, "a"),
      ])
  }

  @Test func `packets keep the count and the size within limits`() {
    var harness = Harness { $0.filtersPerPacketMaximum = 2 }
    harness.connect()
    harness.subscribe(1, "a", "b", "c")
    #expect(
      harness.flush() == [Self.subscribe(65_535, "a", "b"), Self.subscribe(65_534, "c")])
    var small = Harness()
    small.connect { $0.maximumPacketSize = SubscriptionPacket.overhead + 9 }
    small.subscribe(1, "aa", "bb", "too-long")
    #expect(
      small.flush() == [Self.subscribe(65_535, "aa"), Self.subscribe(65_534, "bb")])
  }

  @Test func `an answer that came in parts is given once`() throws {
    var harness = Harness { $0.filtersPerPacketMaximum = 2 }
    harness.connect()
    harness.subscribe(1, "a", "b", "c")
    _ = harness.flush()
    #expect(try harness.subscribed(65_534, .grantedQoS1).isEmpty)
    #expect(
      try harness.subscribed(65_535, .success, .grantedQoS2)
        == [Self.answer(1, .success, .grantedQoS2, .grantedQoS1)])
  }

  @Test func `what the broker cannot do is answered here`() {
    var harness = Harness()
    harness.connect {
      $0.wildcardSubscriptionsAvailable = false
      $0.sharedSubscriptionsAvailable = false
    }
    harness.subscribe(1, "a/#", "$share/g/a", "")
    #expect(
      harness.flush() == [
        Self.answer(
          1, .wildcardSubscriptionsNotSupported, .sharedSubscriptionsNotSupported,
          .topicFilterInvalid)
      ])
  }

  @Test func `an empty request and one too many are answered at once`() {
    var harness = Harness { $0.queuedFiltersMaximum = 2 }
    harness.subscribe(1)
    harness.subscribe(2, "a", "b")
    harness.subscribe(3, "c")
    harness.unsubscribe(4, "c")
    #expect(
      harness.take() == [
        Self.answer(1), Self.answer(3, .quotaExceeded),
        .unsubscribed(4, [.quotaExceeded], reasonString: nil),
      ])
  }

  @Test func `a wrong number of reason codes is a protocol error`() {
    var harness = Harness()
    harness.connect()
    harness.subscribe(1, "a", "b")
    _ = harness.flush()
    #expect(throws: ProtocolViolation(.protocolError)) { try harness.subscribed(65_535, .success) }
  }

  @Test func `an unknown answer or one of the other kind changes nothing`() throws {
    var harness = Harness()
    harness.connect()
    harness.subscribe(1, "a")
    _ = harness.flush()
    #expect(try harness.unsubscribed(65_535, .success).isEmpty)
    #expect(try harness.subscribed(3, .success).isEmpty)
    #expect(harness.subscriptions.strayCount == 2)
    #expect(try harness.subscribed(65_535, .success) == [Self.answer(1, .success)])
  }

  @Test func `MQTT 3 answers UNSUBSCRIBE without codes`() throws {
    var harness = Harness { $0.version = .v311 }
    harness.connect()
    harness.unsubscribe(1, "a", "b")
    _ = harness.flush()
    #expect(
      try harness.unsubscribed(65_535)
        == [.unsubscribed(1, [.success, .success], reasonString: nil)])
  }

  @Test func `unanswered requests go out again on a kept session, in order`() {
    var harness = Harness()
    harness.connect()
    harness.subscribe(1, "a")
    _ = harness.flush()
    harness.unsubscribe(2, "a")
    _ = harness.flush()
    harness.subscriptions.linkLost(&harness.ids)
    #expect(harness.ids.count == 0)
    harness.subscribe(3, "b")
    #expect(harness.flush().isEmpty)
    harness.connect()
    #expect(
      harness.flush() == [
        Self.subscribe(65_533, "a"), Self.unsubscribe(65_532, "a"), Self.subscribe(65_531, "b"),
      ])
  }

  @Test func `on a new session all subscriptions are restored in few packets`() throws {
    var harness = Harness()
    harness.connect(sessionPresent: false)
    for (key, filter) in ["a", "b", "c", "d"].enumerated() {
      harness.subscribe(UInt64(key), filter, identifier: key == 2 ? 9 : nil)
      let id = 65_535 - PacketID(key)
      _ = harness.flush()
      _ = try harness.subscribed(id, .success)
    }
    harness.unsubscribe(9, "b")
    _ = harness.flush()
    _ = try harness.unsubscribed(65_531, .success)
    harness.subscriptions.linkLost(&harness.ids)
    harness.subscribe(10, "e")
    harness.connect(sessionPresent: false)
    #expect(
      harness.flush() == [
        .send(
          .subscribe(
            Subscribe(
              packetID: 65_530,
              subscriptions: [
                Subscription("a", retainHandling: .ignore),
                Subscription("d", retainHandling: .ignore), Subscription("e"),
              ]))),
        Self.subscribe(65_529, "c", identifier: 9, retainHandling: .ignore),
      ])
    #expect(
      try harness.subscribed(65_530, .success, .notAuthorized, .success)
        == [.subscriptionLost(filter: "d", .notAuthorized), Self.answer(10, .success)])
    _ = try harness.subscribed(65_529, .success)
    #expect(harness.subscriptions.count == 3)
  }

  @Test func `answers count in the order of the requests`() throws {
    var harness = Harness()
    harness.connect()
    harness.unsubscribe(1, "a")
    harness.subscribe(2, "a")
    _ = harness.flush()
    // The later answer comes first, and the earlier one is lost with the link: both are repeated,
    // because the earlier request alone would undo the later one.
    #expect(try harness.subscribed(65_534, .success).isEmpty)
    #expect(try harness.subscribed(65_534, .success).isEmpty)
    #expect(harness.subscriptions.strayCount == 1)
    harness.subscriptions.linkLost(&harness.ids)
    harness.connect()
    #expect(
      harness.flush() == [Self.unsubscribe(65_533, "a"), Self.subscribe(65_532, "a")])
    #expect(try harness.subscribed(65_532, .success).isEmpty)
    #expect(
      try harness.unsubscribed(65_533, .success)
        == [.unsubscribed(1, [.success], reasonString: nil), Self.answer(2, .success)])
    #expect(harness.subscriptions.count == 1)
  }

  @Test func `on a session that may be new all subscriptions are restored`() throws {
    var harness = Harness()
    harness.connect(sessionPresent: false)
    harness.subscribe(1, "a")
    _ = harness.flush()
    _ = try harness.subscribed(65_535, .success)
    harness.subscriptions.linkLost(&harness.ids)
    harness.connect(continuity: .doubtful)
    #expect(harness.flush() == [Self.subscribe(65_534, "a", retainHandling: .ignore)])
  }

  @Test func `a restoration that was cut off is not doubled by the next`() throws {
    var harness = Harness()
    harness.connect(sessionPresent: false)
    harness.subscribe(1, "a")
    _ = harness.flush()
    _ = try harness.subscribed(65_535, .success)
    for id in [65_534, 65_533] as [PacketID] {
      harness.subscriptions.linkLost(&harness.ids)
      harness.connect(sessionPresent: false)
      #expect(harness.flush() == [Self.subscribe(id, "a", retainHandling: .ignore)])
    }
    harness.subscriptions.linkLost(&harness.ids)
    harness.connect(sessionPresent: true)
    #expect(harness.flush() == [Self.subscribe(65_532, "a", retainHandling: .ignore)])
  }

  @Test func `a restoration of MQTT 3 says nothing that only MQTT 5 can`() throws {
    var harness = Harness { $0.version = .v311 }
    harness.connect(sessionPresent: false)
    harness.subscribe(1, "a")
    _ = harness.flush()
    _ = try harness.subscribed(65_535, .success)
    harness.subscriptions.linkLost(&harness.ids)
    harness.connect(sessionPresent: false)
    #expect(harness.flush() == [Self.subscribe(65_534, "a")])
  }

  @Test func `without the option nothing is restored`() throws {
    var harness = Harness { $0.resubscribe = false }
    harness.connect(sessionPresent: false)
    harness.subscribe(1, "a")
    _ = harness.flush()
    _ = try harness.subscribed(65_535, .success)
    harness.subscriptions.linkLost(&harness.ids)
    harness.connect(sessionPresent: false)
    #expect(harness.flush().isEmpty)
    #expect(harness.subscriptions.count == 0)
  }

  @Test func `without free identifiers the requests wait`() {
    var harness = Harness()
    harness.connect()
    while harness.ids.allocate() != nil {}
    harness.subscribe(1, "a", identifier: 1)
    harness.subscribe(2, "b", identifier: 2)
    #expect(harness.flush().isEmpty)
    harness.ids.release(5)
    #expect(harness.flush() == [Self.subscribe(5, "a", identifier: 1)])
    harness.ids.release(6)
    #expect(harness.flush() == [Self.subscribe(6, "b", identifier: 2)])
  }

  @Test func `the oldest unanswered packet decides when the broker is late`() throws {
    var harness = Harness { $0.acknowledgementTimeout = .seconds(30) }
    harness.connect()
    for (second, filter) in ["a", "b", "c"].enumerated() {
      harness.now = .seconds(second)
      harness.subscribe(UInt64(second), filter)
      _ = harness.flush()
    }
    _ = try harness.subscribed(65_534, .success)
    #expect(harness.subscriptions.nextDeadline == .seconds(30))
    _ = try harness.subscribed(65_535, .success)
    #expect(harness.subscriptions.nextDeadline == .seconds(32))
    _ = try harness.subscribed(65_533, .success)
    #expect(harness.subscriptions.nextDeadline == nil)
  }

  @Test func `stopping answers every request once`() {
    var harness = Harness()
    harness.connect()
    harness.subscribe(1, "a", "b")
    _ = harness.flush()
    harness.unsubscribe(2, "c")
    harness.subscriptions.stopped(&harness.ids, &harness.actions)
    let failed = ReasonCode.implementationSpecificError
    #expect(
      harness.take()
        == [Self.answer(1, failed, failed), .unsubscribed(2, [failed], reasonString: nil)])
    #expect(harness.ids.count == 0)
  }
}
