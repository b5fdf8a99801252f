import EventLoop
import Synchronization

/// One http thread: a libmicrohttpd daemon for each listener, the streams taken from them, and the
/// loop around all.
final class Shard {
  /// So that anybody can see from `lastTurn` that the loop lives.
  private static let longestWait = Duration.seconds(1)

  private let port: ShardPort
  private let listeners: [HTTPListener]
  private let loop: Loop
  private let lingering: LingeringSockets
  private let streams: EventStreams
  private let exchanges: Exchanges
  private let relays: TLSRelays
  private let options: HTTPServerOptions
  /// One for each listener.
  private var daemons: [Daemon] = []
  /// What those that have TLS show.
  private var identities: [TLSIdentity?] = []
  /// Those that had their listener before, as long as they have connections.
  private var retired: [Daemon] = []
  private var doors: [Door] = []
  private var messages: [ShardMessage] = []
  private var stopDeadline: Duration?
  private var isQuiet = false

  /// Starts the thread and waits until it serves; takes over the listening sockets.
  static func start(
    _ port: ShardPort, _ sockets: [Int32], _ options: HTTPServerOptions, _ quotas: Quotas,
    _ listeners: [HTTPListener]
  ) throws(HTTPServerError) -> LoopThread {
    let thread: LoopThread
    let outcome: Mailbox<HTTPServerError?>
    do throws(SystemError) {
      outcome = try Mailbox(capacity: 1)
      thread = try LoopThread(name: "http-\(port.index)") {
        do throws(HTTPServerError) {
          let shard = try Shard(port, sockets, options, quotas, listeners)
          outcome.sendReserved(nil)
          shard.run()
        } catch {
          outcome.sendReserved(error)
        }
      }
    } catch {
      ListenSockets.close(sockets)
      throw .systemCall(error.call, errorNumber: error.number)
    }
    outcome.wait()
    var received: [HTTPServerError?] = []
    _ = outcome.receive(into: &received)
    guard let failure = received.first ?? nil else { return thread }
    thread.join()
    throw failure
  }

  private init(
    _ port: ShardPort, _ sockets: [Int32], _ options: HTTPServerOptions, _ quotas: Quotas,
    _ listeners: [HTTPListener]
  ) throws(HTTPServerError) {
    self.port = port
    self.listeners = listeners
    self.options = options
    do throws(SystemError) {
      loop = try Loop()
    } catch {
      ListenSockets.close(sockets)
      throw .systemCall(error.call, errorNumber: error.number)
    }
    lingering = LingeringSockets(loop: loop)
    relays = TLSRelays(loop: loop)
    streams = EventStreams(
      loop: loop, options: options, quota: quotas.streams, lingering: lingering)
    exchanges = Exchanges(
      shard: port.index, options: options, quotas: quotas,
      applications: listeners.map(\.application), loop: loop, streams: streams,
      lingering: lingering, relays: relays)
    do throws(SystemError) {
      try loop.watch(port.mailbox.descriptor, [.readable], LoopToken(.mailbox))
    } catch {
      ListenSockets.close(sockets)
      throw .systemCall(error.call, errorNumber: error.number)
    }
    for (index, socket) in sockets.enumerated() {
      do throws(HTTPServerError) {
        try open(listeners[index], socket)
      } catch {
        ListenSockets.close(Array(sockets[(index + 1)...]))
        throw error
      }
    }
  }

  /// Begins to serve one listener; its socket is taken over in any case.
  private func open(_ listener: HTTPListener, _ socket: Int32) throws(HTTPServerError) {
    let index = daemons.count
    do throws(HTTPServerError) {
      daemons.append(
        try makeDaemon(
          listener, identity: listener.tls, listeningOn: listener.hasDoor ? nil : socket))
    } catch {
      if listener.hasDoor { StreamSocket.close(socket) }
      throw error
    }
    identities.append(listener.tls)
    guard listener.hasDoor else { return }
    do throws(SystemError) {
      try openDoor(socket, to: index, expectsHeader: listener.expectsProxyHeader)
    } catch {
      throw .systemCall(error.call, errorNumber: error.number)
    }
  }

