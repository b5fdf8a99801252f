import HTTPFront
import MQTTClient

/// Brings messages from the broker to the streams that subscribed to them.
///
/// A stream waits until the broker has answered for each of its filters, then joins the group of
/// all streams of its http thread with the same filters and representation. A message is matched
/// to groups, never to streams, and rendered once per representation.
///
/// The broker may send a message once for each of our overlapping subscriptions. Each copy carries
/// the identifiers of the subscriptions it stands for, and only the copy of the filter that has been
/// at the broker for longest is taken, for everybody. Without identifiers (MQTT 3.1.1) every copy is.
///
/// Pure; lives on the mqtt thread.
struct StreamHub: ~Copyable {
  enum Action: Equatable {
    case subscribe(SubscriptionIdentifier, Subscription)
    case unsubscribe(slot: Int, filter: String)
    case remember(RememberedSubscription)
    case forget(RememberedSubscription)
    case open(StreamID, GroupID, StreamOpening)
    /// The stream begins with events of the log, and joins its group later.
    case replay(StreamRequest, StreamOpening)
    /// What keeps filters subscribed has its answer.
    case held(StreamID, StreamOpening)
    /// No filter of the stream was granted.
    case refuse(StreamID, StreamOpening)
    /// An open stream follows other filters now, or could not get them.
    case changed(StreamChanged)
    /// The log has everything of this filter from now on, or no longer.
    case cover(TopicFilter)
    case uncover(TopicFilter)
    /// The message at hand goes to these groups.
    case append(StreamGroups.Target)
    /// The retained message at hand goes to these streams.
    case sendRetained([StreamID], Representation)
  }

  /// What became of a filter of a stream at the broker.
  struct Asked {
    /// Nil when no slot was free.
    var identifier: SubscriptionIdentifier?
    /// Nil until the broker has answered.
    var answer: ReasonCode?

    /// Under what the filter brings messages, unless it was refused.
    var granted: SubscriptionIdentifier? { answer?.isFailure == true ? nil : identifier }
  }

  struct Stream {
    var request: StreamRequest
    /// One per filter of the request.
    var asked: [Asked]
    var group: GroupID?
    var isOpen = false
    /// Filters that were asked for later and are not all answered.
    var additions: [Addition] = []
    /// The filters of the named subscription that it consumes, which others keep subscribed.
    var consumed: [TopicFilter] = []

    /// What it asked for, without the filters that the broker refused.
    var grantedRequest: StreamRequest {
      var request = request
      request.filters = request.subscription == nil ? granted.map(\.filter) : consumed
      return request
    }

    /// What it may get retained messages of: also filters of which not all that it asked for with
    /// them are answered.
    var followed: [StreamGroups.Filter] {
      additions.isEmpty ? granted : granted + additions.flatMap(\.followed)
    }

    var granted: [StreamGroups.Filter] {
      request.filters.indices.compactMap { index in
        asked[index].granted.map {
          StreamGroups.Filter(slot: $0.slot, filter: request.filters[index])
        }
      }
    }
  }

  /// Whether messages say which subscriptions they matched.
  var usesIdentifiers = true

  var upstream: UpstreamSubscriptions
  var upstreamActions: [UpstreamSubscriptions.Action] = []
  var streams = StreamTable<Stream>()
  var waiting: [SubscriptionIdentifier: Set<StreamID>] = [:]
  var collectors = RetainedCollectors()
  var groups = StreamGroups()
  var index = FilterIndex<Int>() { didSet { indexVersion &+= 1 } }
  private var indexVersion = 1
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

  /// Whether a copy of a message came for this filter; without identifiers any copy may have.
  func isCopy(_ publish: Publish, ofFilter text: String) -> Bool {
    let wire = publish.properties.subscriptionIdentifiers
    guard usesIdentifiers, !wire.isEmpty else { return true }
    guard let filter = try? TopicFilter(text), let slot = upstream.slot(of: filter) else {
      return false
    }
    return wire.contains { SubscriptionIdentifier(wire: $0).slot == slot }
  }

