import EventLoop

/// Carries out what the session wants: one input, then every action it caused, then the next.
///
/// At any time there is at most one attempt to reach the broker, and at most one earlier
/// connection whose last bytes are leaving.
final class LinkDriver {
  /// What the session must still be told about the present attempt.
  enum News {
    case opened
    /// A server that had not accepted us is given up for another one.
    case movedOn
    case failed(LinkError)
    case malformed(DecodeError)
  }

  let connection: LinkConnection
  let context: LinkContext
  let observer: LinkObserver
  private let hooks: LinkHooks
  let journal: LinkJournal?
  private let closeTimeout: Duration
  let deliver: (LinkEvent) -> Void
  let version: ProtocolVersion
  /// Inputs go to it by `feed` only.
  var session: Session
  private var actions: [SessionAction] = []
  private var running: [SessionAction] = []
  private var stopDeadline: Duration?
  private var isSessionStopped = false
  private var wasReadingPaused = false
  /// Since the last connection.
  private var attempts = 0

  init(
    _ options: ClientOptions, _ connection: LinkConnection, _ context: LinkContext,
    _ control: Mailbox<LinkControl>, _ observer: LinkObserver,
    deliver: @escaping (LinkEvent) -> Void
  ) {
    self.connection = connection
    self.context = context
    self.observer = observer
    hooks = LinkHooks(options.session, control)
    closeTimeout = options.closeTimeout
    self.deliver = deliver
    version = options.session.version
    journal = options.sessionStore.map { LinkJournal($0, control) }
    session = Self.session(options, isRecorded: journal != nil)
    context.pending = { [unowned self] in pendingPublishes(atMost: $0) }
  }

  private static func session(_ options: ClientOptions, isRecorded: Bool) -> Session {
    var sessionOptions = options.session
    if isRecorded {
      sessionOptions.recordsReceived = true
      sessionOptions.recordsReleased = true
    }
    var session = Session(
      options: sessionOptions, jitterSeed: options.jitterSeed ?? .random(in: 1 ... .max))
    session.restoreInbound(options.restoredInbound)
    return session
  }

  private var now: Duration { context.now }

  var nextDeadline: Duration? {
    .earlier(session.nextDeadline, .earlier(connection.nextDeadline, stopDeadline))
  }

  /// Whether the link may end: the session is done and its last bytes are gone, or it is too late.
  var isFinished: Bool {
    (isSessionStopped && !connection.isClosing && journal?.isIdle ?? true)
      || stopDeadline.map { now >= $0 } ?? false
  }

  func start() {
    if let journal {
      let restored = journal.restore(at: WallClock.milliseconds())
      session.restoreInbound(restored.inbound.map { RestoredDelivery($0) })
      for request in restored.publishes { feed { $0.publish(request, at: $2, &$1) } }
    }
    feed { $0.start(at: $2, &$1) }
    settle()
  }

  func stop(_ ending: SessionEnding, deadline: Duration) {
    var last = deadline
    // After the time for draining, the last bytes still have theirs.
    if case .drain = ending { last += closeTimeout }
    stopDeadline = min(last, stopDeadline ?? last)
    feed { $0.stop(ending, until: deadline, at: $2, &$1) }
  }

  /// Carries out everything that was asked of the context, and all that follows from it.
  func settle() {
    while true {
      if let news = connection.nextNews() {
        tell(news)
      } else if let input = context.nextInput() {
        apply(input)
      } else {
        return
      }
    }
  }

  /// One of the connection's descriptors is ready.
  func handle(_ event: Poller.Event) {
    connection.handle(event, at: now)
    settle()
    if connection.mayRead(event) { read() }
  }

  func handle(_ message: LinkControl) {
    switch message {
    case .attempt(let ticket, let answer):
      connection.answered(ticket, answer, at: now)
      settle()
    case .authenticated(let number, let answer):
      feed { $0.authenticated(number, answer, at: $2, &$1) }
      settle()
    case .redirectDecided(let number, let decision):
      feed { $0.redirectDecided(number, decision, at: $2, &$1) }
      settle()
    case .recorded(let refused):
      for step in journal?.recorded(refused) ?? [] { carryOut(step) }
      settle()
    case .stop(let ending, let deadline):
      stop(ending, deadline: deadline)
      settle()
    }
  }

  func timersFired() {
    if let deadline = session.nextDeadline, now >= deadline {
      if context.isReadingPaused, connection.hasUnreadInput { readDuringPause() }
      feed { $0.timerFired(at: $2, &$1) }
    }
    connection.timerFired(at: now)
    settle()
  }

  /// Bytes that wait during a pause prove that the broker lives: reads before it is judged.
  private func readDuringPause() {
    feed { session, _, now in session.heard(at: now) }
    read(atMost: 1)
    if connection.hasUnreadInput { feed { session, _, now in session.excused(at: now) } }
  }

  /// After a pause the broker has its whole time again.
  private func notePause() {
    if wasReadingPaused, !context.isReadingPaused, connection.hasUnreadInput {
      feed { session, _, now in session.excused(at: now) }
    }
    wasReadingPaused = context.isReadingPaused
  }

  /// Reads what the poller cannot see; call it once per turn.
  func readHeldInput() {
    if connection.mustNotWait, !session.isChecking { read() }
  }

  /// Sends what the session held back to combine it, and writes everything in one go.
  func flush() {
    feed { $0.flush(at: $2, &$1) }
    settle()
    if connection.write(at: now) { feed { session, _, now in session.wrote(at: now) } }
    if connection.hasWriteError { readAfterWriteError() }
    settle()
    connection.reportOnce { report($0, $1) }
    settle()
    journal?.flush()
    updateCongestion()
    notePause()
    // Without a connection nothing comes that a pause is for.
    let isPaused = context.isReadingPaused && session.state == .up
    connection.updateInterest(isReadingPaused: isPaused || session.isChecking, at: now)
  }

