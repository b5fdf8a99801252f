/// The filters of a client: each subscribed once at the broker, whoever listens to it here.
///
///     (none) ──subscribe──▶ asked ──granted──▶ at the broker ──last release──▶ (none), UNSUBSCRIBE
///                             └──refused──▶ (none)
///
/// The session keeps requests about one filter in order, so a filter that is released and wanted
/// again simply begins anew. On the link's thread.
final class SubscriptionDesk {
  private struct Asked {
    let slot: Int
    /// Who waits for the answer: one that asked, and those that joined.
    var waiters: [(pending: PendingGrants, index: Int)]
  }

  /// Identifiers of earlier SUBSCRIBEs under which messages may still be on their way.
  private static let identifiersKept = 8

  private(set) var index = FilterIndex<Int>()
  private(set) var slots: [Int: FilterSlot] = [:] {
    didSet { version &+= 1 }
  }
  /// Changes when something of the slots does.
  private(set) var version: UInt64 = 0
  private var numbers: [TopicFilter: Int] = [:]
  private var asked: [UInt64: [Asked]] = [:]
  private var unsubscribes: [UInt64: (filters: [String], Unsubscribing?)] = [:]
  private var slotsOfIdentifier: [UInt32: Set<Int>] = [:]
  private var lastNumber = 0
  private var lastKey: UInt64 = 0
  private var lastIdentifier: UInt32 = 0
  private let isVersion5: Bool
  /// The session refuses everything from now on, because it ends.
  var isStopping = false

  init(version: ProtocolVersion) { isVersion5 = version == .v5 }

  func hasIdentifier(_ identifier: UInt32, slot: Int) -> Bool {
    slotsOfIdentifier[identifier]?.contains(slot) ?? false
  }

  /// Files a listener under its filters and asks the broker for what it does not send yet.
  func subscribe(_ operation: SubscribeOperation, _ listener: Listener?, _ link: LinkContext) {
    let pending = PendingGrants(operation, listener)
    var plain: [(slot: Int, subscription: Subscription, index: Int)] = []
    for place in operation.order {
      let filter = operation.filters[place]
      let number = numbers[filter] ?? open(filter)
      file(listener, number)
      let wish = operation.subscriptions[place]
      if operation.isLocal {
        if slots[number]?.granted == nil { slots[number]?.granted = .success }
        answer(pending, place, .success)
      } else if let merged = mustAsk(number, wish, operation.userProperties) {
        if filter.isWildcard {
          ask([(number, merged, place)], pending, link)
        } else {
          plain.append((number, merged, place))
        }
      } else if let granted = slots[number]?.granted {
        answer(pending, place, granted)
      } else {
        join(number, pending, place)
      }
    }
    if !plain.isEmpty { ask(plain, pending, link) }
  }

  private func open(_ filter: TopicFilter) -> Int {
    lastNumber += 1
    numbers[filter] = lastNumber
    slots[lastNumber] = FilterSlot(number: lastNumber, filter: filter)
    index.insert(lastNumber, for: filter)
    return lastNumber
  }

  private func file(_ listener: Listener?, _ number: Int) {
    guard let listener else {
      slots[number]?.isPinned = true
      return
    }
    listener.slots.insert(number)
    if slots[number]?.listeners[listener.id] == nil {
      slots[number]?.listeners[listener.id] = (listener, 0)
    }
  }

  /// What to ask the broker for; nil when what it grants, or is being asked for, is enough and there
  /// is nothing to say beside.
  private func mustAsk(
    _ number: Int, _ wish: Subscription, _ userProperties: [UserProperty]
  ) -> Subscription? {
    guard let slot = slots[number], let present = slot.subscription, slot.isAtBroker else {
      return wish
    }
    var merged = wish
    merged.maximumQoS = max(wish.maximumQoS, present.maximumQoS)
    merged.noLocal = wish.noLocal && present.noLocal
    merged.retainAsPublished = wish.retainAsPublished || present.retainAsPublished
    var same = merged
    same.retainHandling = present.retainHandling
    let isEnough = same == present && wish.retainHandling == .ignore
    return isEnough && (userProperties.isEmpty || !isVersion5) ? nil : merged
  }

