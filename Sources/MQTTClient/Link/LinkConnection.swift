import DequeModule
import EventLoop

/// The way to the broker: at most one attempt at it, and one earlier stream that is closing.
///
///     none ─open─▶ attempt ─connected─▶ attempt, stream ─accepted─▶ stream ─close─▶ none, the
///                    ▲ │ │                    │ failed                                stream closing
///                    └─│─┼────────────────────┘ (the attempt goes on with the next server)   beside
///                      └─┴─no server left, or close─▶ none
///
/// It never calls the session: what the session must hear waits as news, so that no input can come
/// between another one and its actions.
final class LinkConnection {
  private let options: ClientOptions
  private let pollSet: PollSet
  private let environment: LinkEnvironment
  private let observer: LinkObserver
  /// Until the broker has accepted the client.
  private var attempt: LinkAttempt?
  private var stream: LinkStream?
  private var closing: LinkStream?
  private let once = OnceOutcomes()
  private(set) var attemptNumber: UInt64 = 0
  /// The place in the list of servers where the next attempt begins.
  private var nextStart = 0
  /// Where the broker has sent us: the servers, and whether our secrets may go there.
  private var redirection: (servers: [BrokerURL], isTrusted: Bool)?
  private var news: Deque<LinkDriver.News> = []
  /// What the link saw go wrong first.
  private var lastError: LinkError?
  /// What had happened until the session ended the attempt.
  private var report: LinkError?
  private var lastFailure: ConnectionFailure?
  private var writeError: TransportError?
  private var readBuffer: [UInt8]
  private var now = Duration.zero

  /// How far the present attempt, or else the last one, has come.
  private(set) var step = LinkStep.preparing
  /// The server that was tried last.
  private(set) var server: BrokerURL?

  init(
    _ options: ClientOptions, _ pollSet: PollSet, _ resolver: Resolver,
    _ control: Mailbox<LinkControl>, _ observer: LinkObserver
  ) {
    self.observer = observer
    self.options = options
    self.pollSet = pollSet
    environment = LinkEnvironment(options, pollSet, resolver, control)
    readBuffer = Array(repeating: 0, count: max(1, options.readBytes))
  }

  var isClosing: Bool { closing != nil }
  var outgoingCount: Int { stream?.outgoingCount ?? 0 }
  var isCongested: Bool { outgoingCount >= options.outgoingBytesMax }
  var mustNotWait: Bool { stream?.mustNotWait ?? false }
  var hasUnreadInput: Bool { stream?.hasUnreadInput ?? false }
  var hasWriteError: Bool { writeError != nil }
  /// What CONNECT says about who we are; nil leaves it to the session.
  var credentials: ConnectOverrides? { attempt?.credentials }

  var nextDeadline: Duration? {
    .earlier(attempt?.nextDeadline, .earlier(stream?.nextDeadline, closing?.nextDeadline))
  }

  func nextNews() -> LinkDriver.News? { news.popFirst() }

  /// What the link knows about the end of the last attempt, beyond what the session says.
  func detail(of reason: DownReason) -> LinkError? {
    let (seen, report) = (exchange(&lastError, with: nil), exchange(&report, with: nil))
    let detail = reason == .connectTimeout ? seen ?? report ?? .timedOut(step) : seen
    lastFailure = ConnectionFailure(reason, detail: detail)
    return detail
  }

  /// The next attempt goes to the servers that the broker named, or to the configured ones again.
  func redirect(to target: RedirectTarget?) {
    guard let target, let origin = server ?? options.servers.first else {
      redirection = nil
      return
    }
    let servers = target.references.compactMap { $0.url(from: origin) }
    redirection = (servers, target.sendsCredentials)
  }

  /// Begins an attempt, which may take until `until`.
  func open(at now: Duration, until: Duration) {
    precondition(attempt == nil && stream == nil, "a second link beside the first")
    self.now = now
    attemptNumber += 1
    lastError = nil
    report = nil
    var plan = ConnectAttempt(number: attemptNumber, lastFailure: lastFailure, options: options)
    if let redirection {
      guard !redirection.servers.isEmpty else { return fail(.redirectNotSecure) }
      plan.servers = redirection.servers
    }
    let attempt = LinkAttempt(
      plan, environment, start: redirection == nil ? nextStart : 0,
      isIsolated: redirection?.isTrusted == false, until: until)
    self.attempt = attempt
    proceed(attempt.begin(at: now))
  }

  /// The answer to a question of an attempt.
  func answered(_ ticket: AttemptTicket, _ answer: AttemptAnswer, at now: Duration) {
    self.now = now
    if let attempt { proceed(attempt.answered(ticket, answer, at: now)) }
  }

