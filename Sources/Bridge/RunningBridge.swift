import EventLoop
import HTTPFront
import Logging
import MQTTClient
import Store

/// Every part of a bridge, started; in the order store, broker link, HTTP servers.
final class RunningBridge: Sendable {
  /// How long a connection between two requests may bring another one, after the bridge began to stop.
  private static let idlePatience = Duration.seconds(1)

  private let configuration: BridgeConfiguration
  private let log: Logger
  private let clientID: String
  private let wiring: Wiring
  private let startedAt = MonotonicClock.now()
  private let store: Store
  private let link: Link<BrokerApplication>
  private let publisher: Publisher
  private let webhooks: BridgeWebhooks
  private let messages: MessageLookUps
  private let server: HTTPServer
  private let adminServer: HTTPServer
  private let desk: AccessDesk
  private let ledger: StreamLedger
  private let bench: PasswordBench
  /// Nil where nobody is asked who they are.
  private let keySets: KeySetFetcher?

  init(_ configuration: BridgeConfiguration, _ log: Logger) throws(StartFailure) {
    (self.configuration, self.log) = (configuration, log)
    let wiring = Wiring(configuration)
    self.wiring = wiring
    let observer = Observer(log)
    let publisher = Publisher(configuration, wiring)
    self.publisher = publisher
    let messages = MessageLookUps(wiring, publisher)
    self.messages = messages
    let deadLetters = DeadLetterRequests(wiring)
    let coverage = CoverageTable()
    let events = StoreEvents(wiring, publisher, messages, deadLetters, coverage, observer)
    store = try Self.openStore(configuration, events)
    wiring.connect(store: store)

    // The instance was drawn at random when the data directory was made, and stays with it.
    let clientID = configuration.mqtt.clientID ?? "mqtt-bridge-\(store.instance)"
    self.clientID = clientID
    let requests = Requests(configuration, wiring, publisher, clientID: clientID)
    wiring.connect(requests: requests)
    let log = Self.makeLog(configuration, wiring, store, coverage, requests)
    webhooks = try Self.makeWebhooks(configuration, wiring, observer, log)
    link = try Self.makeLink(Self.linkOptions(configuration, store, clientID: clientID)) {
      BrokerApplication(configuration, wiring, publisher, observer, log)
    }
    wiring.connect(link: link)
    let desk = try AccessDesk(configuration.access.rules, threads: configuration.http.threads)
    self.desk = desk
    ledger = StreamLedger(desk, wiring.openStreams)
    wiring.connect(ledger: ledger)
    wiring.connect(desk: desk)
    do throws(SystemError) { bench = try PasswordBench() } catch { throw .system(error) }
    keySets = try Self.makeKeySets(configuration, desk, observer)
    let passwords = PasswordDesk(
      desk: desk, bench: bench, accessLog: AccessLog(self.log, wiring, desk))
    let publicAdmin = AdminApplication.onPublicServer(
      configuration, wiring, publisher, deadLetters, observer, passwords)
    let application = PublicApplication(
      configuration, wiring, publisher, messages, observer, log,
      Doorkeeper(passwords) { wiring.server?.handleAgain($0) },
      BodyDoor(passwords) { wiring.server?.resumeBody($0) }, ledger, admin: publicAdmin,
      clientID: clientID)
    try Self.startTunnels(configuration, wiring, clientID: clientID)
    server = try Self.makeServer(
      HTTPOptions.publicServer(configuration),
      HTTPOptions.publicListeners(configuration.http, application), setting: "listen")
    wiring.connect(server: server)
    let admin = AdminApplication(
      configuration, wiring, publisher, deadLetters, observer,
      Doorkeeper(passwords) { wiring.adminServer?.handleAgain($0) })
    adminServer = try Self.makeServer(
      HTTPOptions.adminServer(),
      [HTTPOptions.adminListener(configuration.http, admin)], setting: "admin_listen")
    wiring.connect(adminServer: adminServer)
    try start()
  }

  private func start() throws(StartFailure) {
    let remembered = store.loadedNames.compactMap { RememberedSubscription(name: $0.name) }
    link.sendReserved(.restore(remembered))
    // Before the first connection, so that no message of theirs finds nobody.
    for hold in holds() { link.sendReserved(.openStream(hold)) }
    do throws(SystemError) {
      try webhooks.start()
      try link.start()
    } catch {
      throw .system(error)
    }
    store.startFeed()
    do throws(HTTPServerError) {
      try server.start()
    } catch {
      throw .server(error, setting: "listen")
    }
    do throws(HTTPServerError) {
      try adminServer.start()
    } catch {
      throw .server(error, setting: "admin_listen")
    }
  }

  /// What keeps filters subscribed although no stream wants them.
  private func holds() -> [StreamRequest] {
    var holds = wiring.named?.restore(store.loadedSubscriptions) ?? []
    let recorded = configuration.history.record.filters
    if !recorded.isEmpty, let hold = wiring.named?.nextHold() {
      holds.append(NamedSubscriptions.holdRequest(hold, SubscriptionTerms(filters: recorded)))
    }
    holds += webhooks.restore(store.loadedSubscriptions, at: WallClock.milliseconds())
    if let hold = TopicValues.hold(configuration.lastValues) { holds.append(hold) }
    return holds
  }