  private func join(_ number: Int, _ pending: PendingGrants, _ place: Int) {
    guard let key = slots[number]?.openKeys.last,
      let found = asked[key]?.firstIndex(where: { $0.slot == number })
    else { return answer(pending, place, .unspecifiedError) }
    asked[key]?[found].waiters.append((pending, place))
  }

  private func ask(
    _ wishes: [(slot: Int, subscription: Subscription, index: Int)], _ pending: PendingGrants,
    _ link: LinkContext
  ) {
    lastKey += 1
    let identifier = nextIdentifier(pending.operation)
    for wish in wishes {
      slots[wish.slot]?.subscription = wish.subscription
      slots[wish.slot]?.openKeys.append(lastKey)
      if let id = pending.listener?.id, wish.subscription.retainHandling != .ignore {
        slots[wish.slot]?.listeners[id]?.identifier = identifier ?? 0
      }
      if let identifier { note(identifier, for: wish.slot) }
    }
    asked[lastKey] = wishes.map { Asked(slot: $0.slot, waiters: [(pending, $0.index)]) }
    link.subscribe(
      SubscribeRequest(
        key: lastKey, subscriptions: wishes.map { expressible($0.subscription) },
        subscriptionIdentifier: identifier,
        userProperties: isVersion5 ? pending.operation.userProperties : []))
  }

  /// MQTT 3.1.1 knows the QoS only.
  private func expressible(_ subscription: Subscription) -> Subscription {
    isVersion5
      ? subscription
      : Subscription(subscription.filter, maximumQoS: subscription.maximumQoS)
  }

  private func nextIdentifier(_ operation: SubscribeOperation) -> UInt32? {
    guard isVersion5 else { return nil }
    if let identifier = operation.identifier { return identifier }
    lastIdentifier = lastIdentifier % 268_435_455 + 1
    return lastIdentifier
  }

  private func note(_ identifier: UInt32, for number: Int) {
    slots[number]?.identifiers.append(identifier)
    slotsOfIdentifier[identifier, default: []].insert(number)
    guard let kept = slots[number]?.identifiers, kept.count > Self.identifiersKept else { return }
    if let oldest = slots[number]?.identifiers.removeFirst() { drop(oldest, number) }
  }

  private func drop(_ identifier: UInt32, _ number: Int) {
    slotsOfIdentifier[identifier]?.remove(number)
    if slotsOfIdentifier[identifier]?.isEmpty ?? false { slotsOfIdentifier[identifier] = nil }
  }

  /// SUBACK, or the session's own refusal, came for a request.
  func subscribed(_ key: UInt64, _ codes: [ReasonCode], _ link: LinkContext) {
    guard let entries = asked.removeValue(forKey: key) else { return }
    for (entry, code) in zip(entries, codes) {
      slots[entry.slot]?.openKeys.removeAll { $0 == key }
      if !code.isFailure { slots[entry.slot]?.granted = code }
      for (pending, place) in entry.waiters {
        // The broker still has what it granted before.
        if code.isFailure, let listener = pending.listener {
          listener.slots.remove(entry.slot)
          slots[entry.slot]?.listeners[listener.id] = nil
        } else if code.isFailure, slots[entry.slot]?.granted == nil {
          slots[entry.slot]?.isPinned = false
        }
        answer(pending, place, code)
      }
      if let filter = closeIfUnused(entry.slot) { unsubscribe([filter], link) }
    }
  }

  private func answer(_ pending: PendingGrants, _ place: Int, _ code: ReasonCode) {
    guard pending.answered(place, code) else { return }
    let grants = pending.grants
    let isRefused = !grants.isEmpty && !grants.contains { $0.isGranted }
    let failure = isStopping ? ClientError.stopped : .refused(grants)
    pending.operation.resolve(isRefused ? .failure(failure) : .success(grants))
  }

  /// A listener ends: its filters are unsubscribed where nobody else wants them.
  func release(_ listener: Listener, _ link: LinkContext, _ completion: UnsubscribeCompletion) {
    var filters: [String] = []
    for number in listener.slots.sorted() {
      slots[number]?.listeners[listener.id] = nil
      if let filter = closeIfUnused(number) { filters.append(filter) }
    }
    listener.slots.removeAll()
    unsubscribe(filters, link, Unsubscribing(filters: filters, completion: completion))
  }

