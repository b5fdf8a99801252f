import EventLoop

/// One attempt to reach a broker, which goes through the servers until one accepts the client.
///
///     the hook ─▶ a server: [DNS SRV] ─▶ [signing] ─▶ [connector | lookup, dialling] ─▶ handed over
///                    ▲                any step, or a later one of the connection ──failed──┐
///                    └──────────────────────── the next server ◀─────────────────────────┘
///
/// Whoever waits for a connection calls the next method when an input comes; what it led to is the
/// result. Until the broker has accepted the client, `serverFailed` goes on with the next server.
final class LinkAttempt {
  /// What an input led to.
  enum Progress {
    case pending
    case connected(TransportStack)
    /// No server is left.
    case failed(LinkError)
  }

  private enum Stage {
    case idle
    case task(Task<Void, Never>)
    case lookup
    case dialling(LinkDial)
    case handedOver
  }

  private let environment: LinkEnvironment
  private let until: Duration
  private var plan: ConnectAttempt
  /// Whether the secrets that the options hold must not be used.
  private let isIsolated: Bool
  /// The place in the list of servers where this attempt begins.
  private let start: Int
  private var search = ServerSearch([], until: .zero)
  private var stage = Stage.idle
  private var ticket: AttemptTicket
  private var target: ServerSearch.Target?
  private var request: WebSocketRequest?

  /// How far the present server has come.
  private(set) var step = LinkStep.preparing

  /// Prepares an attempt that may take until `until`.
  init(
    _ plan: ConnectAttempt, _ environment: LinkEnvironment, start: Int, isIsolated: Bool,
    until: Duration
  ) {
    self.plan = plan
    self.environment = environment
    self.start = start
    self.isIsolated = isIsolated
    self.until = until
    ticket = AttemptTicket(attempt: plan.number)
  }

  deinit {
    if case .task(let task) = stage { task.cancel() }
  }

  private var options: ClientOptions { environment.options }

  /// The server whose turn it is.
  var server: BrokerURL? { search.server }

  /// Where the next attempt begins if this one ends here.
  var nextStart: Int {
    guard let place = search.place, !plan.servers.isEmpty else { return 0 }
    return (start + place + 1) % plan.servers.count
  }

  /// What CONNECT says about who we are; nil leaves it to the session.
  var credentials: ConnectOverrides? {
    guard !isIsolated else { return nil }
    if plan.username != nil || plan.password != nil {
      return ConnectOverrides(username: plan.username, password: plan.password)
    }
    return ConnectOverrides(username: server?.username, password: server?.password)
  }

  var nextDeadline: Duration? {
    guard case .dialling(let dial) = stage else { return search.deadline }
    return .earlier(search.deadline, dial.nextDeadline)
  }

  /// Whether the present server has had its share of the time.
  func isOverdue(at now: Duration) -> Bool { search.deadline.map { now >= $0 } ?? false }

  /// Begins; once.
  func begin(at now: Duration) -> Progress {
    guard let prepare = options.prepareAttempt, !isIsolated else { return prepared(at: now) }
    run { [plan] in
      do {
        return .prepared(.success(try await prepare(plan)))
      } catch {
        return .prepared(.failure(HookFailure(description: "\(error)")))
      }
    }
    return .pending
  }

  /// The answer to a question; one to an earlier question is ignored.
  func answered(
    _ ticket: AttemptTicket, _ answer: AttemptAnswer, at now: Duration
  ) -> Progress {
    guard ticket == self.ticket else { return .pending }
    self.ticket.question += 1
    stage = .idle
    switch answer {
    case .prepared(.success(let plan)):
      self.plan = plan
      return prepared(at: now)
    case .prepared(.failure(let failure)):
      return .failed(.preparationFailed(failure.description))
    case .hosts(.success(let records)): return found(records, at: now)
    case .hosts(.failure(let error)): return serviceNotFound(error, at: now)
    case .signed(.success(let request)):
      self.request = request
      return connect(at: now)
    case .signed(.failure(let failure)):
      return serverFailed(.preparationFailed(failure.description), at: now)
    case .addresses(.success(let addresses)): return dial(addresses, at: now)
    case .addresses(.failure(let error)): return hostNotFound(error, at: now)
    case .connected(.success(let descriptor)): return adopt(descriptor, at: now)
    case .connected(.failure(let failure)):
      return serverFailed(.connectorFailed(failure.description), at: now)
    }
  }

