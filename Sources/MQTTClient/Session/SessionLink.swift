/// What a link reports, and what its end does to the session.
extension Session {
  /// The link is ready for bytes.
  package mutating func linkOpened(at now: Duration, _ actions: inout [Action]) {
    guard case .opening(let until) = state else { return }
    state = .greeting(until: until)
    keepAlive = KeepAlive(seconds: 0, timeout: options.pingTimeout, at: now)
    actions.append(.send(.connect(handshake.connect(options))))
  }

  /// The link could not be opened, or ended.
  package mutating func linkFailed(
    _ failure: LinkFailure, at now: Duration, _ actions: inout [Action]
  ) {
    switch state {
    case .opening, .greeting, .up: down(.linkFailed(failure), at: now, &actions)
    case .idle, .waiting, .stopped: break
    }
  }

  /// Bytes have left for the socket.
  package mutating func wrote(at now: Duration) { keepAlive.wrote(at: now) }

  /// The link read something that is not a packet, or a packet it must not accept.
  package mutating func receivedInvalid(
    _ reasonCode: ReasonCode, at now: Duration, _ actions: inout [Action]
  ) {
    switch state {
    case .greeting, .up: violated(ProtocolViolation(reasonCode), at: now, &actions)
    case .idle, .waiting, .opening, .stopped: break
    }
  }

  package mutating func received(
    _ packet: Packet, at now: Duration, _ actions: inout [Action]
  ) {
    do throws(ProtocolViolation) {
      switch state {
      case .greeting: try receivedAnswer(packet, at: now, &actions)
      case .up:
        keepAlive.received(at: now)
        outgoing.poison.heard()
        try receivedWhileUp(packet, at: now, &actions)
      case .idle, .waiting, .opening, .stopped: break
      }
    } catch {
      violated(error, at: now, &actions)
    }
  }

  package mutating func timerFired(at now: Duration, _ actions: inout [Action]) {
    guard let deadline = nextDeadline, deadline <= now else { return }
    outgoing.timerFired(&ids, at: now, &actions)
    switch state {
    case .idle, .stopped: break
    case .waiting(let until): if until <= now { open(at: now, &actions) }
    case .opening(let until), .greeting(let until):
      guard until <= now else { return }
      actions.append(.closeLink(.immediately))
      down(.connectTimeout, at: now, &actions)
    case .up: timerFiredWhileUp(at: now, &actions)
    }
  }

  private mutating func timerFiredWhileUp(at now: Duration, _ actions: inout [Action]) {
    if let deadline = acknowledgementDeadline, deadline <= now {
      actions.append(.closeLink(.immediately))
      return down(.acknowledgementTimeout, at: now, &actions)
    }
    switch keepAlive.timerFired(at: now) {
    case .alive: break
    case .ping: actions.append(.send(.pingRequest))
    case .dead:
      actions.append(.closeLink(.immediately))
      down(.pingTimeout, at: now, &actions)
    }
  }

  private mutating func receivedAnswer(
    _ packet: Packet, at now: Duration, _ actions: inout [Action]
  ) throws(ProtocolViolation) {
    switch try handshake.received(packet, options) {
    case .accepted(let ack): accepted(ack, at: now, &actions)
    case .refused(let code, let reasonString):
      actions.append(.closeLink(.immediately))
      down(.refused(code, reasonString: reasonString), at: now, &actions)
    }
  }

  private mutating func accepted(
    _ ack: ConnectAck, at now: Duration, _ actions: inout [Action]
  ) {
    let limits = BrokerLimits(ack, options: options)
    self.limits = limits
    state = .up
    reconnect.accepted(at: now)
    keepAlive = KeepAlive(seconds: limits.keepAlive, timeout: options.pingTimeout, at: now)
    let aliasMaximum = options.version == .v5 ? options.connect.topicAliasMaximum : nil
    aliases = InboundTopicAliases(maximum: aliasMaximum ?? 0)
    actions.append(.up(ack))
    let continuity = SessionContinuity(ack, isGreetingUnanswered: isGreetingUnanswered)
    isGreetingUnanswered = false
    incoming.linkAccepted(continuity)
    subscriptions.linkAccepted(limits, continuity)
    subscriptions.flush(&ids, at: now, &actions)
    outgoing.linkAccepted(limits, continuity, &ids, at: now, &actions)
    outgoing.pump(&ids, at: now, &actions)
  }

  private mutating func receivedWhileUp(
    _ packet: Packet, at now: Duration, _ actions: inout [Action]
  ) throws(ProtocolViolation) {
    switch packet {
    case .publish(var publish):
      try aliases.resolve(&publish)
      try incoming.received(publish, &actions)
    case .publishRelease(let reply): incoming.receivedRelease(reply.packetID, &actions)
    case .publishAck(let reply):
      outgoing.receivedAck(reply, &ids, &actions)
      outgoing.pump(&ids, at: now, &actions)
    case .publishReceived(let reply):
      outgoing.receivedReceived(reply, &ids, at: now, &actions)
      outgoing.pump(&ids, at: now, &actions)
    case .publishComplete(let reply):
      outgoing.receivedComplete(reply, &ids, &actions)
      outgoing.pump(&ids, at: now, &actions)
    case .subscribeAck(let ack):
      try subscriptions.received(ack, &ids, &actions)
      outgoing.pump(&ids, at: now, &actions)
    case .unsubscribeAck(let ack):
      try subscriptions.received(ack, &ids, &actions)
      outgoing.pump(&ids, at: now, &actions)
    case .pingResponse: break
    case .disconnect(let disconnect):
      guard options.version == .v5 else { throw ProtocolViolation(.protocolError) }
      actions.append(.closeLink(.immediately))
      let (code, reasonString) = (disconnect.reasonCode, disconnect.reasonString)
      down(.closedByBroker(code, reasonString: reasonString), at: now, &actions)
    case .connect, .connectAck, .subscribe, .unsubscribe, .pingRequest, .auth:
      throw ProtocolViolation(.protocolError)
    }
  }

  private mutating func violated(
    _ violation: ProtocolViolation, at now: Duration, _ actions: inout [Action]
  ) {
    if options.version == .v5 {
      actions.append(.send(.disconnect(Disconnect(violation.reasonCode))))
    }
    actions.append(.closeLink(.afterWrites))
    down(.violation(violation.reasonCode), at: now, &actions)
  }

  mutating func open(at now: Duration, _ actions: inout [Action]) {
    state = .opening(until: now + options.connectTimeout)
    actions.append(.openLink)
  }

  private mutating func down(
    _ reason: DownReason, at now: Duration, _ actions: inout [Action]
  ) {
    endLink(over: reason, &actions)
    let delay = reconnect.delay(after: reason, at: now)
    state = .waiting(until: now + delay)
    actions.append(.down(reason, retryIn: delay))
  }

  /// The refusal of a greeting is an answer, too.
  mutating func endLink(over reason: DownReason? = nil, _ actions: inout [Action]) {
    switch (state, reason) {
    case (.greeting, .refused): break
    case (.greeting, _): isGreetingUnanswered = true
    default: break
    }
    limits = nil
    outgoing.judge(PoisonEvidence(reason), isQuiet: subscriptions.inFlightCount == 0)
    outgoing.linkLost(&actions)
    incoming.linkLost()
    subscriptions.linkLost(&ids)
  }
}
