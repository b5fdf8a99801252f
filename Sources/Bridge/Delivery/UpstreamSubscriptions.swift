import DequeModule
import MQTTClient

/// The filters subscribed at the broker: each once for all streams, counted by reference.
///
///     absent ──acquire──▶ subscribing ──SUBACK──▶ active ──last release──▶ lingering
///       ▲                     ▲  │ refused           ▲ │ acquire that wants    │      │
///       │                     │  ▼                   │ ▼ retained messages     │      │
///       │                     │ absent            subscribing again            │      │
///       │                     └────────────acquire────────────────────────────◀┘      │ deadline
///       └──────────────────────────────UNSUBACK── unsubscribing ◀─────────────────────┘
///
/// A filter that an earlier process left at the broker comes back as *lingering*: either a stream
/// takes it over or it is unsubscribed. Pure; lives on the mqtt thread.
struct UpstreamSubscriptions: ~Copyable {
  enum Action: Equatable {
    case subscribe(SubscriptionIdentifier, Subscription)
    case unsubscribe(slot: Int, filter: String)
    /// The store should remember that the broker has this subscription, or forget it.
    case remember(RememberedSubscription)
    case forget(RememberedSubscription)
    /// The broker has answered this SUBSCRIBE.
    case answered(SubscriptionIdentifier, ReasonCode)
    /// The slot is free; messages that still carry its identifiers belong to nobody.
    case released(slot: Int, TopicFilter)
  }

  /// The SUBSCRIBE whose answer a stream waits for and whose retained messages it gets.
  struct Ticket: Equatable {
    let identifier: SubscriptionIdentifier
    /// The broker's answer, when it is there already.
    let granted: ReasonCode?
  }

  private enum State: Equatable {
    case subscribing, active, lingering(until: Duration), unsubscribing
  }

  private struct Slot {
    let filter: TopicFilter
    var state: State
    var references = 0
    var maximumQoS: QoS
    var identifier: SubscriptionIdentifier
    /// Whether streams that come now still get every retained message of the last SUBSCRIBE.
    var isOpenForRetained: Bool
    var granted: ReasonCode?
  }

  private let linger: Duration
  private var slots: [Int: Slot] = [:]
  private var slotOfFilter: [TopicFilter: Int] = [:]
  private var lingering: Deque<(until: Duration, slot: Int)> = []
  private var lastSlot = 0

  /// A filter that nobody needs stays subscribed for the time of `linger`.
  init(linger: Duration) { self.linger = linger }

  var nextDeadline: Duration? { lingering.first?.until }
  var count: Int { slots.count }

  func slot(of filter: TopicFilter) -> Int? { slotOfFilter[filter] }
  func filter(of slot: Int) -> TopicFilter? { slots[slot]?.filter }

  /// A filter that an earlier process subscribed in the session that the broker still has.
  mutating func restored(_ remembered: RememberedSubscription, at now: Duration) {
    guard let filter = try? TopicFilter(remembered.filter), slotOfFilter[filter] == nil,
      (1...SubscriptionIdentifier.slotMaximum).contains(remembered.slot),
      slots[remembered.slot] == nil
    else { return }
    slots[remembered.slot] = Slot(
      filter: filter, state: .lingering(until: now + linger), maximumQoS: .atMostOnce,
      identifier: SubscriptionIdentifier(slot: remembered.slot, generation: 0),
      isOpenForRetained: false)
    slotOfFilter[filter] = remembered.slot
    lingering.append((now + linger, remembered.slot))
  }

  /// One more stream needs the filter; nil when every slot is taken.
  mutating func acquire(
    _ filter: TopicFilter, maximumQoS: QoS, wantsRetained: Bool, _ actions: inout [Action]
  ) -> Ticket? {
    guard let index = slotOfFilter[filter], var slot = slots[index] else {
      return add(filter, maximumQoS, wantsRetained, &actions)
    }
    slot.references += 1
    let wantsMore = maximumQoS > slot.maximumQoS
    switch slot.state {
    case .subscribing where (slot.isOpenForRetained || !wantsRetained) && !wantsMore:
      slots[index] = slot
      return Ticket(identifier: slot.identifier, granted: nil)
    case .active where !wantsRetained && !wantsMore:
      slots[index] = slot
      return Ticket(identifier: slot.identifier, granted: slot.granted)
    case .subscribing, .active, .lingering, .unsubscribing:
      let isKnown = slot.state == .active || slot.state == .subscribing
      slot.maximumQoS = max(slot.maximumQoS, maximumQoS)
      slot.identifier = slot.identifier.next
      slot.state = .subscribing
      slot.isOpenForRetained = wantsRetained
      slots[index] = slot
      if !isKnown { actions.append(.remember(RememberedSubscription(index, filter.text))) }
      actions.append(subscribe(slot, wantsRetained: wantsRetained))
      return Ticket(identifier: slot.identifier, granted: nil)
    }
  }