  private func makeDaemon(
    _ listener: HTTPListener, identity: TLSIdentity?, listeningOn socket: Int32? = nil
  ) throws(HTTPServerError) -> Daemon {
    let daemon = try Daemon(
      listeningOn: socket, options: options, tls: identity, application: listener.application,
      delegate: exchanges)
    do throws(SystemError) {
      try loop.watch(daemon.descriptor, [.readable], LoopToken(.daemon))
    } catch {
      throw .systemCall(error.call, errorNumber: error.number)
    }
    return daemon
  }

  private func openDoor(
    _ socket: Int32, to index: Int, expectsHeader: Bool
  ) throws(SystemError) {
    let (exchanges, limit) = (exchanges, options.connectionsPerThread)
    doors.append(
      try Door(
        loop: loop, socket: socket, index: doors.count, expectsHeader: expectsHeader,
        hasRoom: { exchanges.connections.count < limit },
        nextSerial: {
          exchanges.lastSerial += 1
          return exchanges.lastSerial
        },
        admit: { [unowned self] socket, client in
          daemons[index].add(socket, of: client)
          exchanges.needsRun = true
        }))
  }

  /// Lets a new daemon with another identity take over what a listener accepts from now on.
  private func replace(_ identity: TLSIdentity, of index: Int) {
    guard !isQuiet, identity != identities[index] else { return }
    let listener = listeners[index]
    guard let daemon = try? makeDaemon(listener, identity: identity) else {
      return listener.application.report(.identityNotReplaced(shard: port.index))
    }
    retired.append(daemons[index])
    daemons[index] = daemon
    identities[index] = identity
  }

  /// Ends the retired daemons that have no connection any more.
  private func endRetired() {
    retired.removeAll { daemon in
      guard daemon.connectionCount == 0 else { return false }
      loop.unwatch(daemon.descriptor)
      daemon.stop()
      return true
    }
  }

  private func run() {
    do throws(SystemError) {
      while !isFinished { try turn() }
    } catch {
      listeners[0].application.report(
        .shardFailed(shard: port.index, call: error.call, errorNumber: error.number))
    }
    finish()
  }

  /// Waits for something to happen and does all of it.
  private func turn() throws(SystemError) {
    let timeout = exchanges.needsRun ? .zero : daemonTimeout
    let limit = streams.hasMoreToFlush ? .zero : Self.longestWait
    try loop.wait(atMost: min(timeout ?? limit, limit))
    var runsDaemon = exchanges.needsRun || timeout != nil
    for event in loop.events {
      let token = LoopToken(rawValue: event.token)
      switch token.kind {
      case .daemon: runsDaemon = true
      case .mailbox: receive()
      case .connection: exchanges.peerClosed(token)
      case .stream: streams.handle(event, token)
      case .lingering: lingering.readable(token)
      case .door: doors[Int(token.value)].accept()
      case .proxied: for door in doors { door.readable(token) }
      case .relayedClient, .relay: relays.handle(event, token)
      case .stop, nil: preconditionFailure("an event with the token \(event.token)")
      }
    }
    fireTimers()
    // What the daemon hands over is written in the same turn.
    if runsDaemon || exchanges.needsRun { runDaemon() }
    for listener in listeners { listener.application.turnEnded() }
    streams.flush()
    publishCounters()
  }

  /// How long libmicrohttpd lets us wait; nil for ever.
  private var daemonTimeout: Duration? {
    let timeout = allDaemons.compactMap(\.timeout).min()
    // It would look at held requests again and again, but their answers come by the mailbox. What else
    // it may have, such as the rest of a long head, waits no longer than this.
    guard timeout == .zero, exchanges.heldCount > 0, !exchanges.sawProgress else { return timeout }
    return .milliseconds(1)
  }

