/// Brings each message to everybody who listens; on the link's thread.
///
/// The work is proportional to the listeners that match. What one turn brings a listener goes into
/// its queue in one piece, at the end of the turn.
final class MessageDispatch {
  /// How long messages that nobody listens to are held.
  private let holdTime: Duration

  private let port: ClientPort
  private let desk: SubscriptionDesk
  private let requests: RequestTable
  private var listeners: [UInt64: Listener] = [:]
  /// Who gets the messages that nobody else listens to.
  private var restListeners: [Listener] = []
  private var unrouted = UnroutedMessages()
  private var touched: [Listener] = []
  private var pausing: Set<UInt64> = []
  private var serial: UInt64 = 0
  private var matched: [Int] = []
  private var targets: [Listener] = []
  /// Who gets messages of the newest topic, as of a version of the desk.
  private var known: (topic: String, version: UInt64, targets: [Listener])?
  /// Of the newest delivery.
  private var epoch: UInt32?

  init(
    _ port: ClientPort, _ desk: SubscriptionDesk, _ requests: RequestTable, holdTime: Duration
  ) {
    self.holdTime = holdTime
    self.port = port
    self.desk = desk
    self.requests = requests
  }

  var nextDeadline: Duration? { unrouted.nextDeadline }

  func received(_ publish: Publish, _ token: AckToken, _ link: LinkContext) {
    if token.qos != .atMostOnce { epoch = token.epoch }
    if !findKnownTargets(of: publish) { findTargets(of: publish) }
    if targets.isEmpty, matched.contains(where: { desk.slots[$0]?.listeners.isEmpty == false }) {
      // A copy for an overlapping filter, or retained messages of a listener that has gone.
      return settle(.alone(token, topic: publish.topic), link)
    }
    let message = Message(publish)
    if targets.isEmpty, restListeners.isEmpty {
      return hold(QueuedMessage(message, token, consumers: 1), link)
    }
    if targets.isEmpty {
      targets = restListeners
    } else if publish.properties.subscriptionIdentifiers.isEmpty {
      if known == nil { known = (publish.topic, desk.version, targets) }
    }
    let queued = QueuedMessage(message, token, consumers: targets.count)
    for listener in targets { add(queued, to: listener, link) }
    targets.removeAll(keepingCapacity: true)
  }

  /// A message that names no subscription goes to whom the last one of its topic went, unless
  /// something has changed.
  private func findKnownTargets(of publish: Publish) -> Bool {
    guard let known else { return false }
    guard known.version == desk.version, known.topic == publish.topic,
      publish.properties.subscriptionIdentifiers.isEmpty
    else {
      self.known = nil
      return false
    }
    targets.append(contentsOf: known.targets)
    return true
  }

  // A broker may send one copy of a message for each filter that matches, or one for all of them.
  // [MQTT-3.3.4-2] Each copy names its SUBSCRIBE, so a listener takes the one that its first matching
  // filter brings. Without identifiers, as in MQTT 3.1.1, copies cannot be told from messages.
  //
  // Retained messages of a SUBSCRIBE are for the listeners that it was sent for; others had theirs.
  private func findTargets(of publish: Publish) {
    serial += 1
    targets.removeAll(keepingCapacity: true)
    matched.removeAll(keepingCapacity: true)
    desk.index.forEachMatch(publish.topic) { matched.append($0) }
    if matched.count > 1 { matched.sort() }
    let identifiers = publish.properties.subscriptionIdentifiers
    let hasNames = matched.contains { isNamed($0, identifiers) }
    for number in matched {
      guard let slot = desk.slots[number] else { continue }
      let isNamed = !hasNames || isNamed(number, identifiers)
      let isReplay =
        publish.isRetained && hasNames && !(slot.subscription?.retainAsPublished ?? false)
      if isReplay, !isNamed { continue }
      for (listener, identifier) in slot.listeners.values {
        guard listener.lastConsidered != serial,
          !isReplay || identifiers.contains(identifier)
        else { continue }
        listener.lastConsidered = serial
        if isNamed { targets.append(listener) }
      }
    }
  }

  private func isNamed(_ number: Int, _ identifiers: [UInt32]) -> Bool {
    identifiers.contains { desk.hasIdentifier($0, slot: number) }
  }

  private func add(_ message: QueuedMessage, to listener: Listener, _ link: LinkContext) {
    switch listener.sink {
    case .queue:
      if listener.batch.isEmpty { touched.append(listener) }
      listener.batch.append(message)
    case .replies:
      requests.received(message.message)
      settle(message.settlement, link)
    }
  }

  private func hold(_ message: QueuedMessage, _ link: LinkContext) {
    if let gone = unrouted.hold(message, until: link.now + holdTime) {
      dropped([gone], link)
    }
  }