  /// What the event led to; nil when it is not the attempt's.
  func handle(_ event: Poller.Event, at now: Duration) -> Progress? {
    guard case .dialling(let dial) = stage else { return nil }
    return dial.handle(event, at: now).map { dialled($0, at: now) }
  }

  func timerFired(at now: Duration) -> Progress {
    guard case .dialling(let dial) = stage else { return .pending }
    return dialled(dial.timerFired(at: now), at: now)
  }

  /// The present server has failed: goes on with the next.
  func serverFailed(_ error: LinkError, at now: Duration) -> Progress {
    leaveStage()
    search.failed(error)
    return nextServer(at: now)
  }

  /// Ends what is under way; returns what the present server failed by if it was out of time.
  func overdue(_ step: LinkStep) -> LinkError {
    let failures = leaveStage()
    return failures.isEmpty ? .timedOut(step) : .notConnected(failures)
  }

  /// Ends the attempt; returns the whole report, in case the time was over.
  func giveUp(_ step: LinkStep) -> LinkError {
    let error = overdue(step)
    guard search.server != nil else { return error }
    search.failed(error)
    return search.error
  }
}

/// The steps of one server.
extension LinkAttempt {
  private func prepared(at now: Duration) -> Progress {
    guard !plan.servers.isEmpty else { return .failed(.noServers) }
    var servers = plan.servers
    switch options.serverOrder {
    case .inOrder:
      let first = start % servers.count
      servers = Array(servers[first...] + servers[..<first])
    case .shuffled: servers.shuffle(using: &environment.random)
    }
    search = ServerSearch(servers, until: until)
    return nextServer(at: now)
  }

  private func nextServer(at now: Duration) -> Progress {
    target = nil
    request = nil
    switch search.next(at: now) {
    case .exhausted: return .failed(search.error)
    case .lookUp(let service): return lookUp(service, at: now)
    case .connect(let target):
      self.target = target
      return sign(target, at: now)
    }
  }

  private func lookUp(_ service: BrokerURL, at now: Duration) -> Progress {
    step = .resolving
    stage = .lookup
    let (control, ticket) = (environment.control, ticket)
    let started = environment.resolver.resolve(service: service.serviceName) { result in
      control.sendReserved(.attempt(ticket, .hosts(result)))
    }
    guard case .refused(let error) = started else { return .pending }
    return serviceNotFound(error, at: now)
  }

  private func found(_ records: [ServiceRecord], at now: Duration) -> Progress {
    let ordered = ServiceOrder.ordered(records, using: &environment.random)
    guard !ordered.isEmpty else { return serviceNotFound(.noService, at: now) }
    search.found(ordered.map { ($0.target, $0.port) })
    return nextServer(at: now)
  }

  private func serviceNotFound(_ error: ResolutionError, at now: Duration) -> Progress {
    serverFailed(.nameNotResolved(host: server?.serviceName ?? "", error), at: now)
  }

  private func sign(_ target: ServerSearch.Target, at now: Duration) -> Progress {
    guard target.server.scheme.isWebSocket else { return connect(at: now) }
    let options = plan.webSocket
    let request = WebSocketRequest(
      host: target.host, port: target.port, path: options.path ?? target.server.path,
      headers: isIsolated ? [] : options.headers, isSecure: target.server.scheme.isSecure)
    guard let prepare = options.prepare, !isIsolated else {
      self.request = request
      return connect(at: now)
    }
    step = .preparing
    run {
      do {
        return .signed(.success(try await prepare(request)))
      } catch {
        return .signed(.failure(HookFailure(description: "\(error)")))
      }
    }
    return .pending
  }

  /// The proxy in front of the present target, if one is used.
  private var proxy: ProxyOptions? {
    guard let target, target.server.scheme != .unix, let proxy = plan.proxy,
      !proxy.exceptions.contains(host: target.host, port: target.port)
    else { return nil }
    return proxy
  }

  private func connect(at now: Duration) -> Progress {
    guard let target else { return .pending }
    let isUnix = target.server.scheme == .unix
    let (host, port) = proxy.map { ($0.host, $0.port) } ?? (target.host, target.port)
    if let connector = options.connector {
      let request = ConnectorRequest(
        host: isUnix ? target.server.path : host, port: port, server: target.server,
        network: options.network)
      return ask(connector, request)
    }
    if isUnix { return connectUnix(target.server.path, at: now) }
    step = .resolving
    stage = .lookup
    let (control, ticket) = (environment.control, ticket)
    let started = environment.resolver.resolve(host, port: port) { result in
      control.sendReserved(.attempt(ticket, .addresses(result)))
    }
    switch started {
    case .known(let address): return dial([address], at: now)
    case .asked: return .pending
    case .refused(let error): return hostNotFound(error, at: now)
    }
  }

