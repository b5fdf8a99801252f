import HTTPFront
import MQTTClient

/// Brings messages from the broker to the streams that subscribed to them.
///
/// A stream waits until the broker has answered for each of its filters, then joins the group of
/// all streams of its http thread with the same filters and representation. A message is matched
/// to groups, never to streams, and rendered once per representation.
///
/// The broker may send a message once for each of our overlapping subscriptions. Each copy carries
/// the identifiers of the subscriptions it stands for, and a group takes only the copy of the first
/// of its filters that matches the topic. Without identifiers (MQTT 3.1.1) every copy is taken.
///
/// Pure; lives on the mqtt thread.
struct StreamHub: ~Copyable {
  enum Action: Equatable {
    case subscribe(SubscriptionIdentifier, Subscription)
    case unsubscribe(slot: Int, filter: String)
    case remember(RememberedSubscription)
    case forget(RememberedSubscription)
    case open(StreamID, GroupID, StreamOpening)
    /// No filter of the stream was granted.
    case refuse(StreamID, StreamOpening)
    /// The message at hand goes to these groups.
    case append(StreamGroups.Target)
    /// The retained message at hand goes to these streams.
    case sendRetained([StreamID], Representation)
  }

  private struct Stream {
    let request: StreamRequest
    /// One per filter of the request; nil when no slot was free.
    var awaited: [SubscriptionIdentifier?]
    var answers: [ReasonCode?]
    var group: GroupID?

    var granted: [StreamGroups.Filter] {
      request.filters.indices.compactMap { index in
        guard let identifier = awaited[index], answers[index]?.isFailure != true else { return nil }
        return StreamGroups.Filter(slot: identifier.slot, filter: request.filters[index])
      }
    }
  }

  /// Whether messages say which subscriptions they matched.
  var usesIdentifiers = true

  private var upstream: UpstreamSubscriptions
  private var upstreamActions: [UpstreamSubscriptions.Action] = []
  private var streams: [StreamID: Stream] = [:]
  private var waiting: [SubscriptionIdentifier: Set<StreamID>] = [:]
  private var collectors = RetainedCollectors()
  private var groups = StreamGroups()
  private var index = FilterIndex<Int>()
  private var targets: [StreamGroups.Target] = []

  init(linger: Duration) { upstream = UpstreamSubscriptions(linger: linger) }

  var nextDeadline: Duration? { upstream.nextDeadline }
  var streamCount: Int { streams.count }
  var filterCount: Int { upstream.count }
  /// Whether streams and filters that are gone have left nothing behind.
  var isEmpty: Bool {
    streams.isEmpty && waiting.isEmpty && collectors.isEmpty && groups.isEmpty && index.isEmpty
      && upstream.count == 0
  }
  /// Every open stream, by http thread.
  var allGroups: [StreamGroups.Target] { groups.all }

  /// The groups that a filter brings messages to.
  func targets(ofFilter text: String) -> [StreamGroups.Target] {
    guard let filter = try? TopicFilter(text), let slot = upstream.slot(of: filter) else {
      return []
    }
    return groups.targets(ofSlot: slot)
  }

  mutating func restored(_ remembered: [RememberedSubscription], at now: Duration) {
    for remembered in remembered {
      upstream.restored(remembered, at: now)
      if let filter = upstream.filter(of: remembered.slot) {
        index.insert(remembered.slot, for: filter)
      }
    }
  }

  mutating func opened(_ request: StreamRequest, _ actions: inout [Action]) {
    var stream = Stream(request: request, awaited: [], answers: [])
    for filter in request.filters {
      let wantsRetained = request.wantsRetained && !filter.isShared
      let ticket = upstream.acquire(
        filter, maximumQoS: request.maximumQoS, wantsRetained: wantsRetained, &upstreamActions)
      stream.awaited.append(ticket?.identifier)
      stream.answers.append(ticket == nil ? .quotaExceeded : ticket?.granted)
      guard let ticket else { continue }
      index.insert(ticket.identifier.slot, for: filter)
      if wantsRetained { collectors.add(request.stream, ticket.identifier) }
      if ticket.granted == nil { waiting[ticket.identifier, default: []].insert(request.stream) }
    }
    streams[request.stream] = stream
    openIfAnswered(request.stream, &actions)
    runUpstream(&actions)
  }

