/// A client on the thread of its link: what was asked for, and who gets what comes.
///
/// User code never runs here: tasks that wait are resumed, and run elsewhere.
final class ClientApplication: LinkApplication {
  typealias Message = ClientCommand

  let port: ClientPort
  let options: ClientOptions
  let publishes: PublishFlow
  let desk: SubscriptionDesk
  let requests: RequestTable
  let delivering: MessageDispatch
  var deadlines = DeadlineQueue()
  private var connectWaits: [ConnectWait] = []
  private var clientID: String
  private var reauthentications: [UInt64: Completion<ReauthenticationOutcome>] = [:]
  private var lastReauthentication: UInt64 = 0
  private var isDraining = false
  private var unfinished = 0

  init(_ options: ClientOptions, _ port: ClientPort, holdTime: Duration) {
    self.options = options
    self.port = port
    clientID = options.session.clientID
    publishes = PublishFlow(port, options.session, isRecorded: options.sessionStore != nil)
    desk = SubscriptionDesk(version: options.session.version)
    requests = RequestTable(port, version: options.session.version)
    delivering = MessageDispatch(port, desk, requests, holdTime: holdTime)
  }

  var nextDeadline: Duration? { .earlier(deadlines.nextDeadline, delivering.nextDeadline) }

  func handle(_ command: ClientCommand, _ link: LinkContext) {
    switch command {
    case .publish(let operation): publish(operation, link)
    case .publishAll(let batch): publish(batch, link)
    case .acknowledgeAll(let tokens): link.acknowledge(contentsOf: tokens)
    case .acknowledge(let token, let code): link.acknowledge(token, reasonCode: code)
    case .perform(let body): body(self, link)
    }
  }

  func publish(_ operation: PublishOperation, _ link: LinkContext) {
    publishes.publish(operation, link)
    guard let deadline = operation.deadline, publishes.isWaiting else { return }
    deadlines.add(at: deadline, isNeeded: { !operation.isOver }) { [publishes] in
      publishes.deadlinePassed(operation)
    }
  }

  private func publish(_ batch: PublishBatch, _ link: LinkContext) {
    publishes.publish(batch, link)
    guard let deadline = batch.deadline else { return }
    deadlines.add(at: deadline, isNeeded: { !batch.isOver }) { [publishes] in
      publishes.deadlinePassed(batch)
    }
  }

  func received(_ event: LinkEvent, _ link: LinkContext) {
    switch event {
    case .delivered(let publish, let token): delivering.received(publish, token, link)
    case .sent(let key): publishes.sent(key)
    case .received, .restarted, .released: break
    case .finished(let key, let outcome): publishes.finished(key, outcome, link)
    case .subscribed(let key, let codes, _): desk.subscribed(key, codes, link)
    case .unsubscribed(let key, let codes, _): desk.unsubscribed(key, codes)
    case .subscriptionLost(let filter, let code): lost(filter, code, link)
    case .receiveMaximumExceeded(let excess, let maximum):
      port.events.publish(.receiveMaximumExceeded(by: excess, maximum: maximum))
    case .connecting(let attempt): connecting(attempt)
    case .up(let ack): up(ack, link)
    case .down(let reason, let detail, let retryIn):
      down(ConnectionFailure(reason, detail: detail), retryIn: retryIn)
    case .authentication(let event): port.events.publish(.authentication(event))
    case .reauthenticated(let key, let outcome): reauthenticated(key, outcome)
    case .referred(let request): port.events.publish(.referred(request))
    case .redirected(let target): port.events.publish(.redirected(target?.references ?? []))
    case .drainExpired: break
    case .stopped: stopped(link)
    }
  }

  func deadlineReached(_ link: LinkContext) {
    while let task = deadlines.popDue(at: link.now) { task() }
    delivering.deadlineReached(link)
  }

  func turnEnded(_ link: LinkContext) {
    publishes.turnEnded(link)
    delivering.turnEnded(link)
  }

