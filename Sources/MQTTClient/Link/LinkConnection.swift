import EventLoop

/// The way to the broker: at most one attempt at it, and one earlier stream that is closing.
///
///     none ─open─▶ dial ─connected─▶ stream ─close─▶ none, the stream closing beside
///                    └─failed─▶ none         └─failed─▶ none
///
/// It never calls the session: what the session must hear waits as news, so that no input can come
/// between another one and its actions.
final class LinkConnection {
  private enum Attempt {
    case none
    case dial(LinkDial)
    case stream(LinkStream)
  }

  private let options: ClientOptions
  private let pollSet: PollSet
  private let resolver: Resolver
  private let control: Mailbox<LinkControl>
  private let observer: LinkObserver
  /// Where the next attempt goes; empty when the broker has named only what is less secure.
  private var servers: [BrokerURL]
  private var attempt = Attempt.none
  private var closing: LinkStream?
  private let once = OnceOutcomes()
  private(set) var attemptNumber: UInt64 = 0
  private var news: LinkDriver.News?
  private var lastError: LinkError?
  private var writeError: TransportError?
  private var readBuffer: [UInt8]

  /// How far the present attempt, or else the last one, has come.
  var step = LinkStep.resolving

  init(
    _ options: ClientOptions, _ pollSet: PollSet, _ resolver: Resolver,
    _ control: Mailbox<LinkControl>, _ observer: LinkObserver
  ) {
    self.observer = observer
    self.options = options
    self.pollSet = pollSet
    self.resolver = resolver
    self.control = control
    servers = options.servers
    readBuffer = Array(repeating: 0, count: max(1, options.readBytes))
  }

  private var stream: LinkStream? {
    if case .stream(let stream) = attempt { stream } else { nil }
  }

  var isClosing: Bool { closing != nil }
  var outgoingCount: Int { stream?.outgoingCount ?? 0 }
  var isCongested: Bool { outgoingCount >= options.outgoingBytesMax }
  var mustNotWait: Bool { stream?.mustNotWait ?? false }
  var hasUnreadInput: Bool { stream?.hasUnreadInput ?? false }
  var hasWriteError: Bool { writeError != nil }

  var nextDeadline: Duration? {
    let present: Duration? =
      switch attempt {
      case .none: nil
      case .dial(let dial): dial.nextDeadline
      case .stream(let stream): stream.nextDeadline
      }
    return [present, closing?.nextDeadline].compactMap(\.self).min()
  }

  func nextNews() -> LinkDriver.News? { exchange(&news, with: nil) }

  /// What the link knows about the end of the last attempt, beyond what the session says.
  func detail(of reason: DownReason) -> LinkError? {
    let detail = exchange(&lastError, with: nil)
    return reason == .connectTimeout ? detail ?? .timedOut(step) : detail
  }

  /// The next attempt goes to the servers that the broker named, or to the configured ones again.
  func redirect(to target: RedirectTarget?) {
    guard let target, let origin = servers.first ?? options.servers.first else {
      servers = options.servers
      return
    }
    servers = target.references.compactMap { $0.url(from: origin) }
  }

  func open(at now: Duration) {
    guard case .none = attempt else { preconditionFailure("a second link beside the first") }
    attemptNumber += 1
    lastError = nil
    step = .resolving
    guard let server = servers.first else { return fail(.redirectNotSecure) }
    let dial = LinkDial(options, pollSet)
    attempt = .dial(dial)
    let (control, number) = (control, attemptNumber)
    let started = resolver.resolve(server.host, port: server.port) {
      result in
      control.sendReserved(.resolved(attempt: number, result))
    }
    switch started {
    case .known(let address): dialled(dial.resolved([address], at: now))
    case .asked: break
    case .refused(let error): fail(.nameNotResolved(host: server.host, error))
    }
  }

  /// The answer to a name lookup; one for an earlier attempt is too late and ignored.
  func resolved(
    _ number: UInt64, _ result: Result<[SocketAddress], ResolutionError>, at now: Duration
  ) {
    guard number == attemptNumber, case .dial(let dial) = attempt else { return }
    switch result {
    case .success(let addresses): dialled(dial.resolved(addresses, at: now))
    case .failure(let error): fail(.nameNotResolved(host: servers.first?.host ?? "", error))
    }
  }

  func handle(_ event: Poller.Event, at now: Duration) {
    if let closing, closing.owns(event) {
      if event.isWritable { closing.becameWritable() }
      return advanceClosing(at: now)
    }
    switch attempt {
    case .none: break
    case .dial(let dial):
      if let progress = dial.handle(event, at: now) { dialled(progress) }
    case .stream(let stream) where stream.owns(event):
      if event.isWritable { stream.becameWritable() }
      if stream.phase == .handshaking { advance(stream) }
    case .stream: break
    }
  }