  mutating func closed(_ id: StreamID, at now: Duration, _ actions: inout [Action]) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    for case let identifier? in stream.awaited {
      upstream.release(slot: identifier.slot, at: now, &upstreamActions)
      collectors.remove(id, identifier)
      waiting[identifier]?.remove(id)
      if waiting[identifier]?.isEmpty == true { waiting[identifier] = nil }
    }
    if let group = stream.group { groups.leave(group) }
    runUpstream(&actions)
  }

  mutating func subscribed(
    _ identifier: SubscriptionIdentifier, _ reasonCode: ReasonCode, _ actions: inout [Action]
  ) {
    upstream.subscribed(identifier, reasonCode, &upstreamActions)
    runUpstream(&actions)
  }

  mutating func unsubscribed(slot: Int, _ actions: inout [Action]) {
    upstream.unsubscribed(slot: slot, &upstreamActions)
    runUpstream(&actions)
  }

  /// The broker lost its session and refuses a filter that it used to serve.
  mutating func lost(filter text: String, _ actions: inout [Action]) {
    guard let filter = try? TopicFilter(text), let slot = upstream.slot(of: filter) else { return }
    upstream.lost(slot: slot, &upstreamActions)
    runUpstream(&actions)
  }

  mutating func timerFired(at now: Duration, _ actions: inout [Action]) {
    upstream.timerFired(at: now, &upstreamActions)
    runUpstream(&actions)
  }

  /// A message from the broker: who gets it.
  ///
  /// We subscribe without Retain As Published, so RETAIN is set exactly on the retained messages
  /// that a SUBSCRIBE brings. [MQTT-3.3.1-12]
  mutating func received(_ publish: Publish, _ actions: inout [Action]) {
    let wire = usesIdentifiers ? publish.properties.subscriptionIdentifiers : []
    var slots: [Int] = []
    if wire.isEmpty {
      index.forEachMatch(publish.topic) { slots.append($0) }
      if publish.isRetained { routeRetained(publish, slots, &actions) }
    } else {
      let distinct = wire.count > 1 ? Array(Set(wire)) : wire
      for identifier in distinct.map(SubscriptionIdentifier.init(wire:)) {
        // A slot may have another filter by now than when the broker stamped the message.
        guard upstream.filter(of: identifier.slot)?.matches(topic: publish.topic) == true else {
          continue
        }
        if publish.isRetained { routeRetained(publish, identifier, &actions) }
        if !slots.contains(identifier.slot) { slots.append(identifier.slot) }
      }
    }
    guard !publish.isRetained else { return }
    for (position, slot) in slots.enumerated() {
      // Without identifiers every copy seems to have come through all of the filters.
      groups.collect(
        slot: slot, topic: publish.topic, earlier: slots[..<position],
        absent: upstream.absentSlots, into: &targets)
    }
    for target in targets { actions.append(.append(target)) }
    targets.removeAll(keepingCapacity: true)
  }

  /// A retained message that says which SUBSCRIBE brought it.
  private mutating func routeRetained(
    _ publish: Publish, _ identifier: SubscriptionIdentifier, _ actions: inout [Action]
  ) {
    upstream.receivedRetained(identifier)
    let receivers = collectors.streams(of: identifier).filter { id in
      guard let stream = streams[id] else { return false }
      return StreamGroups.takes(
        stream.granted, slot: identifier.slot, topic: publish.topic, absent: upstream.absentSlots)
    }
    sendRetained(receivers, &actions)
  }

  /// A retained message that may have come through any of these slots.
  private mutating func routeRetained(
    _ publish: Publish, _ slots: [Int], _ actions: inout [Action]
  ) {
    var receivers: [StreamID] = []
    for slot in slots {
      upstream.receivedRetained(slot: slot)
      receivers += collectors.streams(ofSlot: slot, topic: publish.topic)
    }
    sendRetained(receivers, &actions)
  }

  private func sendRetained(_ receivers: some Sequence<StreamID>, _ actions: inout [Action]) {
    var byRepresentation: [Representation: [StreamID]] = [:]
    for id in receivers {
      guard let stream = streams[id] else { continue }
      byRepresentation[stream.request.representation, default: []].append(id)
    }
    for (representation, ids) in byRepresentation {
      actions.append(.sendRetained(ids, representation))
    }
  }

  private mutating func answered(
    _ identifier: SubscriptionIdentifier, _ reasonCode: ReasonCode, _ actions: inout [Action]
  ) {
    for id in waiting.removeValue(forKey: identifier) ?? [] {
      guard var stream = streams[id] else { continue }
      for position in stream.awaited.indices where stream.awaited[position] == identifier {
        stream.answers[position] = reasonCode
      }
      streams[id] = stream
      openIfAnswered(id, &actions)
    }
  }

  private mutating func openIfAnswered(_ id: StreamID, _ actions: inout [Action]) {
    guard var stream = streams[id], stream.group == nil else { return }
    var filters: [StreamOpening.Filter] = []
    for (filter, answer) in zip(stream.request.filters, stream.answers) {
      guard let answer else { return }
      filters.append(StreamOpening.Filter(filter: filter.text, reasonCode: answer))
    }
    let opening = StreamOpening(filters: filters, wantsHistory: stream.request.wantsHistory)
    let granted = stream.granted
    guard !granted.isEmpty else { return actions.append(.refuse(id, opening)) }
    let group = groups.join(shard: id.shard, granted, stream.request.representation)
    stream.group = group
    streams[id] = stream
    actions.append(.open(id, group, opening))
  }

  private mutating func runUpstream(_ actions: inout [Action]) {
    let todo = upstreamActions
    upstreamActions.removeAll(keepingCapacity: true)
    for action in todo {
      switch action {
      case .subscribe(let identifier, let subscription):
        actions.append(.subscribe(identifier, subscription))
      case .unsubscribe(let slot, let filter):
        actions.append(.unsubscribe(slot: slot, filter: filter))
      case .remember(let remembered): actions.append(.remember(remembered))
      case .forget(let remembered): actions.append(.forget(remembered))
      case .answered(let identifier, let reasonCode): answered(identifier, reasonCode, &actions)
      case .released(let slot, let filter): index.remove(slot, for: filter)
      }
    }
  }
}