  /// Makes visible what this wake-up brought.
  func observe() {
    let counts = session.counts
    var gauges = ClientMetrics.Gauges()
    gauges.isConnected = session.state == .up
    gauges.queuedPublishes = counts.waitingPublishes
    gauges.inFlightPublishes = counts.inFlightPublishes
    gauges.inFlightMaximum =
      session.limits.map { min($0.receiveMaximum, session.options.inflightMaximum) } ?? 0
    gauges.unacknowledgedDeliveries = counts.unacknowledgedDeliveries
    gauges.subscriptions = counts.subscriptions
    gauges.queuedFilters = counts.queuedFilters
    gauges.unwrittenBytes = connection.outgoingCount
    observer.dropped(context.takeDropped())
    observer.turnEnded(gauges, counts)
  }

  /// The link ends for good: says what became of the messages that were still to leave.
  func abandon() {
    connection.abandon()
    connection.reportOnce { report($0, $1) }
    for (key, outcome) in journal?.abandon() ?? [] { report(key, outcome) }
  }

  /// The unfinished publishes, the oldest first.
  func pendingPublishes(atMost limit: Int) -> [PendingPublish] {
    session.pendingPublishes(atMost: limit, at: now)
  }

  private func read(atMost reads: Int? = nil) {
    connection.read(atMost: reads, at: now) { packet in
      feed { $0.received(packet, at: $2, &$1) }
      settle()
    }
    settle()
  }

  /// Before a broker closes it may have said why: the write failed, and the reason is still unread.
  private func readAfterWriteError() {
    read()
    connection.reportWriteError()
  }

  func feed(_ input: (inout Session, inout [SessionAction], Duration) -> Void) {
    precondition(running.isEmpty, "an input before the actions of the last one")
    input(&session, &actions, now)
    swap(&actions, &running)
    for action in running { run(action) }
    running.removeAll(keepingCapacity: true)
  }

  private func tell(_ news: News) {
    switch news {
    case .opened:
      if let credentials = connection.credentials {
        feed { session, _, _ in session.prepared(credentials) }
      }
      feed { $0.linkOpened(at: $2, &$1) }
    case .movedOn: feed { session, actions, _ in session.linkMovedOn(&actions) }
    case .failed(let error): feed { $0.linkFailed(error.failure, at: $2, &$1) }
    case .malformed(let error): feed { $0.receivedInvalid(error.reasonCode, at: $2, &$1) }
    }
  }

  private func run(_ action: SessionAction) {
    switch action {
    case .openLink: openLink()
    case .closeLink(let closing): connection.close(closing, at: now)
    case .send(let packet):
      connection.send(packet)
      updateCongestion()
    case .sendOnce(let key, let publish):
      connection.sendOnce(key, publish)
      updateCongestion()
    case .deliver(let publish, let token):
      observer.delivered(publish.qos)
      deliver(.delivered(publish, token))
    case .released(let id): released(id)
    case .sent(let key): deliver(.sent(key))
    case .received(let key):
      if journal?.received(key) != true { deliver(.received(key)) }
    case .restarted(let key):
      journal?.restarted(key)
      deliver(.restarted(key))
    case .finished(let key, let outcome): finished(key, outcome)
    case .settled(let key): journal?.settled(key)
    case .subscribed(let key, let codes, let text):
      deliver(.subscribed(key, codes, reasonString: text))
    case .unsubscribed(let key, let codes, let text):
      deliver(.unsubscribed(key, codes, reasonString: text))
    case .subscriptionLost(let filter, let code): deliver(.subscriptionLost(filter: filter, code))
    case .receiveMaximumExceeded(let excess, let maximum):
      deliver(.receiveMaximumExceeded(by: excess, maximum: maximum))
    case .up(let ack):
      if !ack.sessionPresent { journal?.sessionLost() }
      observer.up(ConnectionInfo(clientID: session.clientID, answer: ack))
      attempts = 0
      connection.accepted()
      context.limits = session.limits
      deliver(.up(ack))
    case .down(let reason, let retryIn):
      context.limits = nil
      let detail = connection.detail(of: reason)
      observer.down(ConnectionFailure(reason, detail: detail))
      deliver(.down(reason, detail: detail, retryIn: retryIn))
    case .authenticate(let request): hooks.authenticate(request)
    case .endAuthentication(let failure): hooks.endAuthentication(failure)
    case .authentication(let event): deliver(.authentication(event))
    case .reauthenticated(let key, let outcome): deliver(.reauthenticated(key, outcome))
    case .referred(let request): deliver(.referred(request))
    case .redirect(let target):
      connection.redirect(to: target)
      deliver(.redirected(target))
    case .askRedirect(let number, let request): hooks.askRedirect(number, request)
    case .drainExpired(let counts): deliver(.drainExpired(counts))
    case .stopped:
      observer.stopped()
      hooks.cancel()
      isSessionStopped = true
    }
  }

  private func openLink() {
    attempts += 1
    observer.attemptBegan(attempts)
    deliver(.connecting(attempt: attempts))
    connection.open(at: now, until: session.nextDeadline ?? now)
  }

  func report(_ key: UInt64, _ outcome: PublishOutcome) {
    observer.finished(outcome)
    deliver(.finished(key, outcome))
  }

  func updateCongestion() {
    context.isCongested = connection.isCongested
  }
}
