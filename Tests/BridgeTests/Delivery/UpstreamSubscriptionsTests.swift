import MQTTClient
import Testing

@testable import Bridge

@Suite struct UpstreamSubscriptionsTests: ~Copyable {
  private var upstream = UpstreamSubscriptions(linger: .seconds(30))
  private var actions: [UpstreamSubscriptions.Action] = []
  private let filter: TopicFilter

  init() throws { filter = try TopicFilter("a/#") }

  /// What is to be done, without what is only noted.
  private mutating func take() -> [UpstreamSubscriptions.Action] {
    exchange(&actions, with: []).filter { action in
      switch action {
      case .cover, .uncover: false
      default: true
      }
    }
  }

  private mutating func acquire(
    _ qos: QoS = .atLeastOnce, retained: Bool = true
  ) -> UpstreamSubscriptions.Ticket? {
    upstream.acquire(filter, maximumQoS: qos, wantsRetained: retained, &actions)
  }

  private mutating func answer(_ generation: UInt32, _ code: ReasonCode = .grantedQoS1) {
    upstream.subscribed(identifier(generation), code, &actions)
  }

  private mutating func release(at seconds: Int = 0) {
    upstream.release(slot: 1, at: .seconds(seconds), &actions)
  }

  private func identifier(_ generation: UInt32) -> SubscriptionIdentifier {
    SubscriptionIdentifier(slot: 1, generation: generation)
  }

  private func waits(_ generation: UInt32) -> UpstreamSubscriptions.Ticket {
    UpstreamSubscriptions.Ticket(identifier: identifier(generation), granted: nil)
  }

  private func subscribe(
    _ generation: UInt32, _ qos: QoS = .atLeastOnce, retained: Bool = true
  ) -> UpstreamSubscriptions.Action {
    .subscribe(
      identifier(generation),
      Subscription("a/#", maximumQoS: qos, retainHandling: retained ? .send : .ignore))
  }

  private let remembered = RememberedSubscription(1, "a/#")
  private let unsubscribe = UpstreamSubscriptions.Action.unsubscribe(slot: 1, filter: "a/#")

  @Test mutating func `what does not linger is unsubscribed at once`() {
    #expect(acquire() == waits(0))
    answer(0)
    _ = take()
    upstream.release(slot: 1, at: .seconds(5), lingers: false, &actions)
    #expect(upstream.nextDeadline == .seconds(5))
    upstream.timerFired(at: .seconds(5), &actions)
    #expect(take() == [unsubscribe])
  }

  @Test mutating func `what does not linger shortens nobody's time to come back`() {
    #expect(acquire() == waits(0))
    answer(0)
    release(at: 0)
    #expect(acquire() == waits(1))
    answer(1)
    _ = take()
    upstream.release(slot: 1, at: .seconds(10), lingers: false, &actions)
    upstream.timerFired(at: .seconds(29), &actions)
    #expect(take() == [])
    upstream.timerFired(at: .seconds(30), &actions)
    #expect(take() == [unsubscribe])
  }

  @Test mutating func `the first stream subscribes, the next ones share`() {
    #expect(acquire() == waits(0))
    #expect(take() == [.remember(remembered), subscribe(0)])
    #expect(acquire() == waits(0))
    #expect(acquire(.atMostOnce, retained: false) == waits(0))
    #expect(take().isEmpty)
    answer(0)
    #expect(take() == [.answered(identifier(0), .grantedQoS1)])
    let ticket = acquire(retained: false)
    #expect(ticket?.granted == .grantedQoS1)
    #expect(take().isEmpty)
  }

  @Test mutating func `a late stream that wants retained messages subscribes again`() {
    _ = acquire()
    answer(0)
    _ = take()
    #expect(acquire() == waits(1))
    #expect(take() == [subscribe(1)])
    answer(1)
    #expect(take() == [.answered(identifier(1), .grantedQoS1)])
  }

  @Test mutating func `a retained message before SUBACK ends the sharing`() {
    _ = acquire()
    upstream.receivedRetained(identifier(9))
    #expect(acquire() == waits(0))
    upstream.receivedRetained(identifier(0))
    #expect(acquire(retained: false) == waits(0))
    #expect(acquire() == waits(1))
    upstream.receivedRetained(slot: 1)
    #expect(acquire() == waits(2))
  }

