@testable import MQTTClient

/// A session, a broker, a faulty network and an application with a durable outbox, under a virtual
/// clock; one seed is one story.
///
/// For a while links drop, half-open ones too, acknowledgements come late, twice or never, the broker
/// refuses connections, names other servers and forgets sessions, and the process of the client is killed or stopped and
/// starts again. Then everything works, and all must come to its end.
struct Simulation: ~Copyable {
  static let chaos = Duration.seconds(40)
  static let limit = Duration.seconds(400)

  var random: SplitMix64
  var now = Duration.zero
  var queue = SimulationQueue()
  var session: Session
  var broker: ScriptedBroker
  var options: SessionOptions
  var problems: [String] = []

  /// The newest link; zero before the first.
  var link = 0
  var clientSeesLink = false
  var brokerLink: Int?
  /// CONNACK has left the broker on this link.
  var acceptedLink: Int?
  /// When the last packet in each direction arrives.
  var lastToBroker = Duration.zero
  var lastToClient = Duration.zero
  /// Where the client was sent; nil for the configured server.
  var target: RedirectTarget?
  var redirections = 0

  var application = SimulatedApplication()
  var inbox = SimulatedInbox()
  /// The session has ended, and the next process begins.
  private var hasStopped = false
  let losesSessions: Bool
  let hasUniqueIDs: Bool
  let restarts: Bool

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    options = SessionOptions(clientID: "simulated")
    options.version = Int.random(in: 0..<3, using: &random) == 0 ? .v311 : .v5
    options.keepAlive = 5
    options.pingTimeout = .seconds(2)
    options.connectTimeout = .seconds(2)
    options.acknowledgementTimeout = .seconds(4)
    options.reconnect.backoff.maximum = .seconds(2)
    options.reconnect.refusalsMaximum = nil
    options.inflightMaximum = Int.random(in: 1...20, using: &random)
    options.filtersPerPacketMaximum = Int.random(in: 1...4, using: &random)
    options.connect.receiveMaximum = UInt16.random(in: 1...10, using: &random)
    losesSessions = Int.random(in: 0..<2, using: &random) == 0
    hasUniqueIDs = Bool.random(using: &random)
    restarts = Int.random(in: 0..<3, using: &random) > 0
    // Only a process that never dies may release a QoS 2 message before that is on disk.
    options.recordsReceived = restarts || Bool.random(using: &random)
    options.recordsReleased = options.recordsReceived
    if options.version == .v5, Bool.random(using: &random) {
      options.authenticator = NamedAuthenticator()
    }
    options.username = "ann"
    let rules: [RedirectPolicy] = [
      .ignore, .follow(), .follow(sendsCredentials: true), .ask { _ in .stay },
    ]
    options.redirect = rules[Int.random(in: 0..<4, using: &random)]
    let policies = [TopicAliasPolicy.disabled, .monotonic, .leastRecentlyUsed]
    options.delivery.topicAliases = policies[Int.random(in: 0..<3, using: &random)]
    if Int.random(in: 0..<3, using: &random) == 0 {
      options.delivery.rate = PublishRate(messages: 20, burst: .milliseconds(200))
      options.delivery.replayRate = PublishRate(messages: 50, burst: .zero)
    }
    broker = ScriptedBroker(
      version: options.version, receiveMaximum: Int.random(in: 1...10, using: &random))
    session = Session(options: options, jitterSeed: seed)
  }

  var isChaos: Bool { now < Self.chaos }

  mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  mutating func delay(_ milliseconds: ClosedRange<Int>) -> Duration {
    .milliseconds(Int.random(in: milliseconds, using: &random))
  }

  /// Plays the story and returns what went wrong.
  mutating func run() -> [String] {
    for _ in 0..<120 { queue.add(.applicationPublishes, at: delay(0...40_000)) }
    for _ in 0..<25 { queue.add(.applicationSubscribes, at: delay(0...40_000)) }
    for _ in 0..<60 { queue.add(.brokerDelivers, at: delay(0...40_000)) }
    for _ in 0..<25 { queue.add(.fault, at: delay(0...40_000)) }
    give { $0.start(at: $1, &$2) }
    var stepsAtThisTime = 0
    while !isSettled, problems.isEmpty {
      let earlier = now
      guard let next = Duration.earlier(queue.nextTime, session.nextDeadline) else { break }
      now = max(now, next)
      stepsAtThisTime = now == earlier ? stepsAtThisTime + 1 : 0
      if now > Self.limit { problems.append("not settled at \(now)") }
      if stepsAtThisTime > 5000 { problems.append("a livelock at \(now)") }
      if queue.nextTime == next, let event = queue.pop() {
        handle(event)
      } else {
        give { $0.timerFired(at: $1, &$2) }
      }
      give { $0.flush(at: $1, &$2) }
      if hasStopped {
        application.stopped()
        begin()
      }
    }
    checkEnd()
    return problems + broker.violations + application.problems + inbox.problems
  }

  private var isSettled: Bool {
    now > Self.chaos && queue.nextTime.map { $0 > Self.chaos } ?? true
      && application.isSettled && broker.waitingDeliveries == 0 && session.state == .up
      && session.counts.unansweredSubscriptionPackets == 0 && session.counts.queuedFilters == 0
      && session.counts.inFlightPublishes == 0 && session.counts.unacknowledgedDeliveries == 0
  }

  /// One input, then every action it caused.
  mutating func give(
    _ input: (inout Session, Duration, inout [SessionAction]) -> Void
  ) {
    var actions: [SessionAction] = []
    input(&session, now, &actions)
    for action in actions { run(action) }
  }

  private mutating func run(_ action: SessionAction) {
    switch action {
    case .openLink: openLink()
    case .closeLink(let closing): closeLink(closing)
    case .send(let packet):
      if case .publishComplete(let reply) = packet { inbox.completes(reply.packetID) }
      if case .connect(let connect) = packet { checkSecrets(connect) }
      send(packet)
    case .sendOnce(let key, let publish):
      send(.publish(publish))
      application.sentOnce(key)
    case .deliver(let publish, let token):
      let row = publish.payload.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      application.delivered(row, token)
      if hasInbox, token.qos == .exactlyOnce {
        write(.keep(row, token))
      } else {
        acknowledgeLater(token)
      }
    case .sent(let key): application.sent(key)
    case .received(let key): store(.received(key))
    case .restarted(let key): store(.restarted(key))
    case .finished(let key, let outcome):
      if application.finished(key, outcome) { store(.forgotten(key)) }
    case .subscribed(let key, let codes, _), .unsubscribed(let key, let codes, _):
      application.answered(key, codes)
    case .subscriptionLost(let filter, _): problems.append("lost \(filter)")
    case .settled(let key): application.settled(key)
    case .authenticate(let request):
      let event = SimulationEvent.authenticatorAnswers(
        process: application.process, request.number)
      queue.add(event, at: now + delay(0...300))
    case .reauthenticated(let key, _): application.answered(key, [.success])
    case .stopped: hasStopped = true
    case .released(let id): write(.forget(id))
    case .up(let ack): if hasInbox, !ack.sessionPresent { write(.forgetAll) }
    case .redirect(let target): redirect(target)
    case .askRedirect(let number, let request): ask(number, request)
    case .endAuthentication, .authentication, .referred, .drainExpired, .down,
      .receiveMaximumExceeded:
      break
    }
  }

  private mutating func store(_ write: SimulationEvent.Stored) {
    queue.add(.stored(process: application.process, write), at: now + delay(0...100))
  }

  private mutating func handle(_ event: SimulationEvent) {
    switch event {
    case .linkOpens(let number):
      guard number == link, clientSeesLink else { return }
      if let older = brokerLink { endAtBroker(older) }
      brokerLink = number
      give { $0.linkOpened(at: $1, &$2) }
    case .clientSeesEnd(let number):
      guard number == link, clientSeesLink else { return }
      clientSeesLink = false
      give { $0.linkFailed(.transferFailed(110), at: $1, &$2) }
    case .brokerSeesEnd(let number): endAtBroker(number)
    case .toBroker(let number, let packet):
      guard number == brokerLink else { return }
      guard !broker.isPoisoned(by: packet) else { return breakOver(number) }
      broker.refusal = refusal()
      for answer in broker.receive(packet) { think(number, answer) }
    case .brokerThought(let number, let packet): answer(number, packet)
    case .toClient(let number, let packet):
      guard number == link, clientSeesLink else { return }
      give { $0.received(packet, at: $1, &$2) }
    case .fault: if isChaos { fault() }
    case .applicationPublishes: publish()
    case .applicationSubscribes: subscribe()
    case .brokerDelivers: deliver()
    case .authenticatorAnswers(let process, let number):
      guard process == application.process else { return }
      let answer: AuthenticationAnswer =
        isChaos && chance(5) ? .failure(.authenticator("no")) : .success(AuthenticationMessage())
      give { $0.authenticated(number, answer, at: $1, &$2) }
    case .applicationDecides(let process, let number, let request):
      if process == application.process { decide(number, request) }
    case .acknowledges(let process, let token):
      guard process == application.process else { return }
      give { $0.acknowledge(token, at: $1, &$2) }
      // A second use of a token must do nothing.
      if chance(10) { give { $0.acknowledge(token, at: $1, &$2) } }
    case .inboxDurable(let process, let write):
      if process == application.process { inbox.becameDurable(write) }
    case .inboxHeard(let process, let write):
      if process == application.process { inboxHeard(write) }
    case .stored(let process, let write):
      guard process == application.process else { return }
      application.stored(write)
      switch write {
      case .received(let key): give { $0.receivedRecorded(key: key, at: $1, &$2) }
      case .restarted(let key): give { $0.restartRecorded(key: key, at: $1, &$2) }
      case .forgotten: break
      }
    }
  }

  private mutating func publish() {
    let isRefused = options.version == .v5 && chance(5)
    let qos: QoS = chance(50) ? .atLeastOnce : .exactlyOnce
    let topic = "t/\(Int.random(in: 0..<3, using: &random))"
    // Over a restart an identifier may only be used again once its last row is forgotten on disk.
    let row = application.append(topic, qos, idCount: hasUniqueIDs || restarts ? 1000 : 15)
    if isRefused { broker.refused.insert(row.key) }
    if !isRefused, chance(2) { poison(row.key) }
    give { $0.publish(row.request(isNew: true), at: $1, &$2) }
  }

  private mutating func poison(_ key: UInt64) {
    broker.poisoned.insert(key)
    application.poisoned.insert(key)
  }

  /// The broker ends the link over a message, and says so or lets the client see that it was the
  /// broker.
  private mutating func breakOver(_ number: Int) {
    if options.version == .v5, chance(30) {
      let code: ReasonCode = chance(50) ? .packetTooLarge : .notAuthorized
      answer(number, .disconnect(Disconnect(code)))
      return endAtBroker(number)
    }
    endAtBroker(number)
    guard number == link, clientSeesLink else { return }
    clientSeesLink = false
    give { $0.linkFailed(.closedByPeer, at: $1, &$2) }
  }

  private mutating func subscribe() {
    let filters = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      "f/\(Int.random(in: 0..<8, using: &random))"
    }
    let unique = Set(filters).sorted()
    if chance(20) {
      let key = application.asksToAuthenticate()
      give { $0.reauthenticate(key: key, at: $1, &$2) }
    }
    if chance(60) {
      let identifier = UInt32.random(in: 1...3, using: &random)
      let request = SubscribeRequest(
        key: application.asks(for: unique), subscriptions: unique.map { Subscription($0) },
        subscriptionIdentifier: identifier)
      give { $0.subscribe(request, at: $1, &$2) }
    } else {
      let key = application.asks(toEnd: unique)
      give { $0.unsubscribe(key: key, filters: unique, at: $1, &$2) }
    }
  }

  private mutating func deliver() {
    guard broker.memory != nil else { return }
    let qos: QoS = chance(50) ? .atLeastOnce : .exactlyOnce
    let number = application.nextDelivery(qos)
    if hasInbox, qos == .exactlyOnce { inbox.expects(number) }
    let packets = broker.deliver(number, qos)
    for packet in packets { think(brokerLink ?? 0, packet) }
  }

  /// The process of the client ends, and the next one reads the outbox.
  mutating func restart() {
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      let until = now + delay(0...5000)
      give { $0.stop(.drain(Disconnect()), until: until, at: $1, &$2) }
    case 1:
      give { $0.stop(at: $1, &$2) }
      if session.state != .stopped { problems.append("stop did not end the session") }
    default:
      if clientSeesLink { closeLink(.immediately) }
      begin()
    }
  }

  /// The next process.
  private mutating func begin() {
    hasStopped = false
    target = nil
    application.restarted()
    session = Session(options: options, jitterSeed: UInt64(application.process))
    session.restoreInbound(inbox.ids.sorted().map { RestoredDelivery($0) })
    give { $0.start(at: $1, &$2) }
    for request in application.openRequests { give { $0.publish(request, at: $1, &$2) } }
    let wanted = application.wantedFilters
    guard !wanted.isEmpty else { return }
    let request = SubscribeRequest(
      key: application.asks(for: wanted), subscriptions: wanted.map { Subscription($0) })
    give { $0.subscribe(request, at: $1, &$2) }
  }

  private mutating func checkEnd() {
    application.check(broker, refused: broker.refused, isBrokerFaithful: broker.lostSessions == 0)
    inbox.check(isBrokerFaithful: broker.lostSessions == 0)
  }
}