  private func lost(_ filter: String, _ code: ReasonCode, _ link: LinkContext) {
    port.events.publish(.subscriptionLost(filter: filter, code))
    for listener in desk.lost(filter) {
      delivering.end(listener, .failed(.subscriptionLost(filter: filter, code)), link)
    }
  }
}

/// A task that waits for a connection.
struct ConnectWait: Sendable {
  let completion: Completion<Result<ConnectionInfo, ClientError>>
  /// Whether the first attempt that fails is answer enough.
  let endsAtFailure: Bool
}

// The life of the connection.
extension ClientApplication {
  func wait(_ wait: ConnectWait) {
    switch port.state {
    case .connected(let info): wait.completion.resolve(.success(info))
    case .draining, .stopped: wait.completion.resolve(.failure(.stopped))
    case .idle, .connecting, .disconnected:
      connectWaits.removeAll { $0.completion.value != nil }
      connectWaits.append(wait)
    }
  }

  private func connecting(_ attempt: Int) {
    if !isDraining { port.state = .connecting }
    port.events.publish(.connecting(attempt: attempt))
  }

  private func up(_ ack: ConnectAck, _ link: LinkContext) {
    if let assigned = ack.properties.assignedClientIdentifier { clientID = assigned }
    let info = ConnectionInfo(clientID: clientID, answer: ack)
    if !isDraining { port.state = .connected(info) }
    port.events.publish(.connected(info))
    if !ack.sessionPresent, !options.session.resubscribe {
      for filter in desk.filters { lost(filter, .noSubscriptionExisted, link) }
    }
    requests.up(info, self, link)
    for wait in exchange(&connectWaits, with: []) { wait.completion.resolve(.success(info)) }
  }

  private func down(_ failure: ConnectionFailure, retryIn: Duration?) {
    delivering.linkEnded()
    if !isDraining { port.state = .disconnected(failure) }
    port.events.publish(retryIn.map { .disconnected(failure, retryIn: $0) } ?? .gaveUp(failure))
    for wait in connectWaits where wait.endsAtFailure {
      wait.completion.resolve(.failure(.connection(failure)))
    }
    connectWaits.removeAll { $0.endsAtFailure }
  }

  func reauthenticate(_ completion: Completion<ReauthenticationOutcome>, _ link: LinkContext) {
    lastReauthentication += 1
    reauthentications[lastReauthentication] = completion
    link.reauthenticate(key: lastReauthentication)
  }

  private func reauthenticated(_ key: UInt64, _ outcome: ReauthenticationOutcome) {
    reauthentications.removeValue(forKey: key)?.resolve(outcome)
  }

  /// Takes nothing new, finishes what was accepted, and ends; at the latest after `duration`.
  func drain(_ packet: Disconnect, within duration: Duration, _ link: LinkContext) {
    guard !isDraining else { return }
    isDraining = true
    publishes.isClosed = true
    port.state = .draining
    publishes.flush { [weak self] in self?.stop(.now(packet), link) }
    deadlines.add(at: link.now + duration) { [weak self] in self?.stop(.now(packet), link) }
  }

  func unsubscribeAll(_ link: LinkContext) { delivering.closeAll(link) }

  /// Says goodbye now; what is unfinished gets its outcome from the session.
  func stop(_ ending: SessionEnding, _ link: LinkContext) {
    isDraining = true
    publishes.isClosed = true
    desk.isStopping = true
    unfinished = max(unfinished, publishes.openCount)
    link.stop(ending, within: options.closeTimeout)
  }

  private func stopped(_ link: LinkContext) {
    unfinished = max(unfinished, publishes.openCount)
    publishes.stopped()
    desk.stopped()
    requests.stopped()
    delivering.stopped()
    for wait in exchange(&connectWaits, with: []) { wait.completion.resolve(.failure(.stopped)) }
    for completion in exchange(&reauthentications, with: [:]).values {
      completion.resolve(.notStarted(.notConnected))
    }
    port.stopped()
    port.events.publish(.stopped)
    port.ended.resolve(unfinished)
  }
}