  @Test mutating func `a higher QoS subscribes again and stays`() {
    _ = acquire(.atMostOnce, retained: false)
    answer(0, .success)
    _ = take()
    #expect(acquire(.exactlyOnce, retained: false) == waits(1))
    #expect(take() == [subscribe(1, .exactlyOnce, retained: false)])
    #expect(acquire(.atLeastOnce) == waits(2))
    #expect(take() == [subscribe(2, .exactlyOnce)])
  }

  @Test mutating func `a filter lingers after its last stream and is then unsubscribed`() {
    _ = acquire()
    _ = acquire()
    answer(0)
    _ = take()
    release(at: 5)
    #expect(upstream.nextDeadline == nil)
    release(at: 6)
    #expect(upstream.nextDeadline == .seconds(36))
    upstream.timerFired(at: .seconds(35), &actions)
    #expect(take().isEmpty)
    upstream.timerFired(at: .seconds(36), &actions)
    #expect(take() == [unsubscribe])
    upstream.unsubscribed(slot: 1, &actions)
    #expect(take() == [.forget(remembered), .released(slot: 1, filter)])
    #expect(upstream.count == 0)
    #expect(upstream.slot(of: filter) == nil)
  }

  @Test mutating func `a stream that comes back in time takes the filter over`() {
    _ = acquire()
    answer(0)
    release()
    _ = take()
    #expect(acquire() == waits(1))
    #expect(take() == [subscribe(1)])
    upstream.timerFired(at: .seconds(99), &actions)
    #expect(take().isEmpty)
  }

  @Test mutating func `a stream that comes while UNSUBSCRIBE is open subscribes again`() {
    _ = acquire()
    answer(0)
    release()
    upstream.timerFired(at: .seconds(30), &actions)
    _ = take()
    #expect(acquire() == waits(1))
    #expect(take() == [subscribe(1)])
    upstream.unsubscribed(slot: 1, &actions)
    answer(1)
    #expect(take() == [.answered(identifier(1), .grantedQoS1)])
    #expect(upstream.slot(of: filter) == 1)
  }

  @Test mutating func `two requests for one filter never have the same key`() {
    // Without a link nothing is answered, while streams come and go for hours.
    var open: Set<SubscriptionIdentifier> = []
    var unsubscribes = 0
    for round in 0..<5000 {
      _ = acquire()
      release(at: round * 60)
      upstream.timerFired(at: .seconds(round * 60 + 59), &actions)
      for action in take() {
        switch action {
        case .subscribe(let identifier, _): #expect(open.insert(identifier).inserted)
        case .unsubscribe: unsubscribes += 1
        default: break
        }
      }
    }
    #expect(unsubscribes == 1)
    #expect(open.count < 10)
  }

  @Test mutating func `identifiers that are all unanswered refuse the next stream`() {
    for _ in 0..<SubscriptionIdentifier.generations {
      #expect(acquire() != nil)
      upstream.receivedRetained(slot: 1)
    }
    _ = take()
    #expect(acquire() == nil)
    #expect(take().isEmpty)
    answer(0)
    #expect(acquire() == waits(0))
  }

  @Test mutating func `a refused filter is forgotten, and gone with its last stream`() {
    _ = acquire()
    _ = take()
    answer(0, .notAuthorized)
    #expect(take() == [.answered(identifier(0), .notAuthorized), .forget(remembered)])
    #expect(upstream.absentSlots == [1])
    release()
    #expect(take() == [.released(slot: 1, filter)])
    #expect(upstream.absentSlots.isEmpty)
    #expect(upstream.nextDeadline == nil)
  }

  @Test mutating func `a refused filter may be tried again`() {
    _ = acquire()
    answer(0, .notAuthorized)
    _ = take()
    #expect(acquire() == waits(1))
    #expect(take() == [.remember(remembered), subscribe(1)])
    release()
    answer(1)
    #expect(take() == [.answered(identifier(1), .grantedQoS1)])
    #expect(acquire(retained: false)?.granted == .grantedQoS1)
  }

