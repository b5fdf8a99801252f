import HTTPFront
import MQTTClient
import Testing

@testable import Bridge

@Suite struct StreamHubTests: ~Copyable {
  private var hub = StreamHub(linger: .seconds(30))
  private var actions: [StreamHub.Action] = []

  /// What the hub wants done, without what only the store notes.
  private mutating func take() -> [StreamHub.Action] {
    exchange(&actions, with: []).filter { action in
      switch action {
      case .cover, .uncover: false
      default: true
      }
    }
  }

  @discardableResult
  private mutating func open(
    _ serial: UInt64, _ filters: String..., shard: Int = 0, retained: Bool = true,
    as representation: Representation = Representation(), history: Bool = false
  ) -> StreamID {
    let id = StreamID(shard: shard, serial: serial)
    let request = StreamRequest(
      stream: id, filters: filters.compactMap { try? TopicFilter($0) }, maximumQoS: .atLeastOnce,
      wantsRetained: retained, representation: representation,
      start: history ? .earliest : .live)
    hub.opened(request, &actions)
    return id
  }

  private mutating func answer(
    _ slot: Int, _ generation: UInt32 = 0, _ code: ReasonCode = .grantedQoS1
  ) {
    hub.subscribed(SubscriptionIdentifier(slot: slot, generation: generation), code, &actions)
  }

  /// The groups that a copy goes to, with repeats.
  private mutating func groups(_ topic: String, _ slots: Int...) -> [GroupID] {
    var publish = Publish(topic: topic, payload: [])
    publish.properties.subscriptionIdentifiers = slots.map {
      SubscriptionIdentifier(slot: $0, generation: 0).wire
    }
    hub.received(publish, &actions)
    return take().flatMap { action in
      if case .append(let target) = action { target.groups } else { [GroupID]() }
    }.sorted()
  }

  private mutating func retained(_ topic: String, _ identifiers: (Int, UInt32)...) -> Set<StreamID>
  {
    var publish = Publish(topic: topic, payload: [], isRetained: true)
    publish.properties.subscriptionIdentifiers = identifiers.map {
      SubscriptionIdentifier(slot: $0.0, generation: $0.1).wire
    }
    hub.received(publish, &actions)
    let streams = take().flatMap { action in
      if case .sendRetained(let streams, _) = action { streams } else { [StreamID]() }
    }
    #expect(Set(streams).count == streams.count)
    return Set(streams)
  }

  private func opening(_ filters: [(String, ReasonCode)]) -> StreamOpening {
    StreamOpening(filters: filters.map { StreamOpening.Filter(filter: $0.0, reasonCode: $0.1) })
  }