  /// Ends subscriptions of nobody in particular; also ones that an earlier process left.
  func unsubscribe(
    _ filters: [TopicFilter], _ userProperties: [UserProperty], _ link: LinkContext,
    _ completion: UnsubscribeCompletion
  ) {
    var asks: [String] = []
    for filter in filters {
      if let number = numbers[filter] {
        slots[number]?.isPinned = false
        if let text = closeIfUnused(number) { asks.append(text) }
      } else {
        asks.append(filter.text)
      }
    }
    unsubscribe(
      asks, link, Unsubscribing(filters: filters.map(\.text), completion: completion),
      isVersion5 ? userProperties : [])
  }

  /// Ends the subscriptions of nobody in particular.
  func unpinAll(_ link: LinkContext) {
    let filters = slots.values.filter(\.isPinned).map(\.filter)
    unsubscribe(filters, [], link, UnsubscribeCompletion())
  }

  private func unsubscribe(
    _ filters: [String], _ link: LinkContext, _ unsubscribing: Unsubscribing? = nil,
    _ userProperties: [UserProperty] = []
  ) {
    guard !filters.isEmpty else {
      unsubscribing?.answer([:])
      return
    }
    lastKey += 1
    unsubscribes[lastKey] = (filters, unsubscribing)
    link.unsubscribe(key: lastKey, filters: filters, userProperties: userProperties)
  }

  /// UNSUBACK, or the session's own refusal, came for a request.
  func unsubscribed(_ key: UInt64, _ codes: [ReasonCode]) {
    guard let (filters, unsubscribing) = unsubscribes.removeValue(forKey: key) else { return }
    if isStopping {
      unsubscribing?.completion.resolve(.failure(.stopped))
    } else {
      unsubscribing?.answer(Dictionary(zip(filters, codes)) { $1 })
    }
  }

  /// Takes a filter that nobody holds out; returns it when the broker must be told.
  private func closeIfUnused(_ number: Int) -> String? {
    guard let slot = slots[number], !slot.isHeld else { return nil }
    slots[number] = nil
    numbers[slot.filter] = nil
    index.remove(number, for: slot.filter)
    for identifier in slot.identifiers { drop(identifier, number) }
    return slot.isAtBroker ? slot.filter.text : nil
  }

  /// The broker serves a filter no more; returns the listeners that have none left.
  func lost(_ filter: String) -> [Listener] {
    guard let filter = try? TopicFilter(filter), let number = numbers[filter],
      let slot = slots[number]
    else { return [] }
    slots[number]?.granted = nil
    slots[number]?.isPinned = false
    slots[number]?.listeners.removeAll()
    for (listener, _) in slot.listeners.values { listener.slots.remove(number) }
    _ = closeIfUnused(number)
    return slot.listeners.values.map(\.listener).filter(\.slots.isEmpty)
  }

  /// The texts of all filters that were asked for at the broker.
  var filters: [String] { slots.values.filter { $0.subscription != nil }.map(\.filter.text) }

  /// Nobody will answer any more.
  func stopped() {
    isStopping = true
    for entries in asked.values {
      for (pending, _) in entries.flatMap(\.waiters) {
        pending.operation.resolve(.failure(.stopped))
      }
    }
    asked.removeAll()
    for (_, unsubscribing) in unsubscribes.values {
      unsubscribing?.completion.resolve(.failure(.stopped))
    }
    unsubscribes.removeAll()
  }
}

typealias UnsubscribeCompletion = Completion<Result<[SubscriptionGrant], ClientError>>

/// A call to unsubscribe that waits for the broker.
struct Unsubscribing {
  let filters: [String]
  let completion: UnsubscribeCompletion

  /// Filters that somebody else still listens to are not in the answer of the broker.
  func answer(_ codes: [String: ReasonCode]) {
    completion.resolve(
      .success(
        filters.map { SubscriptionGrant(filter: $0, reasonCode: codes[$0] ?? .success) }))
  }
}