  private func hostNotFound(_ error: ResolutionError, at now: Duration) -> Progress {
    let host = proxy?.host ?? target?.host ?? ""
    return serverFailed(.nameNotResolved(host: host, error), at: now)
  }

  private func connectUnix(_ path: String, at now: Duration) -> Progress {
    step = .dialling
    do throws(SystemError) {
      guard let address = UnixAddress(path) else { throw SystemError("connect", 36) }
      let options = SocketOptions(options.network)
      return connected(try TCPSocket(connectingTo: address, options))
    } catch {
      return serverFailed(.socketNotConnected(error), at: now)
    }
  }

  private func ask(_ connector: @escaping Connector, _ request: ConnectorRequest) -> Progress {
    step = .preparing
    run {
      do {
        let number = try await connector(request)
        guard number >= 0 else {
          return .connected(.failure(HookFailure(description: "it returned no descriptor")))
        }
        return .connected(.success(HandedDescriptor(owning: number)))
      } catch {
        return .connected(.failure(HookFailure(description: "\(error)")))
      }
    }
    return .pending
  }

  private func adopt(_ descriptor: HandedDescriptor, at now: Duration) -> Progress {
    guard let number = descriptor.take() else { return .pending }
    do throws(SystemError) {
      return connected(try TCPSocket(adopting: Descriptor(owning: number)))
    } catch {
      return serverFailed(.connectorFailed(error.description), at: now)
    }
  }

  private func dial(_ addresses: [SocketAddress], at now: Duration) -> Progress {
    step = .dialling
    let network = options.network
    var socketOptions = SocketOptions(network)
    if network.bindAddress != nil || network.bindPort != 0 {
      let isVersion6 = addresses.first?.isVersion6 ?? false
      let any = isVersion6 ? "::" : "0.0.0.0"
      guard
        let local = HostLookup.literal(network.bindAddress ?? any, port: network.bindPort)
      else { return serverFailed(.localAddressInvalid, at: now) }
      socketOptions.localAddress = local
    }
    let pace: Dialer.Pace =
      network.bindPort == 0
      ? .staggered(options.dialStagger) : .sequential(until: search.deadline ?? until)
    let dial = LinkDial(addresses, pace, socketOptions, environment.pollSet)
    stage = .dialling(dial)
    return dialled(dial.start(at: now), at: now)
  }

  private func dialled(_ progress: LinkDial.Progress, at now: Duration) -> Progress {
    switch progress {
    case .pending: return .pending
    case .connected(let socket): return connected(socket)
    case .failed(let error):
      stage = .idle
      return serverFailed(error, at: now)
    }
  }

  private func connected(_ socket: TCPSocket) -> Progress {
    stage = .handedOver
    guard let target else { return .pending }
    var layers: [TransportStack.Layer] = []
    if let proxy {
      if proxy.kind == .https { layers.append(.proxyTLS(proxy.tls, host: proxy.host)) }
      layers.append(.proxy(proxy, host: target.host, port: target.port))
    }
    if target.server.scheme.isSecure {
      // DNS is not to be trusted with the name that the certificate must show. [RFC 6125, 6.2.1]
      layers.append(.tls(plan.tls, host: target.server.host))
    }
    if let request { layers.append(.webSocket(request, plan.webSocket)) }
    return .connected(TransportStack(socket, layers, sessions: environment.sessions))
  }

  private func run(_ work: @escaping @Sendable () async -> AttemptAnswer) {
    let (control, ticket) = (environment.control, ticket)
    stage = .task(
      environment.hooks.start {
        let answer = await work()
        control.sendReserved(.attempt(ticket, answer))
      })
  }

  @discardableResult
  private func leaveStage() -> [Dialer.AddressFailure] {
    ticket.question += 1
    switch exchange(&stage, with: .idle) {
    case .idle, .lookup, .handedOver: return []
    case .task(let task):
      task.cancel()
      return []
    case .dialling(let dial): return dial.giveUp()
    }
  }
}