  @Test mutating func `a stream opens when every filter is answered`() {
    let id = open(1, "a", "b")
    #expect(take().count == 4)
    answer(2, 0, .success)
    #expect(take().isEmpty)
    answer(1)
    #expect(
      take() == [.open(id, 1, opening([("a", .grantedQoS1), ("b", .success)]))])
    #expect(hub.streamCount == 1 && hub.filterCount == 2)
  }

  @Test mutating func `a stream of granted filters opens at once and shares their group`() {
    open(1, "a")
    answer(1)
    _ = take()
    let second = open(2, "a", retained: false)
    #expect(take() == [.open(second, 1, opening([("a", .grantedQoS1)]))])
    let third = open(3, "a", shard: 1, retained: false)
    #expect(take() == [.open(third, 2, opening([("a", .grantedQoS1)]))])
    #expect(groups("a", 1) == [1, 2])
    #expect(Set(hub.allGroups.map(\.shard)) == [0, 1])
    #expect(hub.targets(ofFilter: "a").count == 2)
    #expect(hub.targets(ofFilter: "b").isEmpty && hub.targets(ofFilter: "#b").isEmpty)
  }

  @Test mutating func `streams of lines have groups of their own, and are told in lines`() throws {
    let events = open(1, "a", retained: false)
    answer(1)
    _ = take()
    let request = StreamRequest(
      stream: StreamID(shard: 0, serial: 99), filters: [try TopicFilter("a")],
      maximumQoS: .atLeastOnce, wantsRetained: false, representation: Representation(form: .lines))
    hub.opened(request, &actions)
    var expected = opening([("a", .grantedQoS1)])
    expected.form = .lines
    #expect(take() == [.open(request.stream, 2, expected)])
    let forms = hub.targets(ofFilter: "a").map(\.representation.form)
    #expect(forms.count == 2 && Set(forms) == [.events, .lines])
    #expect(hub.allGroups.count == 2)
    hub.closed(events, at: .zero, &actions)
    _ = take()
    #expect(hub.allGroups.map(\.representation.form) == [.lines])
  }

  @Test mutating func `a poll joins no group`() throws {
    var request = StreamRequest(
      stream: StreamID(shard: 0, serial: 99), filters: [try TopicFilter("a")],
      maximumQoS: .atLeastOnce, wantsRetained: false, representation: Representation())
    request.isPoll = true
    request.qosOfFilter = [request.filters[0]: .exactlyOnce]
    hub.opened(request, &actions)
    let levels = take().compactMap { action in
      if case .subscribe(_, let subscription) = action { subscription.maximumQoS } else { nil }
    }
    #expect(levels == [.exactlyOnce])
    answer(1)
    #expect(take().contains(.replay(request, opening([("a", .grantedQoS1)]))))
    #expect(hub.allGroups.isEmpty)
  }

  @Test mutating func `a message before the stream is open is not for it`() {
    open(1, "a", "b")
    answer(1)
    #expect(groups("a", 1) == [])
  }

  @Test mutating func `each representation is rendered once`() {
    open(1, "a", retained: false)
    open(2, "a", retained: false, as: Representation(envelope: .none))
    open(3, "b", "a", retained: false)
    answer(1)
    answer(2)
    _ = take()
    hub.received(Publish(topic: "a", payload: []), &actions)
    #expect(take().count == 2)
  }

  @Test(arguments: [[[1, 2]], [[2, 1]], [[1], [2]], [[2], [1]], [[1, 1, 2]]])
  mutating func `overlapping filters deliver once however the copies come`(copies: [[Int]]) {
    open(1, "a/#", "a/b", retained: false)
    open(2, "a/b", "a/#", retained: false)
    open(3, "a/b", retained: false)
    answer(1)
    answer(2)
    _ = take()
    var seen: [GroupID] = []
    for copy in copies {
      var publish = Publish(topic: "a/b", payload: [])
      publish.properties.subscriptionIdentifiers = copy.map { UInt32($0) * 1024 }
      hub.received(publish, &actions)
      for case .append(let target) in take() { seen += target.groups }
    }
    #expect(seen.sorted() == [1, 2, 3])
  }

  @Test mutating func `a shared subscription stands beside the others`() {
    open(1, "$share/g/a", "a", retained: false)
    answer(1)
    answer(2)
    _ = take()
    #expect(groups("a", 1) == [1])
    #expect(groups("a", 2) == [1])
    #expect(groups("a", 1, 2) == [1])
  }

  @Test mutating func `a copy with an identifier of nobody is for nobody`() {
    open(1, "a", retained: false)
    answer(1)
    _ = take()
    #expect(groups("b", 1) == [])
    #expect(groups("a", 2, 77, 262_143) == [])
    #expect(groups("a", 1) == [1])
  }

  @Test mutating func `without identifiers a copy goes to every filter that matches`() {
    hub.usesIdentifiers = false
    open(1, "a/#", "a/b", retained: false)
    open(2, "+/b", retained: false)
    answer(1)
    answer(2)
    answer(3)
    _ = take()
    #expect(groups("a/b") == [1, 2])
    #expect(groups("a/c") == [1])
    #expect(groups("c") == [])
  }

  @Test mutating func `retained messages go to those that the SUBSCRIBE was for`() {
    let first = open(1, "a/#")
    #expect(retained("a/b", (1, 0)) == [first])
    answer(1)
    let late = open(2, "a/#")
    open(3, "a/#", retained: false)
    #expect(retained("a/b", (1, 1)) == [late])
    #expect(retained("a/b", (1, 2)).isEmpty)
  }

  @Test mutating func `overlapping filters bring a retained message once`() {
    let id = open(1, "a/#", "a/b")
    answer(1)
    answer(2)
    #expect(retained("a/b", (2, 0)).isEmpty)
    #expect(retained("a/b", (1, 0)) == [id])
    #expect(retained("a/b", (1, 0), (1, 0), (2, 0)) == [id])
  }

  @Test mutating func `without identifiers each stream takes each retained topic once`() {
    hub.usesIdentifiers = false
    let first = open(1, "a/#", "a/b", "+/b")
    #expect(retained("a/b") == [first])
    for slot in 1...3 { answer(slot) }
    _ = take()
    let late = open(2, "a/b")
    #expect(take().contains { if case .subscribe = $0 { true } else { false } })
    #expect(retained("a/b") == [late])
    #expect(retained("a/b").isEmpty)
    #expect(retained("a/c") == [first])
  }

  @Test mutating func `without identifiers a stream between two retained messages gets both`() {
    hub.usesIdentifiers = false
    let first = open(1, "a/#")
    #expect(retained("a/1") == [first])
    _ = take()
    let second = open(2, "a/#")
    #expect(take().count == 1)
    #expect(retained("a/2") == [first, second])
    #expect(retained("a/1") == [second])
  }

  @Test mutating func `a stream without any granted filter is refused`() {
    let id = open(1, "a", "b")
    answer(1, 0, .notAuthorized)
    _ = take()
    answer(2, 0, .quotaExceeded)
    #expect(take().contains(.refuse(id, opening([("a", .notAuthorized), ("b", .quotaExceeded)]))))
    #expect(groups("a", 1) == [])
    hub.closed(id, at: .zero, &actions)
    #expect(hub.isEmpty == true)
  }

  @Test mutating func `a refused filter leaves its message to the others of the stream`() {
    open(1, "a/#", "a/b", retained: false)
    answer(1, 0, .notAuthorized)
    answer(2)
    _ = take()
    #expect(groups("a/b", 2) == [1])
  }

  @Test mutating func `a refusal of a second SUBSCRIBE takes nothing from the first stream`() {
    open(1, "a")
    answer(1)
    let late = open(2, "a")
    _ = take()
    answer(1, 1, .notAuthorized)
    #expect(take() == [.refuse(late, opening([("a", .notAuthorized)]))])
    hub.closed(late, at: .zero, &actions)
    #expect(groups("a", 1) == [1])
  }

  @Test mutating func `a filter lost with the session leaves its message to the others`() {
    open(1, "a/#", "a/b", retained: false)
    answer(1)
    answer(2)
    _ = take()
    #expect(groups("a/b", 2) == [])
    hub.lost(filter: "a/#", &actions)
    hub.lost(filter: "never", &actions)
    #expect(groups("a/b", 2) == [1])
    open(2, "a/#", retained: false)
    answer(1, 1)
    _ = take()
    #expect(groups("a/b", 2) == [1, 2])
    #expect(groups("a/b", 1) == [])
  }

  @Test(arguments: 0..<6)
  mutating func `a stream that leaves at any point leaves nothing behind`(point: Int) {
    let id = open(1, "a/#", "a/b", "$share/g/c")
    if point > 0 { answer(1) }
    if point > 1 { answer(2, 0, .notAuthorized) }
    if point > 2 { answer(3) }
    if point > 3 { _ = retained("a/x", (1, 0)) }
    if point > 4 { open(2, "a/#") }
    hub.closed(id, at: .zero, &actions)
    hub.closed(id, at: .zero, &actions)
    hub.closed(StreamID(shard: 0, serial: 2), at: .zero, &actions)
    #expect(hub.streamCount == 0)
    for slot in 1...3 { answer(slot) }
    answer(1, 1)
    hub.timerFired(at: .seconds(30), &actions)
    for slot in 1...3 { hub.unsubscribed(slot: slot, &actions) }
    #expect(hub.isEmpty == true)
  }

  @Test mutating func `subscriptions of an earlier process are taken over or given up`() {
    hub.restored([RememberedSubscription(4, "a"), RememberedSubscription(5, "b")], at: .zero)
    #expect(hub.filterCount == 2)
    #expect(groups("a", 4) == [])
    let id = open(1, "a", retained: false)
    answer(4, 1)
    #expect(take().contains(.open(id, 1, opening([("a", .grantedQoS1)]))))
    #expect(groups("a", 4) == [1])
    hub.timerFired(at: .seconds(30), &actions)
    #expect(take() == [.unsubscribe(slot: 5, filter: "b")])
    hub.unsubscribed(slot: 5, &actions)
    #expect(hub.filterCount == 1)
  }
}