  func timerFired(at now: Duration) {
    advanceClosing(at: now)
    switch attempt {
    case .none: break
    case .dial(let dial): dialled(dial.timerFired(at: now))
    case .stream(let stream): timerFired(stream, at: now)
    }
  }

  private func timerFired(_ stream: LinkStream, at now: Duration) {
    do throws(TransportError) {
      try stream.timerFired(at: now)
      if stream.isStalled(at: now) { fail(.writeStalled) }
    } catch {
      fail(.transferFailed(error))
    }
  }

  /// Whether the event says that packets may be read now.
  func mayRead(_ event: Poller.Event) -> Bool {
    guard let stream, stream.owns(event), stream.phase == .open else { return false }
    return event.isReadable || event.isClosed
  }

  /// Reads a bounded number of times and hands out every packet, while the link lasts.
  func read(atMost reads: Int?, at now: Duration, _ handle: (Packet) -> Void) {
    for _ in 0..<(reads ?? options.readsPerTurn) {
      guard let stream, stream.phase == .open else { return }
      do throws(TransportError) {
        switch try stream.read(&readBuffer) {
        case .nothingYet: return
        case .end: return fail(.closedByPeer(step))
        case .bytes(let count):
          decode(from: stream, handle)
          if news != nil || (count < readBuffer.count && !stream.mustNotWait) { return }
        }
      } catch {
        return fail(.transferFailed(error))
      }
    }
  }

  func send(_ packet: Packet) {
    guard let stream else { return }
    do throws(EncodeError) {
      try stream.send(packet)
    } catch {
      fail(.notEncodable(error))
    }
  }

  /// Sends a QoS 0 message, whose outcome `reportOnce` tells.
  func sendOnce(_ key: UInt64, _ publish: Publish) {
    guard let stream else { return once.fail([key]) }
    do throws(EncodeError) {
      try stream.sendOnce(key, publish)
    } catch {
      once.refuse(key)
    }
  }

  /// What became of QoS 0 messages since the last time.
  func reportOnce(_ handle: (UInt64, PublishOutcome) -> Void) { once.report(handle) }

  /// The link ends for good: nothing that still waits will leave.
  func abandon() {
    closing?.abandon()
    stream?.abandon()
  }

  /// Writes what waits; returns whether any byte left.
  func write(at now: Duration) -> Bool {
    advanceClosing(at: now)
    guard let stream else { return false }
    do throws(TransportError) {
      return try stream.write(at: now)
    } catch {
      writeError = error
      return false
    }
  }

  /// Ends the link for a failed write, unless what was read meanwhile has ended it already.
  func reportWriteError() {
    guard let error = exchange(&writeError, with: nil), stream != nil, news == nil else { return }
    fail(.transferFailed(error))
  }

  /// Ends the present attempt by the session's wish.
  func close(_ closing: LinkClosing, at now: Duration) {
    news = nil
    writeError = nil
    switch exchange(&attempt, with: .none) {
    case .none: break
    case .dial(let dial):
      let failures = dial.giveUp()
      lastError = failures.isEmpty ? .timedOut(step) : .notConnected(failures)
    case .stream(let stream):
      self.closing?.abandon()
      stream.close(closing, at: now)
      self.closing = stream
      advanceClosing(at: now)
    }
  }

  func updateInterest(isReadingPaused: Bool) {
    closing?.updateInterest()
    stream?.isReadingPaused = isReadingPaused
    stream?.updateInterest()
  }

  private func dialled(_ progress: LinkDial.Progress) {
    switch progress {
    case .pending:
      if case .dial(let dial) = attempt { step = dial.step }
    case .failed(let error): fail(error)
    case .connected(let socket):
      step = .tls
      do throws(SystemError) {
        let stream = try LinkStream(TCPTransport(socket), options, pollSet, once, observer)
        attempt = .stream(stream)
        advance(stream)
      } catch {
        fail(.notWatched(error))
      }
    }
  }

  private func advance(_ stream: LinkStream) {
    do throws(TransportError) {
      guard try stream.advance() else { return }
      step = .connecting
      news = .opened
    } catch {
      fail(.handshakeFailed(step, error))
    }
  }

  private func decode(from stream: LinkStream, _ handle: (Packet) -> Void) {
    do throws(DecodeError) {
      while stream.phase == .open, self.stream === stream, let packet = try stream.nextPacket() {
        handle(packet)
      }
    } catch {
      lastError = .malformed(error)
      news = .malformed(error)
    }
  }

  private func advanceClosing(at now: Duration) {
    guard let stream = closing else { return }
    stream.advanceClosing(at: now, &readBuffer)
    guard stream.phase == .done else { return }
    stream.abandon()
    closing = nil
  }

  private func fail(_ error: LinkError) {
    lastError = error
    writeError = nil
    stream?.abandon()
    attempt = .none
    news = .failed(error)
  }
}