  /// What earlier processes left at the broker; `isCovered` tells what the log has all of.
  mutating func restored(
    _ remembered: [RememberedSubscription], at now: Duration,
    isCovered: (TopicFilter) -> Bool = { _ in false }
  ) {
    for remembered in remembered {
      let isCovered = (try? TopicFilter(remembered.filter)).map(isCovered) ?? false
      upstream.restored(remembered, isCovered: isCovered, at: now)
      if let filter = upstream.filter(of: remembered.slot) {
        index.insert(remembered.slot, for: filter)
      }
    }
  }

  /// The broker does not know the session of earlier processes.
  mutating func restoredLost(_ actions: inout [Action]) {
    upstream.restoredLost(&upstreamActions)
    runUpstream(&actions)
  }

  /// A stream has had everything up to now and takes what comes; nil when it is gone.
  mutating func joinLive(_ id: StreamID) -> GroupID? {
    guard var stream = streams[id], stream.isOpen else { return nil }
    if let group = stream.group { return group }
    let group = groups.join(
      shard: id.shard, stream.granted, stream.request.representation, stream.request.guard)
    stream.group = group
    streams[id] = stream
    return group
  }

  /// A stream could not keep up and left its group; what it asked for, or nil when it is gone.
  mutating func leaveLive(_ id: StreamID) -> StreamRequest? {
    guard var stream = streams[id] else { return nil }
    if let group = stream.group { groups.leave(group) }
    stream.group = nil
    streams[id] = stream
    return stream.grantedRequest
  }