  @Test mutating func `a refusal leaves the earlier grant in force`() {
    _ = acquire()
    answer(0)
    _ = acquire(.exactlyOnce)
    _ = take()
    answer(1, .quotaExceeded)
    #expect(take() == [.answered(identifier(1), .quotaExceeded)])
    #expect(upstream.absentSlots.isEmpty)
    #expect(acquire(retained: false)?.granted == .grantedQoS1)
  }

  @Test mutating func `a grant that comes after a newer refusal counts`() {
    _ = acquire(.atMostOnce)
    _ = acquire(.atLeastOnce)
    _ = take()
    answer(1, .quotaExceeded)
    answer(0)
    #expect(
      take() == [
        .answered(identifier(1), .quotaExceeded), .forget(remembered),
        .answered(identifier(0), .grantedQoS1), .remember(remembered),
      ])
    #expect(acquire(retained: false)?.granted == .grantedQoS1)
  }

  @Test mutating func `an answer comes once, and not for what was never asked`() {
    _ = acquire()
    answer(1)
    answer(0)
    answer(0)
    upstream.subscribed(SubscriptionIdentifier(slot: 9, generation: 0), .success, &actions)
    upstream.unsubscribed(slot: 1, &actions)
    #expect(take().filter { $0 == .answered(identifier(0), .grantedQoS1) }.count == 1)
    #expect(upstream.count == 1)
  }

  @Test mutating func `a stream that leaves before SUBACK leaves the filter lingering`() {
    _ = acquire()
    release()
    _ = take()
    #expect(acquire() == waits(0))
    #expect(take().isEmpty)
    release(at: 10)
    answer(0)
    upstream.timerFired(at: .seconds(40), &actions)
    #expect(take() == [.answered(identifier(0), .grantedQoS1), unsubscribe])
  }

  @Test mutating func `a slot is kept while an answer is due`() {
    _ = acquire()
    release()
    upstream.timerFired(at: .seconds(30), &actions)
    upstream.unsubscribed(slot: 1, &actions)
    _ = take()
    #expect(upstream.count == 1)
    answer(0, .notAuthorized)
    #expect(take() == [.answered(identifier(0), .notAuthorized), .released(slot: 1, filter)])
  }

  @Test mutating func `a lost filter is absent until it is subscribed again`() {
    _ = acquire()
    answer(0)
    _ = take()
    upstream.lost(slot: 1, &actions)
    #expect(take() == [.forget(remembered)])
    #expect(upstream.absentSlots == [1])
    #expect(acquire(retained: false) == waits(1))
    #expect(take() == [.remember(remembered), subscribe(1, retained: false)])
    #expect(upstream.absentSlots.isEmpty)
  }

  @Test mutating func `filters of an earlier process linger, and invalid ones are ignored`() {
    let names = ["1 a/#", "1 b", "2 a/#", "0 c", "-4 c", "262144 c", "3 a#b", "4 "]
    for name in names {
      if let remembered = RememberedSubscription(name: name) {
        upstream.restored(remembered, isCovered: false, at: .zero)
      }
    }
    #expect(upstream.count == 1)
    #expect(upstream.filter(of: 1) == filter)
    #expect(acquire(.atMostOnce, retained: false) == waits(1))
    #expect(take() == [subscribe(1, .atMostOnce, retained: false)])
  }

  @Test mutating func `a filter of an earlier process that nobody wants is unsubscribed`() {
    upstream.restored(remembered, isCovered: false, at: .seconds(1))
    #expect(upstream.nextDeadline == .seconds(31))
    upstream.timerFired(at: .seconds(31), &actions)
    upstream.unsubscribed(slot: 1, &actions)
    #expect(take() == [unsubscribe, .forget(remembered), .released(slot: 1, filter)])
  }

  @Test mutating func `new filters take slots that are free`() throws {
    upstream.restored(RememberedSubscription(2, "old"), isCovered: false, at: .zero)
    let slots = try ["a", "b", "c"].map { text in
      upstream.acquire(
        try TopicFilter(text), maximumQoS: .atMostOnce, wantsRetained: false, &actions
      )?.identifier.slot
    }
    #expect(slots == [1, 3, 4])
  }
}