  func logStart() {
    log.info(
      "started",
      metadata: [
        LogKey.version: "\(BridgeVersion.current)",
        LogKey.listen: "\(publicURLs.joined(separator: " "))",
        LogKey.adminListen:
          "http://\(HostPort(host: configuration.http.adminListen.host, port: UInt16(clamping: adminServer.port)))",
        LogKey.broker: "\(configuration.mqtt.broker)", LogKey.clientID: "\(clientID)",
        LogKey.data: "\(configuration.data)",
      ])
    let tls = BrokerClientOptions.make(configuration, clientID: clientID).tls
    if configuration.mqtt.broker.scheme.isSecure, !tls.verifiesChain || !tls.verifiesHostName {
      Observer(log).brokerUnverified()
    }
    if desk.isOpen {
      log.info("no authentication is configured: everything is allowed, on loopback only")
    }
  }

  /// Whether every thread that must turn does.
  var isAlive: Bool { Liveness(wiring, since: startedAt).stuckThreads.isEmpty }

  /// One line for `systemctl status`.
  var statusLine: String { HealthReport(configuration, wiring).line }

  private var publicURLs: [String] {
    let http = configuration.http
    return zip(http.listen.list, server.ports).map { address, port in
      address.url(
        port: port, isSecure: address.isSecure(withCertificate: http.identity != nil))
    }
  }

  /// Takes over what a reload can change.
  func reload(with reloader: Reloader) {
    guard reloader.reload(wiring.live, desk) else { return }
    renewCertificates()
    renewWebhooks()
    keySets?.configure(wiring.live.value.access.rules.configuration)
  }

  private func renewWebhooks() {
    do throws(SystemError) {
      let names = try webhooks.reconfigure(
        wiring.live.value.webhooks, at: WallClock.milliseconds())
      guard !names.isEmpty else { return }
      let list = names.joined(separator: ", ")
      log.notice("webhooks changed", metadata: [LogKey.webhooks: "\(list)"])
    } catch {
      log.error("webhooks cannot be started", metadata: [LogKey.reason: "\(error)"])
    }
  }

  /// Shows to new clients what the files hold now.
  private func renewCertificates() {
    let http = wiring.live.value.http
    guard configuration.http.identity != nil else { return }
    var problems: [ConfigurationProblem] = []
    guard let identity = http.tls.identity(&problems, source: { _ in .builtIn }) else {
      for problem in problems {
        log.error(
          "the old certificate stays", metadata: [LogKey.reason: "\(problem.message)"])
      }
      return
    }
    for (index, address) in http.listen.list.enumerated()
    where address.isSecure(withCertificate: true) {
      server.replaceIdentity(identity, ofListener: index)
    }
    log.notice("certificates read again")
  }

  /// Asks the mqtt thread for a sign of life, ends streams whose callers' tokens have, and lets batches
  /// go on that have waited long enough; once a second, from the main thread.
  func tick() {
    _ = link.send(.tick)
    publisher.tick(at: MonotonicClock.now())
    var expired: [StreamID] = []
    let due = ledger.due(at: WallClock.milliseconds() / 1000) { expired.append($0) }
    for id in expired {
      wiring.tunnels?.expired(id)
      wiring.polls?.expired(id)
    }
    for (shard, commands) in due {
      server.deliver(commands, toShard: shard)
    }
  }

  /// Ends everything in order, within the configured time.
  ///
  /// Not ready → no new connections, and those that are there are told to close → parked requests answered → what came acknowledged → streams
  /// ended → the broker
  /// session left as it is → the last commit. A part that takes too long is left behind.
  func stop() {
    let deadline = MonotonicClock.now() + configuration.drainTimeout
    func left() -> Duration { max(.milliseconds(100), deadline - MonotonicClock.now()) }
    wiring.drain()
    server.quiesce(patience: min(Self.idlePatience, configuration.drainTimeout / 4))
    publisher.drain()
    messages.drain()
    wiring.requests?.drain()
    // What is with the store is answered by it, which takes one commit.
    let answered = MonotonicClock.now() + left() / 4
    while publisher.waitingRequests > 0, MonotonicClock.now() < answered {
      LoopThread.pause(.milliseconds(5))
    }
    publisher.abandon()
    settleInbound(within: left() / 4)
    server.stop(deadline: left() / 2)
    server.join()
    wiring.byteLinks?.stop()
    link.stop(within: left() / 2)
    link.join()
    webhooks.stop()
    if !store.close(within: left()) {
      log.warning("the store did not close in time; what it has committed is safe")
    }
    adminServer.stop(deadline: .milliseconds(100))
    adminServer.join()
    bench.stop()
    keySets?.stop()
    wiring.disconnect()
  }

  /// Reads no more from the broker and acknowledges what came, so that it comes only once with QoS 1.
  ///
  /// Before the streams end: what no stream can be given any more is not acknowledged either.
  private func settleInbound(within limit: Duration) {
    wiring.leaveBroker()
    _ = link.send(.tick)
    let deadline = MonotonicClock.now() + limit
    while !wiring.hasSettledInbound, MonotonicClock.now() < deadline {
      LoopThread.pause(.milliseconds(2))
    }
  }