  mutating func opened(_ request: StreamRequest, _ actions: inout [Action]) {
    var stream = Stream(request: request, asked: [])
    for filter in request.filters {
      let wantsRetained = request.wantsRetained && !filter.isShared
      let ticket = upstream.acquire(
        filter, maximumQoS: request.maximumQoS(of: filter), wantsRetained: wantsRetained,
        &upstreamActions)
      stream.asked.append(
        Asked(
          identifier: ticket?.identifier, answer: ticket == nil ? .quotaExceeded : ticket?.granted))
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
    for identifier in stream.asked.compactMap(\.identifier) {
      upstream.release(
        slot: identifier.slot, at: now, lingers: stream.request.lingers, &upstreamActions)
      collectors.remove(id, identifier)
      waiting[identifier]?.remove(id)
      if waiting[identifier]?.isEmpty == true { waiting[identifier] = nil }
    }
    for addition in stream.additions { release(addition, of: stream.request, at: now) }
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

  /// The UNSUBSCRIBE of this slot was not sent, because somebody wants its filter again.
  mutating func unsubscribeCancelled(slot: Int, _ actions: inout [Action]) {
    upstream.unsubscribeCancelled(slot: slot, &upstreamActions)
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

  /// How a message comes from the broker, to be routed once it is logged; nil when it is for nobody.
  func arrival(of publish: Publish) -> Arrival? {
    var arrival = Arrival()
    var matching: [Int] = []
    index.forEachMatch(publish.topic) { matching.append($0) }
    arrival.matching = matching
    arrival.indexVersion = indexVersion
    let wire = publish.properties.subscriptionIdentifiers
    guard usesIdentifiers, !wire.isEmpty else {
      arrival.slots = matching
      arrival.origin.isAnonymous = true
      return arrival
    }
    var shared: [TopicFilter] = []
    for identifier in wire.map(SubscriptionIdentifier.init(wire:))
    where !arrival.identifiers.contains(identifier) {
      // A slot may have another filter by now than when the broker stamped the message.
      guard let filter = upstream.filter(of: identifier.slot),
        filter.matches(topic: publish.topic)
      else { continue }
      arrival.identifiers.append(identifier)
      guard !arrival.slots.contains(identifier.slot) else { continue }
      arrival.slots.append(identifier.slot)
      if filter.isShared { shared.append(filter) }
    }
    let oldest = matching.count == 1 ? matching.first : upstream.oldest(matching)
    let counting = oldest.flatMap { arrival.slots.contains($0) ? upstream.filter(of: $0) : nil }
    arrival.origin = Origin(shared: shared, counting: counting)
    guard !arrival.slots.isEmpty else { return nil }
    return publish.isRetained || counting != nil || !shared.isEmpty ? arrival : nil
  }

  /// A message that is logged, or need not be: who gets it.
  ///
  /// We subscribe without Retain As Published, so RETAIN is set exactly on the retained messages
  /// that a SUBSCRIBE brings. [MQTT-3.3.1-12]
  mutating func route(_ publish: Publish, _ arrival: Arrival, _ actions: inout [Action]) {
    guard !publish.isRetained else {
      if arrival.origin.isAnonymous { return routeRetained(publish, arrival.slots, &actions) }
      for identifier in arrival.identifiers { routeRetained(publish, identifier, &actions) }
      return
    }
    var matching = arrival.matching
    if arrival.indexVersion != indexVersion {
      matching = []
      index.forEachMatch(publish.topic) { matching.append($0) }
    }
    groups.collect(arrival.origin, matching, topic: publish.topic, into: &targets)
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
        stream.followed, slot: identifier.slot, topic: publish.topic, absent: upstream.absentSlots)
    }
    sendRetained(publish.topic, receivers, &actions)
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
    sendRetained(publish.topic, receivers, &actions)
  }

  private func sendRetained(
    _ topic: String, _ receivers: some Sequence<StreamID>, _ actions: inout [Action]
  ) {
    var byRepresentation: [Representation: [StreamID]] = [:]
    for id in receivers {
      guard let stream = streams[id], stream.request.allows(topic) else { continue }
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
      for position in stream.asked.indices where stream.asked[position].identifier == identifier {
        stream.asked[position].answer = reasonCode
      }
      for index in stream.additions.indices {
        stream.additions[index].answered(identifier, reasonCode)
      }
      streams[id] = stream
      openIfAnswered(id, &actions)
      if !stream.additions.isEmpty { completeChanges(of: id, &actions) }
    }
  }

  private mutating func openIfAnswered(_ id: StreamID, _ actions: inout [Action]) {
    guard var stream = streams[id], !stream.isOpen else { return }
    var filters: [StreamOpening.Filter] = []
    for (filter, asked) in zip(stream.request.filters, stream.asked) {
      guard let answer = asked.answer else { return }
      filters.append(StreamOpening.Filter(filter: filter.text, reasonCode: answer))
    }
    let opening = StreamOpening(
      filters: filters, form: stream.request.representation.form,
      forbidsHistory: stream.request.forbidsHistory)
    let granted = stream.granted
    stream.isOpen = true
    if stream.request.isHold {
      streams[id] = stream
      return actions.append(.held(id, opening))
    }
    guard !granted.isEmpty || stream.request.isSocket else {
      return actions.append(.refuse(id, opening))
    }
    let isLive = stream.request.start == .live && !stream.request.follows
    if isLive {
      stream.group = groups.join(
        shard: id.shard, granted, stream.request.representation, stream.request.guard)
    }
    streams[id] = stream
    if let group = stream.group {
      actions.append(.open(id, group, opening))
    } else {
      actions.append(.replay(stream.grantedRequest, opening))
    }
  }

  mutating func runUpstream(_ actions: inout [Action]) {
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
      case .cover(let filter): actions.append(.cover(filter))
      case .uncover(let filter): actions.append(.uncover(filter))
      case .answered(let identifier, let reasonCode): answered(identifier, reasonCode, &actions)
      case .released(let slot, let filter): index.remove(slot, for: filter)
      }
    }
  }
}