  private func dropped(_ messages: [QueuedMessage], _ link: LinkContext) {
    guard !messages.isEmpty else { return }
    for message in messages { settle(message.settlement, link) }
    port.events.publish(.unroutedDropped(messages.count))
  }

  private func settle(_ settlement: Settlement, _ link: LinkContext) {
    switch settlement {
    case .nothing: break
    case .alone(let token, _): link.acknowledge(token)
    case .shared(let delivery):
      if let code = delivery.settle(.success) {
        link.acknowledge(delivery.token, reasonCode: code)
      }
    }
  }

  func deadlineReached(_ link: LinkContext) { dropped(unrouted.takeExpired(at: link.now), link) }

  /// Passes on what was collected.
  func turnEnded(_ link: LinkContext) {
    guard !touched.isEmpty else { return }
    for listener in touched {
      guard let queue = listener.queue else { continue }
      let report = queue.add(listener.batch)
      listener.batch.removeAll(keepingCapacity: listener.batch.count <= 256)
      for settlement in report.dropped { settle(settlement, link) }
      if report.becameSlow {
        port.events.publish(.slowConsumer(filters: filters(of: listener), dropped: queue.slowCount))
      }
      if report.mustPause { pause(listener, link) }
      if report.isFinished { close(listener.id, link, UnsubscribeCompletion()) }
    }
    touched.removeAll(keepingCapacity: true)
  }

  private func filters(of listener: Listener) -> [String] {
    listener.slots.compactMap { desk.slots[$0]?.filter.text }.sorted()
  }

  private func pause(_ listener: Listener, _ link: LinkContext) {
    guard listeners[listener.id] != nil || restListeners.contains(where: { $0 === listener })
    else { return }
    pausing.insert(listener.id)
    link.pauseReading()
  }

  /// The consumer of a queue that held the connection up has caught up.
  func resume(_ id: UInt64, _ link: LinkContext) {
    guard pausing.remove(id) != nil, pausing.isEmpty else { return }
    link.resumeReading()
  }
}

// Listeners come and go.
extension MessageDispatch {
  func subscribe(_ operation: SubscribeOperation, _ link: LinkContext) {
    switch operation.target {
    case .pin: desk.subscribe(operation, nil, link)
    case .replies:
      let listener = Listener(id: 0, .replies)
      listeners[0] = listener
      desk.subscribe(operation, listener, link)
    case .queue(let id, let queue):
      let listener = Listener(id: id, .queue(queue))
      listeners[id] = listener
      desk.subscribe(operation, listener, link)
      guard !unrouted.isEmpty else { return }
      let filters = operation.filters
      let held = unrouted.take { message in filters.contains { $0.matches(topic: message.topic) } }
      for message in held { add(message, to: listener, link) }
    }
  }

  /// Messages that nobody else listens to go to this queue from now on, and those that are held.
  func listenToRest(_ id: UInt64, _ queue: MessageQueue, _ link: LinkContext) {
    let listener = Listener(id: id, .queue(queue))
    restListeners.append(listener)
    for message in unrouted.take({ _ in true }) { add(message, to: listener, link) }
  }

  /// A subscription ends by its owner's wish.
  func close(_ id: UInt64, _ link: LinkContext, _ completion: UnsubscribeCompletion) {
    restListeners.removeAll { $0.id == id }
    resume(id, link)
    guard let listener = listeners.removeValue(forKey: id) else {
      completion.resolve(.success([]))
      return
    }
    desk.release(listener, link, completion)
  }

  /// Every subscription ends; what waits in their queues can still be taken.
  func closeAll(_ link: LinkContext) {
    for (id, listener) in listeners {
      listener.queue?.end(.finished)
      close(id, link, UnsubscribeCompletion())
    }
    desk.unpinAll(link)
  }

  /// A subscription ends for a reason of the broker's.
  func end(
    _ listener: Listener, _ ending: MessageQueue.Room.Ending, _ link: LinkContext
  ) {
    listeners[listener.id] = nil
    resume(listener.id, link)
    listener.queue?.end(ending)
  }

  func linkEnded() {
    unrouted.linkEnded()
    port.linkEnded(epoch: epoch)
  }

  func stopped() {
    for listener in Array(listeners.values) + restListeners { listener.queue?.end(.finished) }
    listeners.removeAll()
    restListeners.removeAll()
  }
}

extension QueuedMessage {
  init(_ message: Message, _ token: AckToken, consumers: Int) {
    self.message = message
    if token.qos == .atMostOnce {
      settlement = .nothing
    } else if consumers == 1 {
      settlement = .alone(token, topic: message.topic)
    } else {
      settlement = .shared(SharedDelivery(token, topic: message.topic, consumers: consumers))
    }
  }
}