  /// The broker has accepted the client, so that no other server is needed.
  func accepted() {
    step = .up
    attempt = nil
    nextStart = 0
  }

  func handle(_ event: Poller.Event, at now: Duration) {
    self.now = now
    if let closing, closing.owns(event) {
      if event.isWritable { closing.becameWritable() }
      return advanceClosing(at: now)
    }
    if let stream {
      guard stream.owns(event) else { return }
      if event.isWritable { stream.becameWritable() }
      if stream.phase == .handshaking { advance(stream) }
    } else if let progress = attempt?.handle(event, at: now) {
      proceed(progress)
    }
  }

  func timerFired(at now: Duration) {
    self.now = now
    advanceClosing(at: now)
    if let stream { timerFired(stream) }
    guard let attempt else { return }
    if attempt.isOverdue(at: now) {
      serverFailed(attempt.overdue(step))
    } else if stream == nil {
      proceed(attempt.timerFired(at: now))
    }
  }

  private func timerFired(_ stream: LinkStream) {
    do throws(TransportError) {
      try stream.timerFired(at: now)
      if stream.isStalled(at: now) { fail(.writeStalled) }
    } catch {
      fail(stream.phase == .handshaking ? .handshakeFailed(step, error) : .transferFailed(error))
    }
  }

  /// Whether the event says that packets may be read now.
  func mayRead(_ event: Poller.Event) -> Bool {
    guard let stream, stream.owns(event), stream.phase == .open else { return false }
    return event.isReadable || event.isClosed
  }

  /// Reads a bounded number of times and hands out every packet, while the link lasts.
  func read(atMost reads: Int?, at now: Duration, _ handle: (Packet) -> Void) {
    self.now = now
    for _ in 0..<(reads ?? options.readsPerTurn) {
      guard let stream, stream.phase == .open else { return }
      do throws(TransportError) {
        switch try stream.read(&readBuffer) {
        case .nothingYet: return
        case .end: return fail(.closedByPeer(step))
        case .bytes(let count):
          decode(from: stream, handle)
          if !news.isEmpty || (count < readBuffer.count && !stream.mustNotWait) { return }
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
    guard let error = exchange(&writeError, with: nil), stream != nil, news.isEmpty else { return }
    fail(.transferFailed(error))
  }

  /// Ends the present attempt by the session's wish.
  func close(_ closing: LinkClosing, at now: Duration) {
    self.now = now
    news.removeAll()
    writeError = nil
    if let attempt = exchange(&attempt, with: nil) {
      nextStart = attempt.nextStart
      report = attempt.giveUp(step)
    }
    guard let stream = exchange(&stream, with: nil) else { return }
    self.closing?.abandon()
    stream.close(closing, at: now)
    self.closing = stream
    advanceClosing(at: now)
  }

  func updateInterest(isReadingPaused: Bool, at now: Duration) {
    closing?.updateInterest()
    stream?.pauseReading(isReadingPaused, at: now)
    stream?.updateInterest()
  }

  private func proceed(_ progress: LinkAttempt.Progress) {
    guard let attempt else { return }
    server = attempt.server ?? server
    switch progress {
    case .pending: if stream == nil { step = attempt.step }
    case .failed(let error):
      nextStart = 0
      self.attempt = nil
      fail(error)
    case .connected(let stack):
      do throws(SystemError) {
        let stream = try LinkStream(stack, options, pollSet, once, observer)
        self.stream = stream
        advance(stream)
      } catch {
        fail(.notWatched(error))
      }
    }
  }

  private func advance(_ stream: LinkStream) {
    step = stream.step
    do throws(TransportError) {
      let isOpen = try stream.advance()
      step = stream.step
      guard isOpen else { return }
      observer.opened(stream.tls)
      news.append(.opened)
    } catch {
      step = stream.step
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
      news.append(.malformed(error))
    }
  }

  private func advanceClosing(at now: Duration) {
    guard let stream = closing else { return }
    stream.advanceClosing(at: now, &readBuffer)
    guard stream.phase == .done else { return }
    stream.abandon()
    closing = nil
  }

  /// The server has failed, which ends the attempt only when no other is left.
  private func fail(_ error: LinkError) {
    guard attempt == nil else { return serverFailed(error) }
    lastError = error
    writeError = nil
    stream?.abandon()
    stream = nil
    news.append(.failed(error))
  }

  private func serverFailed(_ error: LinkError) {
    guard let attempt else { return }
    let mustTell = stream?.phase == .open
    writeError = nil
    stream?.abandon()
    stream = nil
    if mustTell { news.append(.movedOn) }
    proceed(attempt.serverFailed(error, at: now))
  }
}
