/// How links and the session end, and what the clock has to do with it.
extension Session {
  /// When `timerFired` must be called.
  package var nextDeadline: Duration? {
    let own: Duration? =
      switch state {
      case .idle, .stopped: nil
      case .waiting(let until), .opening(let until): until
      case .greeting(let until): .earlier(until, authExchange.deadline)
      case .up:
        .earlier(
          .earlier(keepAlive.nextDeadline, acknowledgementDeadline), authenticationDeadline)
      }
    guard state != .stopped else { return nil }
    return .earlier(.earlier(own, drain?.until), outgoing.nextTimer)
  }

  var acknowledgementDeadline: Duration? {
    excused(.earlier(outgoing.nextDeadline, subscriptions.nextDeadline))
  }

  private var authenticationDeadline: Duration? { excused(authExchange.deadline) }

  private func excused(_ deadline: Duration?) -> Duration? {
    deadline.map { max($0, excusedUntil ?? $0) }
  }

  package mutating func timerFired(at now: Duration, _ actions: inout [Action]) {
    guard let deadline = nextDeadline, deadline <= now else { return }
    if let until = drain?.until, until <= now {
      actions.append(.drainExpired(counts))
      return end(.abort, at: now, &actions)
    }
    outgoing.timerFired(&ids, at: now, &actions)
    switch state {
    case .idle, .stopped: break
    case .waiting(let until):
      guard until <= now else { return }
      if redirection.isAsking { redirection.stopAsking() }
      open(at: now, &actions)
    case .opening(let until): if until <= now { timedOut(at: now, &actions) }
    case .greeting(let until):
      if until <= now {
        authExchange.end(.timedOut, &actions)
        timedOut(at: now, &actions)
      } else if let deadline = authExchange.deadline, deadline <= now {
        authenticationFailed(.timedOut, at: now, &actions)
      }
    case .up: timerFiredWhileUp(at: now, &actions)
    }
  }

  private mutating func timedOut(at now: Duration, _ actions: inout [Action]) {
    actions.append(.closeLink(.immediately))
    down(.connectTimeout, at: now, &actions)
  }

  private mutating func timerFiredWhileUp(at now: Duration, _ actions: inout [Action]) {
    if let deadline = acknowledgementDeadline, deadline <= now {
      actions.append(.closeLink(.immediately))
      return down(.acknowledgementTimeout, at: now, &actions)
    }
    if let deadline = authenticationDeadline, deadline <= now {
      authenticationFailed(.timedOut, at: now, &actions)
      guard state == .up else { return }
    }
    switch keepAlive.timerFired(at: now) {
    case .alive: break
    case .ping: actions.append(.send(.pingRequest))
    case .dead:
      actions.append(.closeLink(.immediately))
      down(.pingTimeout, at: now, &actions)
    }
  }

  mutating func open(at now: Duration, _ actions: inout [Action]) {
    state = .opening(until: now + options.connectTimeout)
    overrides = nil
    isConnectSent = false
    actions.append(.openLink)
  }

  mutating func down(
    _ reason: DownReason, serverReference: String? = nil, at now: Duration,
    _ actions: inout [Action]
  ) {
    endLink(reason, &actions)
    redirection.linkEnded(&actions)
    let delay: Duration?
    switch redirection.referred(reason.referral, serverReference, &actions) {
    case .stay:
      redirection.rowEnded()
      delay = reconnect.delay(after: reason, at: now)
    case .follow: delay = reconnect.delayOfRedirection()
    case .ask:
      referredBy = reason
      delay = options.connectTimeout
    }
    actions.append(.down(reason, retryIn: delay))
    wait(delay, at: now, &actions)
  }

  /// The application's answer to `.askRedirect`; a late one changes nothing.
  package mutating func redirectDecided(
    _ number: UInt64, _ decision: RedirectDecision, at now: Duration,
    _ actions: inout [Action]
  ) {
    guard case .waiting = state, let reason = referredBy,
      let isFollowed = redirection.decided(number, decision, &actions)
    else { return }
    referredBy = nil
    if isFollowed { return open(at: now, &actions) }
    let delay = reconnect.delay(after: reason, at: now)
    if delay == nil { actions.append(.down(reason, retryIn: nil)) }
    wait(delay, at: now, &actions)
  }

  private mutating func wait(
    _ delay: Duration?, at now: Duration, _ actions: inout [Action]
  ) {
    guard let delay else { return finish(&actions) }
    state = .waiting(until: now + delay)
  }