  private static func makeLog(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ store: Store,
    _ coverage: CoverageTable, _ requests: Requests
  ) -> EventLogParts {
    coverage.restore(store.loadedNames)
    let bounds = store.eventBounds
    let position = LogPosition(LoggedEvent(sequence: bounds.last, time: bounds.lastTime))
    let resolver = ReplayResolver(
      epoch: store.epoch, coverage: coverage, history: configuration.history.filter)
    let named = NamedSubscriptions(wiring, epoch: store.epoch, position: position)
    wiring.connect(named: named)
    let replays = Replays(ReplayPorts(wiring), resolver, position, named)
    let polls = Polls(PollPorts(wiring, position), resolver)
    wiring.connect(polls: polls)
    return EventLogParts(
      epoch: store.epoch, coverage: coverage, position: position, resolver: resolver,
      replays: replays, named: named, values: TopicValues(wiring, configuration.lastValues),
      requests: requests, polls: polls)
  }

  /// The thread with the connections of tunnels, where there can be any.
  private static func startTunnels(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, clientID: String
  ) throws(StartFailure) {
    guard configuration.tunnel.isOn else { return }
    do throws(SystemError) {
      let options = BrokerClientOptions.make(configuration, clientID: clientID)
      let links = try ByteLinks<TunnelMessage>(options) { TunnelHost(wiring) }
      wiring.connect(byteLinks: links)
      try links.start()
    } catch {
      throw .system(error)
    }
  }

  private static func openStore(
    _ configuration: BridgeConfiguration, _ events: StoreEvents
  ) throws(StartFailure) -> Store {
    do throws(StoreError) {
      return try Store.open(storeOptions(configuration)) { events.handle($0) }
    } catch {
      throw .store(error, directory: configuration.data)
    }
  }

  private static func makeLink(
    _ options: ClientOptions, _ application: @escaping @Sendable () -> BrokerApplication
  ) throws(StartFailure) -> Link<BrokerApplication> {
    do throws(SystemError) {
      return try Link(options, makeApplication: application)
    } catch {
      throw .system(error)
    }
  }

  private static func linkOptions(
    _ configuration: BridgeConfiguration, _ store: Store, clientID: String
  ) -> ClientOptions {
    var options = BrokerClientOptions.make(configuration, clientID: clientID)
    // Logged by an earlier process: the broker may send them again.
    options.restoredInbound = store.loadedReceipts.map {
      RestoredDelivery(
        PacketID(truncatingIfNeeded: $0.number),
        fingerprint: $0.mark.map { UInt64(bitPattern: $0) })
    }
    return options
  }

  private static func makeWebhooks(
    _ configuration: BridgeConfiguration, _ wiring: Wiring, _ observer: Observer,
    _ log: EventLogParts
  ) throws(StartFailure) -> BridgeWebhooks {
    do throws(SystemError) {
      let webhooks = try BridgeWebhooks(
        configuration, wiring, observer, position: log.position, epoch: log.epoch)
      wiring.connect(webhooks: webhooks)
      return webhooks
    } catch {
      throw .system(error)
    }
  }

  private static func makeKeySets(
    _ configuration: BridgeConfiguration, _ desk: AccessDesk, _ observer: Observer
  ) throws(StartFailure) -> KeySetFetcher? {
    guard !desk.isOpen else { return nil }
    do throws(SystemError) {
      let fetcher = try KeySetFetcher(
        configuration.access.rules.configuration, use: { desk.adopt(fetched: $0) },
        report: { observer.keySet($0) })
      desk.onUnknownKey { [weak fetcher] in fetcher?.sawUnknownKey() }
      return fetcher
    } catch {
      throw .system(error)
    }
  }

  private static func makeServer(
    _ options: HTTPServerOptions, _ listeners: [HTTPListener], setting: String
  ) throws(StartFailure) -> HTTPServer {
    do throws(HTTPServerError) {
      return try HTTPServer(options: options, listeners: listeners)
    } catch {
      throw .server(error, setting: setting)
    }
  }

  private static func storeOptions(_ configuration: BridgeConfiguration) -> StoreOptions {
    var options = StoreOptions(directory: configuration.data)
    options.outboxLimits = StoreOptions.Limits(
      messages: configuration.publishing.queueMessages,
      bytes: configuration.publishing.queueBytes.bytes)
    options.eventAge = configuration.history.age
    options.eventBytes = configuration.history.bytes.bytes
    options.keyAge = configuration.publishing.idempotencyAge
    options.deadLetterLimits = StoreOptions.Limits(
      messages: configuration.publishing.deadLetters,
      bytes: configuration.publishing.deadLetterBytes.bytes)
    options.lastValueLimits = StoreOptions.Limits(
      messages: configuration.lastValues.topics, bytes: configuration.lastValues.bytes.bytes)
    options.feedLimits.messages = max(options.feedLimits.messages, configuration.mqtt.inflight)
    return options
  }
}
