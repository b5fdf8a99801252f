import MQTTClient
import Testing

@testable import Bridge

/// Which of several filters brings a message to everybody, and with which QoS.
@Suite struct OldestFilterTests {
  /// Upstream subscriptions without linger, whose requests are kept until somebody looks.
  private struct Harness: ~Copyable {
    var upstream = UpstreamSubscriptions(linger: .zero)
    var actions: [UpstreamSubscriptions.Action] = []

    @discardableResult
    mutating func acquire(
      _ text: String, _ qos: QoS = .atLeastOnce
    ) throws -> SubscriptionIdentifier {
      let ticket = upstream.acquire(
        try TopicFilter(text), maximumQoS: qos, wantsRetained: false, &actions)
      return try #require(ticket).identifier
    }

    mutating func answer(_ identifier: SubscriptionIdentifier, _ code: ReasonCode = .grantedQoS1) {
      upstream.subscribed(identifier, code, &actions)
    }

    mutating func release(_ slot: Int) {
      upstream.release(slot: slot, at: .zero, &actions)
      upstream.timerFired(at: .zero, &actions)
    }

    /// What was subscribed since somebody last looked.
    mutating func subscribed() -> [String] {
      defer { actions.removeAll() }
      return actions.compactMap { action in
        guard case .subscribe(_, let subscription) = action else { return nil }
        #expect(subscription.retainHandling == .ignore)
        return "\(subscription.filter) \(subscription.maximumQoS.rawValue)"
      }
    }
  }

  @Test func `the filter that the broker has had for longest is the oldest`() throws {
    var harness = Harness()
    let wide = try harness.acquire("a/#")
    let narrow = try harness.acquire("a/b")
    let shared = try harness.acquire("$share/g/a/b")
    let all = [shared.slot, narrow.slot, wide.slot]
    #expect(harness.upstream.oldest(all) == wide.slot)
    harness.answer(shared)
    harness.answer(narrow)
    #expect(harness.upstream.oldest(all) == narrow.slot)
    harness.answer(wide)
    #expect(harness.upstream.oldest(all) == narrow.slot)
    #expect(harness.upstream.oldest([shared.slot]) == nil)
  }

  @Test func `a filter keeps its place until UNSUBACK, and has a new one behind it`() throws {
    var harness = Harness()
    let first = try harness.acquire("a/#")
    let second = try harness.acquire("a/b")
    harness.answer(first)
    harness.answer(second)
    let both = [first.slot, second.slot]
    harness.release(first.slot)
    #expect(harness.upstream.oldest(both) == first.slot)
    let again = try harness.acquire("a/#")
    #expect(harness.upstream.oldest(both) == first.slot)
    harness.upstream.unsubscribed(slot: first.slot, &harness.actions)
    #expect(harness.upstream.oldest(both) == second.slot)
    harness.answer(again)
    #expect(harness.upstream.oldest(both) == second.slot)
  }

  @Test func `a filter whose UNSUBSCRIBE was not sent keeps its place`() throws {
    var harness = Harness()
    let first = try harness.acquire("a/#")
    let second = try harness.acquire("a/b")
    harness.answer(first)
    harness.answer(second)
    harness.release(first.slot)
    let again = try harness.acquire("a/#")
    harness.upstream.unsubscribeCancelled(slot: first.slot, &harness.actions)
    #expect(harness.upstream.oldest([first.slot, second.slot]) == first.slot)
    harness.answer(again)
    #expect(harness.upstream.oldest([first.slot, second.slot]) == first.slot)
    harness.release(first.slot)
    #expect(
      harness.actions.suffix(3).contains(.unsubscribe(slot: first.slot, filter: "a/#")))
  }

  @Test func `a filter that the broker lost has no place`() throws {
    var harness = Harness()
    let first = try harness.acquire("a/#")
    let second = try harness.acquire("a/b")
    harness.answer(first)
    harness.answer(second)
    harness.upstream.lost(slot: first.slot, &harness.actions)
    #expect(harness.upstream.oldest([first.slot, second.slot]) == second.slot)
  }

  @Test func `what an earlier process left is older, unless its session is gone`() throws {
    var harness = Harness()
    harness.upstream.restored(RememberedSubscription(7, "a/+"), isCovered: false, at: .zero)
    let new = try harness.acquire("a/b")
    harness.answer(new)
    #expect(harness.upstream.oldest([new.slot, 7]) == 7)
    harness.upstream.restoredLost(&harness.actions)
    #expect(harness.upstream.oldest([new.slot, 7]) == new.slot)
  }

  @Test func `older filters bring their messages with the QoS of newer ones`() throws {
    var harness = Harness()
    for filter in ["a/#", "+/b", "c", "$share/g/a/b"] { try harness.acquire(filter) }
    harness.answer(try harness.acquire("a/#"))
    _ = harness.subscribed()
    let new = try harness.acquire("a/b", .exactlyOnce)
    #expect(harness.subscribed() == ["a/b 2", "a/# 2", "+/b 2"])
    harness.answer(new, .grantedQoS2)
    try harness.acquire("a/c", .exactlyOnce)
    #expect(harness.subscribed() == ["a/c 2"])
    try harness.acquire("a/d", .atMostOnce)
    #expect(harness.subscribed() == ["a/d 0"])
    // What is younger has no need of it.
    try harness.acquire("d/#")
    try harness.acquire("d/e", .atMostOnce)
    _ = harness.subscribed()
    try harness.acquire("d/#", .exactlyOnce)
    #expect(harness.subscribed() == ["d/# 2"])
  }

  @Test func `what lingers is raised and unsubscribed at its time`() throws {
    var harness = Harness()
    let first = try harness.acquire("a/#")
    harness.answer(first)
    harness.upstream.release(slot: first.slot, at: .zero, &harness.actions)
    _ = harness.subscribed()
    try harness.acquire("a/b", .exactlyOnce)
    #expect(harness.subscribed() == ["a/b 2", "a/# 2"])
    harness.upstream.timerFired(at: .zero, &harness.actions)
    #expect(harness.actions.contains(.unsubscribe(slot: first.slot, filter: "a/#")))
  }
}