  private mutating func endLink(_ reason: DownReason?, _ actions: inout [Action]) {
    // The refusal of a greeting is an answer, too.
    switch (state, reason) {
    case (.greeting, .refused): break
    case (.greeting, _): if isConnectSent { isGreetingUnanswered = true }
    default: break
    }
    let isQuiet = subscriptions.inFlightCount == 0 && !authExchange.wasSent
    authExchange.end(reason.authenticationFailure, &actions)
    pendingAck = nil
    heldPackets = []
    isConnectSent = false
    excusedUntil = nil
    limits = nil
    outgoing.judge(PoisonEvidence(reason), isQuiet: isQuiet)
    outgoing.linkLost(&actions)
    incoming.linkLost(&actions)
    subscriptions.linkLost(&ids)
  }

  /// Whether the session takes no new work, because it only finishes what it has.
  package var isDraining: Bool { drain != nil }

  /// Ends the session; the broker keeps it for as long as CONNECT, or the packet given, asked.
  ///
  /// Every open publish and request is answered, then comes `.stopped`. A stop while the session
  /// drains shortens that: an earlier deadline counts, and another ending takes place at once.
  package mutating func stop(
    _ ending: SessionEnding = .now(Disconnect()), until deadline: Duration? = nil,
    at now: Duration, _ actions: inout [Action]
  ) {
    guard state != .stopped else { return }
    guard case .drain(let packet) = ending, state != .idle else {
      return end(ending, at: now, &actions)
    }
    let until = Duration.earlier(drain?.until, deadline)
    drain = Drain(packet: drain?.packet ?? packet, until: until)
    flushSubscriptions(at: now, &actions)
    endIfDrained(at: now, &actions)
  }

  mutating func endIfDrained(at now: Duration, _ actions: inout [Action]) {
    guard let drain, state != .stopped, outgoing.waitingCount == 0, outgoing.inFlightCount == 0,
      subscriptions.openRequestCount == 0, state != .up || !authExchange.isRunning
    else { return }
    end(.now(drain.packet), at: now, &actions)
  }

  private mutating func end(
    _ ending: SessionEnding, at now: Duration, _ actions: inout [Action]
  ) {
    switch (state, ending) {
    case (.idle, _), (.waiting, _), (.stopped, _): break
    case (.opening, _), (.greeting, _), (.up, .abort):
      actions.append(.closeLink(.immediately))
    case (.up, .now(let packet)), (.up, .drain(let packet)):
      flushSubscriptions(at: now, &actions)
      if let packet = goodbye(packet) { actions.append(.send(.disconnect(packet))) }
      actions.append(.closeLink(.afterWrites))
    }
    endLink(nil, &actions)
    finish(&actions)
  }

  /// The packet, or in place of one that is forbidden the plain one; nil to say nothing.
  ///
  /// Without DISCONNECT an MQTT 3.1.1 broker publishes the will, as the reason code 0x04 wants.
  private func goodbye(_ packet: Disconnect) -> Disconnect? {
    do throws(DisconnectError) {
      try options.check(packet)
      if options.version == .v311 { return packet.reasonCode != .success ? nil : packet }
      return packet.fitting(limits?.maximumPacketSize ?? BrokerLimits.largestPacket)
    } catch {
      return Disconnect()
    }
  }

  /// Answers everything; nothing more comes out of the session before the next `start`.
  mutating func finish(_ actions: inout [Action]) {
    drain = nil
    referredBy = nil
    redirection.stopAsking()
    outgoing.stopped(&ids, &actions)
    subscriptions.stopped(&ids, &actions)
    state = .stopped
    actions.append(.stopped)
  }
}

extension DownReason {
  /// The reason code by which the broker may name another server.
  fileprivate var referral: ReasonCode? {
    switch self {
    case .refused(let code, _), .closedByBroker(let code, _): code
    case .linkFailed, .violation, .connectTimeout, .pingTimeout, .acknowledgementTimeout,
      .authenticationFailed, .optionsInvalid:
      nil
    }
  }
}

extension DownReason? {
  /// What the end of a link means for an exchange that is going on.
  fileprivate var authenticationFailure: AuthenticationFailure {
    switch self {
    case .refused(let code, _), .closedByBroker(let code, _): .refused(code)
    case .authenticationFailed(let failure): failure
    case .linkFailed, .violation, .connectTimeout, .pingTimeout, .acknowledgementTimeout,
      .optionsInvalid:
      .connectionLost
    case nil: .stopped
    }
  }
}