  private func runDaemon() {
    exchanges.needsRun = false
    exchanges.sawProgress = false
    for daemon in allDaemons { daemon.run() }
    if !retired.isEmpty { endRetired() }
    for door in doors { door.goOn() }
  }

  private var allDaemons: [Daemon] { retired.isEmpty ? daemons : daemons + retired }

  private func receive() {
    _ = port.mailbox.receive(into: &messages)
    for message in messages {
      switch message {
      case .answer(let serial, let response): exchanges.resolve(serial, .respond(response))
      case .stream(let serial, let head):
        exchanges.resolve(serial, .stream(head))
        runDaemon()  // The stream must exist before the commands behind this message.
      case .upgrade(let serial, let head):
        exchanges.resolve(serial, .upgrade(head))
        runDaemon()
      case .resumeBody(let serial): exchanges.resumeBody(serial)
      case .again(let serial):
        exchanges.again(serial)
        runDaemon()
      case .command(let command): streams.apply(command)
      case .identity(let identity, let listener): replace(identity, of: listener)
      case .quiesce(let patience): quiesce(patience: patience)
      case .stop(let deadline): stop(by: deadline)
      }
    }
    messages.removeAll(keepingCapacity: true)
  }

  private func fireTimers() {
    while let token = loop.nextDue() {
      switch token.kind {
      case .connection: exchanges.timerFired(token)
      case .stream: streams.timerFired(token)
      case .lingering: lingering.timerFired(token)
      case .proxied: for door in doors { door.timerFired(token) }
      case .relayedClient, .relay: relays.timerFired(token)
      case .stop: break
      case .daemon, .mailbox, .door, nil: preconditionFailure("a timer for \(token.rawValue)")
      }
    }
  }

  private func quiesce(patience: Duration) {
    guard !isQuiet else { return }
    isQuiet = true
    // Who has connected already is answered.
    for door in doors { door.accept() }
    runDaemon()
    for door in doors { door.quiesce() }
    for daemon in allDaemons { daemon.quiesce() }
    exchanges.quiesce(patience: patience)
    exchanges.needsRun = true
  }

  private func stop(by deadline: Duration) {
    guard stopDeadline == nil else { return }
    stopDeadline = deadline
    loop.schedule(LoopToken(.stop), at: deadline)
    quiesce(patience: .zero)
    exchanges.stop()
    streams.endAll(within: min(options.drainSpread, max(.zero, deadline - loop.now) / 2))
  }

  private var isFinished: Bool {
    guard let stopDeadline else { return false }
    if loop.now >= stopDeadline { return true }
    return exchanges.connections.isEmpty && streams.isEmpty && lingering.isEmpty
      && relays.isEmpty
  }

  /// libmicrohttpd must not be stopped while a connection is suspended.
  private func finish() {
    port.mailbox.close()
    exchanges.stop()
    relays.closeAll()
    for door in doors { door.quiesce() }
    for daemon in allDaemons {
      daemon.run()
      daemon.stop()
    }
    for listener in listeners { listener.application.turnEnded() }
    streams.closeAll()
    lingering.closeAll()
    publishCounters()
  }

  private func publishCounters() {
    let counters = port.counters
    counters.connections.store(exchanges.connections.count, ordering: .relaxed)
    counters.parkedRequests.store(exchanges.parked.count, ordering: .relaxed)
    counters.streams.store(streams.count, ordering: .relaxed)
    counters.laggingStreams.store(streams.laggingCount, ordering: .relaxed)
    counters.ringBytes.store(streams.log.byteCount, ordering: .relaxed)
    counters.requestsTotal.store(exchanges.requestsTotal, ordering: .relaxed)
    counters.gapsTotal.store(streams.gapsTotal, ordering: .relaxed)
    counters.lagsTotal.store(streams.lagsTotal, ordering: .relaxed)
    counters.turnsTotal.add(1, ordering: .relaxed)
    counters.lastTurn.store(Int(loop.now / .milliseconds(1)), ordering: .relaxed)
  }
}