  /// A stream no longer needs the filter; the slot may have been lost to a refusal before.
  mutating func release(_ filter: TopicFilter, slot index: Int, at now: Duration) {
    guard var slot = slots[index], slot.filter == filter, slot.references > 0 else { return }
    slot.references -= 1
    if slot.references == 0 {
      slot.state = .lingering(until: now + linger)
      lingering.append((now + linger, index))
    }
    slots[index] = slot
  }

  /// A retained message of this SUBSCRIBE came: who subscribes from now on needs another one.
  mutating func receivedRetained(_ identifier: SubscriptionIdentifier) {
    guard slots[identifier.slot]?.identifier == identifier else { return }
    slots[identifier.slot]?.isOpenForRetained = false
  }

  /// SUBACK came.
  mutating func subscribed(
    _ identifier: SubscriptionIdentifier, _ reasonCode: ReasonCode, _ actions: inout [Action]
  ) {
    guard var slot = slots[identifier.slot] else { return }
    actions.append(.answered(identifier, reasonCode))
    guard slot.identifier == identifier, slot.state == .subscribing else { return }
    slot.state = .active
    slot.granted = reasonCode
    slot.isOpenForRetained = false
    slots[identifier.slot] = slot
    if reasonCode.isFailure { remove(slot, &actions) }
  }

  /// UNSUBACK came.
  mutating func unsubscribed(slot index: Int, _ actions: inout [Action]) {
    guard let slot = slots[index], slot.state == .unsubscribing else { return }
    remove(slot, &actions)
  }

  mutating func timerFired(at now: Duration, _ actions: inout [Action]) {
    while let first = lingering.first, first.until <= now {
      lingering.removeFirst()
      guard var slot = slots[first.slot], slot.state == .lingering(until: first.until) else {
        continue
      }
      slot.state = .unsubscribing
      slots[first.slot] = slot
      actions.append(.unsubscribe(slot: first.slot, filter: slot.filter.text))
    }
  }

  private mutating func add(
    _ filter: TopicFilter, _ maximumQoS: QoS, _ wantsRetained: Bool, _ actions: inout [Action]
  ) -> Ticket? {
    guard slots.count < SubscriptionIdentifier.slotMaximum else { return nil }
    repeat {
      lastSlot = lastSlot % SubscriptionIdentifier.slotMaximum + 1
    } while slots[lastSlot] != nil
    let identifier = SubscriptionIdentifier(slot: lastSlot, generation: 0)
    let slot = Slot(
      filter: filter, state: .subscribing, references: 1, maximumQoS: maximumQoS,
      identifier: identifier, isOpenForRetained: wantsRetained)
    slots[lastSlot] = slot
    slotOfFilter[filter] = lastSlot
    actions.append(.remember(RememberedSubscription(lastSlot, filter.text)))
    actions.append(subscribe(slot, wantsRetained: wantsRetained))
    return Ticket(identifier: identifier, granted: nil)
  }

  private func subscribe(_ slot: Slot, wantsRetained: Bool) -> Action {
    .subscribe(
      slot.identifier,
      Subscription(
        slot.filter.text, maximumQoS: slot.maximumQoS,
        retainHandling: wantsRetained ? .send : .ignore))
  }

  private mutating func remove(_ slot: Slot, _ actions: inout [Action]) {
    let index = slot.identifier.slot
    slots[index] = nil
    slotOfFilter[slot.filter] = nil
    actions.append(.forget(RememberedSubscription(index, slot.filter.text)))
    actions.append(.released(slot: index, slot.filter))
  }
}
