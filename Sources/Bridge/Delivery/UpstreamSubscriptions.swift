import DequeModule
import MQTTClient

/// The filters subscribed at the broker: each once for all streams, counted by reference.
///
///                                                    ┌─acquire that wants no more─┐
///                                                    ▼                            │
///     (none) ──acquire──▶ subscribing ──granted──▶ active ──last release──▶ lingering
///       ▲                   ▲ ▲  │ refused           │ acquire that wants      │  │ deadline
///       │                   │ │  ▼                   │ retained messages       │  ▼
///       │                   │ │ absent ◀──lost───────┤ or a higher QoS         │ unsubscribing
///       │                   │ └───┴───────acquire────┴──────────acquire────────┴──┤
///       └──last release─────┼─────┘                                               │
///       └───────────────────┼────────────────────UNSUBACK─────────────────────────┘
///
/// Requests may be answered long after they were made, or while newer ones are open: each SUBSCRIBE
/// of a filter has an identifier of its own, at most one UNSUBSCRIBE of a filter is open, and a slot
/// is only given back when nothing about it is unanswered. A refused SUBSCRIBE of a filter that was
/// granted before changes nothing at the broker, so the older grant stays in force.
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
    /// From now on the broker brings everything of this filter, or no longer.
    case cover(TopicFilter)
    case uncover(TopicFilter)
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

  private static let retryInterval = Duration.seconds(1)

  private let linger: Duration
  private var slots: [Int: UpstreamSlot] = [:]
  private var slotOfFilter: [TopicFilter: Int] = [:]
  private var lingering: Deque<(until: Duration, slot: Int)> = []
  private var lastSlot = 0
  private var lastPlace: UInt64 = 0
  /// No filter was ever subscribed with less.
  private var lowestQoS = QoS.exactlyOnce
  /// The slots whose filter the broker does not serve although somebody holds it.
  private(set) var absentSlots: Set<Int> = []

  /// A filter that nobody needs stays subscribed for the time of `linger`.
  init(linger: Duration) { self.linger = linger }

  var nextDeadline: Duration? { lingering.first?.until }
  var count: Int { slots.count }

  func slot(of filter: TopicFilter) -> Int? { slotOfFilter[filter] }
  func filter(of slot: Int) -> TopicFilter? { slots[slot]?.filter }

  /// Which of the filters that match a topic has been at the broker for longest; of those that it
  /// has not confirmed, which was asked for first.
  ///
  /// Nothing that happens to the other filters changes the answer while this one stays.
  func oldest(_ candidates: [Int]) -> Int? {
    var oldest: UpstreamSlot?
    for candidate in candidates {
      guard let slot = slots[candidate], !slot.filter.isShared else { continue }
      if let known = oldest, Self.isOlder(known, slot) { continue }
      oldest = slot
    }
    return oldest?.identifier.slot
  }

  private static func isOlder(_ a: UpstreamSlot, _ b: UpstreamSlot) -> Bool {
    switch (a.servedSince, b.servedSince) {
    case (let a?, let b?): a < b
    case (.some, nil): true
    case (nil, .some): false
    case (nil, nil): a.askedSince < b.askedSince
    }
  }

  /// A filter that an earlier process subscribed in the session that the broker may still have.
  ///
  /// It counts as covered until `restoredLost` says otherwise.
  mutating func restored(
    _ remembered: RememberedSubscription, isCovered: Bool, at now: Duration
  ) {
    guard let filter = try? TopicFilter(remembered.filter), slotOfFilter[filter] == nil,
      (1...SubscriptionIdentifier.slotMaximum).contains(remembered.slot),
      slots[remembered.slot] == nil
    else { return }
    var slot = UpstreamSlot(
      filter: filter, state: .lingering(until: now + linger), maximumQoS: .atMostOnce,
      identifier: SubscriptionIdentifier(slot: remembered.slot, generation: 0))
    slot.isRemembered = true
    slot.isRestored = true
    slot.keptUntil = now + linger
    if isCovered {
      slot.granted = .success
      slot.isCovered = true
    }
    lowestQoS = .atMostOnce
    slot.servedSince = nextPlace()
    slots[remembered.slot] = slot
    slotOfFilter[filter] = remembered.slot
    lingering.append((now + linger, remembered.slot))
  }

  /// The broker has no session: what earlier processes subscribed is gone.
  mutating func restoredLost(_ actions: inout [Action]) {
    for (_, var slot) in slots where slot.isRestored {
      slot.isRestored = false
      slot.granted = nil
      slot.servedSince = nil
      if case .lingering = slot.state, slot.unanswered.isEmpty { slot.state = .absent }
      settle(slot, &actions)
    }
  }

  /// One more stream needs the filter; nil when every slot is taken, or when as many requests for
  /// this one are unanswered as there are identifiers.
  mutating func acquire(
    _ filter: TopicFilter, maximumQoS: QoS, wantsRetained: Bool, _ actions: inout [Action]
  ) -> Ticket? {
    guard let index = slotOfFilter[filter], var slot = slots[index] else {
      let ticket = add(filter, maximumQoS, wantsRetained, &actions)
      raiseOlder(than: ticket, &actions)
      return ticket
    }
    let isEnough = maximumQoS <= slot.maximumQoS
    let sharesOpen = isEnough && slot.isLastOpen && (slot.isOpenForRetained || !wantsRetained)
    switch slot.state {
    case .subscribing where sharesOpen, .lingering where sharesOpen:
      slot.references += 1
      slot.state = .subscribing
      slots[index] = slot
      return Ticket(identifier: slot.identifier, granted: nil)
    case .active where isEnough && !wantsRetained,
      // What an earlier process left may be lost, and is asked for again.
      .lingering where isEnough && !wantsRetained && slot.granted != nil && !slot.isRestored:
      slot.references += 1
      slot.state = .active
      slots[index] = slot
      return Ticket(identifier: slot.identifier, granted: slot.granted)
    case .subscribing, .active, .lingering, .unsubscribing, .absent:
      guard !slot.unanswered.contains(slot.identifier.next.generation) else { return nil }
      slot.references += 1
      slot.maximumQoS = max(slot.maximumQoS, maximumQoS)
      slot.identifier = slot.identifier.next
      subscribe(&slot, wantsRetained, &actions)
      let ticket = Ticket(identifier: slot.identifier, granted: nil)
      raiseOlder(than: ticket, &actions)
      return ticket
    }
  }

  /// A stream no longer needs the filter that it acquired in this slot.
  ///
  /// What does not linger leaves the filter as it would be without it: unsubscribed, unless streams
  /// that have left may still come back.
  mutating func release(
    slot index: Int, at now: Duration, lingers: Bool = true, _ actions: inout [Action]
  ) {
    guard var slot = slots[index], slot.references > 0 else { return }
    slot.references -= 1
    if lingers { slot.keptUntil = now + linger }
    if slot.references == 0, slot.state != .absent {
      let until = max(slot.keptUntil, now)
      slot.state = .lingering(until: until)
      let place = lingering.lastIndex { $0.until <= until }.map { $0 + 1 } ?? 0
      lingering.insert((until, index), at: place)
    }
    settle(slot, &actions)
  }

  /// A retained message of this SUBSCRIBE came: who subscribes from now on needs another one.
  mutating func receivedRetained(_ identifier: SubscriptionIdentifier) {
    guard slots[identifier.slot]?.identifier == identifier else { return }
    slots[identifier.slot]?.isOpenForRetained = false
  }

  /// A retained message of this slot came that does not say which SUBSCRIBE brought it.
  mutating func receivedRetained(slot: Int) { slots[slot]?.isOpenForRetained = false }

  /// SUBACK came.
  mutating func subscribed(
    _ identifier: SubscriptionIdentifier, _ reasonCode: ReasonCode, _ actions: inout [Action]
  ) {
    guard var slot = slots[identifier.slot],
      slot.unanswered.remove(identifier.generation) != nil
    else { return }
    actions.append(.answered(identifier, reasonCode))
    if identifier == slot.identifier { slot.isOpenForRetained = false }
    if reasonCode.isFailure {
      let isLast = identifier == slot.identifier && slot.state == .subscribing
      if isLast { slot.state = slot.granted == nil ? .absent : .active }
    } else if slot.state == .unsubscribing {
      if slot.servedSince == nil { slot.servedSince = nextPlace() }
    } else {
      slot.granted = reasonCode
      if slot.servedSince == nil { slot.servedSince = nextPlace() }
      slot.isRestored = false
      if slot.state == .absent {
        // The newest request was refused before this older one was answered.
        if slot.references > 0 { slot.state = .active } else { unsubscribe(&slot, &actions) }
      } else if slot.state == .subscribing, identifier == slot.identifier {
        slot.state = .active
      }
    }
    settle(slot, &actions)
  }

  /// The broker lost its session and does not serve this filter any more.
  mutating func lost(slot index: Int, _ actions: inout [Action]) {
    guard var slot = slots[index] else { return }
    slot.granted = nil
    slot.servedSince = nil
    if slot.state == .active { slot.state = .absent }
    settle(slot, &actions)
  }

  /// UNSUBACK came.
  mutating func unsubscribed(slot index: Int, _ actions: inout [Action]) {
    guard var slot = slots[index], slot.isUnsubscribeOpen else { return }
    slot.isUnsubscribeOpen = false
    // What was granted before the UNSUBSCRIBE is over, even when a newer SUBSCRIBE is refused.
    if slot.state != .active {
      slot.granted = nil
      slot.servedSince = nil
      slot.askedSince = nextPlace()
    }
    if slot.state == .unsubscribing { slot.state = .absent }
    settle(slot, &actions)
  }

  /// The open UNSUBSCRIBE was not sent after all, because the filter is wanted again.
  mutating func unsubscribeCancelled(slot index: Int, _ actions: inout [Action]) {
    guard var slot = slots[index], slot.isUnsubscribeOpen else { return }
    slot.isUnsubscribeOpen = false
    settle(slot, &actions)
  }

  mutating func timerFired(at now: Duration, _ actions: inout [Action]) {
    while let first = lingering.first, first.until <= now {
      lingering.removeFirst()
      guard var slot = slots[first.slot], slot.state == .lingering(until: first.until) else {
        continue
      }
      if slot.isUnsubscribeOpen {
        // An answer to the one before is due first: two open requests would share one key.
        let until = now + max(linger, Self.retryInterval)
        slot.state = .lingering(until: until)
        lingering.append((until, first.slot))
        slots[first.slot] = slot
      } else {
        unsubscribe(&slot, &actions)
        settle(slot, &actions)
      }
    }
  }

  private mutating func add(
    _ filter: TopicFilter, _ maximumQoS: QoS, _ wantsRetained: Bool, _ actions: inout [Action]
  ) -> Ticket? {
    guard slots.count < SubscriptionIdentifier.slotMaximum else { return nil }
    repeat {
      lastSlot = lastSlot % SubscriptionIdentifier.slotMaximum + 1
    } while slots[lastSlot] != nil
    var slot = UpstreamSlot(
      filter: filter, state: .subscribing, maximumQoS: maximumQoS,
      identifier: SubscriptionIdentifier(slot: lastSlot, generation: 0))
    slot.references = 1
    slotOfFilter[filter] = lastSlot
    lowestQoS = min(lowestQoS, maximumQoS)
    slot.askedSince = nextPlace()
    subscribe(&slot, wantsRetained, &actions)
    return Ticket(identifier: slot.identifier, granted: nil)
  }

  private mutating func nextPlace() -> UInt64 {
    lastPlace += 1
    return lastPlace
  }

  /// Older filters bring their messages to this filter's readers too, so with its QoS at least.
  private mutating func raiseOlder(than ticket: Ticket?, _ actions: inout [Action]) {
    guard let ticket, let slot = slots[ticket.identifier.slot], slot.maximumQoS > lowestQoS,
      !slot.filter.isShared
    else { return }
    let lower = slots.values.filter { other in
      other.maximumQoS < slot.maximumQoS && Self.isOlder(other, slot) && !other.filter.isShared
        && other.state != .unsubscribing && other.state != .absent
        && !other.unanswered.contains(other.identifier.next.generation)
        && other.filter.meets(slot.filter)
    }
    for var other in lower.sorted(by: { Self.isOlder($0, $1) }) {
      let state = other.state
      other.maximumQoS = slot.maximumQoS
      other.identifier = other.identifier.next
      subscribe(&other, false, &actions)
      // What nobody holds is unsubscribed at its time nevertheless.
      if case .lingering = state { slots[other.identifier.slot]?.state = state }
    }
  }

  private mutating func subscribe(
    _ slot: inout UpstreamSlot, _ wantsRetained: Bool, _ actions: inout [Action]
  ) {
    slot.state = .subscribing
    slot.unanswered.insert(slot.identifier.generation)
    slot.isOpenForRetained = wantsRetained
    settle(slot, &actions)
    actions.append(
      .subscribe(
        slot.identifier,
        Subscription(
          slot.filter.text, maximumQoS: slot.maximumQoS,
          retainHandling: wantsRetained ? .send : .ignore)))
  }

  private func unsubscribe(_ slot: inout UpstreamSlot, _ actions: inout [Action]) {
    slot.granted = nil
    slot.state = .unsubscribing
    guard !slot.isUnsubscribeOpen else { return }
    slot.isUnsubscribeOpen = true
    actions.append(.unsubscribe(slot: slot.identifier.slot, filter: slot.filter.text))
  }

  /// Puts a changed slot back: noted in the store while the broker may have it, and gone when
  /// nobody holds it and nothing about it is open.
  private mutating func settle(_ changed: UpstreamSlot, _ actions: inout [Action]) {
    var slot = changed
    let index = slot.identifier.slot
    let isAbsent = slot.state == .absent
    if isAbsent == slot.isRemembered {
      slot.isRemembered = !isAbsent
      let remembered = RememberedSubscription(index, slot.filter.text)
      actions.append(isAbsent ? .forget(remembered) : .remember(remembered))
    }
    if slot.isServed != slot.isCovered {
      slot.isCovered = slot.isServed
      actions.append(slot.isServed ? .cover(slot.filter) : .uncover(slot.filter))
    }
    if isAbsent { absentSlots.insert(index) } else { absentSlots.remove(index) }
    guard isAbsent, slot.isIdle else {
      slots[index] = slot
      return
    }
    slots[index] = nil
    slotOfFilter[slot.filter] = nil
    absentSlots.remove(index)
    actions.append(.released(slot: index, slot.filter))
  }
}
