/// What a link reports.
extension Session {
  /// This attempt has credentials of its own, which CONNECT carries in place of the options'.
  ///
  /// Only between `openLink` and `linkOpened`.
  package mutating func prepared(_ overrides: ConnectOverrides) {
    guard case .opening = state else { return }
    self.overrides = overrides
  }

  /// The link is ready for bytes.
  package mutating func linkOpened(at now: Duration, _ actions: inout [Action]) {
    guard case .opening(let until) = state else { return }
    state = .greeting(until: until)
    keepAlive = KeepAlive(seconds: 0, timeout: options.pingTimeout, at: now)
    guard usesAuthenticator else { return sendConnect(nil, &actions) }
    authExchange.begin(
      .connection, until: min(until, now + options.authenticationTimeout), &actions)
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

  /// Bytes have come from the broker, whole packets or not.
  package mutating func heard(at now: Duration) { keepAlive.received(at: now) }

  /// The application leaves unread what the broker sent, so that it may have done all it owes.
  package mutating func excused(at now: Duration) {
    excusedUntil = now + options.acknowledgementTimeout
  }

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
        if packet.isAnswer { outgoing.poison.heard() }
        try receivedWhileUp(packet, at: now, &actions)
      case .idle, .waiting, .opening, .stopped: break
      }
    } catch {
      violated(error, at: now, &actions)
    }
  }

  private mutating func receivedWhileUp(
    _ packet: Packet, at now: Duration, _ actions: inout [Action]
  ) throws(ProtocolViolation) {
    if options.connect.requestProblemInformation == false { try packet.checkNoProblemInformation() }
    switch packet {
    case .publish(var publish):
      try aliases.resolve(&publish)
      try incoming.received(publish, &actions)
    case .publishRelease(let reply): incoming.receivedRelease(reply.packetID, &actions)
    case .publishAck(let reply):
      let strays = outgoing.strayCount
      outgoing.receivedAck(reply, &ids, &actions)
      if outgoing.strayCount == strays { reconnect.madeProgress() }
      outgoing.pump(&ids, at: now, &actions)
    case .publishReceived(let reply):
      outgoing.receivedReceived(reply, &ids, at: now, &actions)
      outgoing.pump(&ids, at: now, &actions)
    case .publishComplete(let reply):
      let strays = outgoing.strayCount
      outgoing.receivedComplete(reply, &ids, &actions)
      if outgoing.strayCount == strays { reconnect.madeProgress() }
      outgoing.pump(&ids, at: now, &actions)
    case .subscribeAck(let ack):
      try subscriptions.received(ack, &ids, &actions)
      outgoing.poison.owesAnswers = subscriptions.inFlightCount > 0
      outgoing.pump(&ids, at: now, &actions)
    case .unsubscribeAck(let ack):
      try subscriptions.received(ack, &ids, &actions)
      outgoing.poison.owesAnswers = subscriptions.inFlightCount > 0
      outgoing.pump(&ids, at: now, &actions)
    case .pingResponse: break
    case .disconnect(let disconnect):
      guard options.version == .v5 else { throw ProtocolViolation(.protocolError) }
      actions.append(.closeLink(.immediately))
      let (code, reasonString) = (disconnect.reasonCode, disconnect.reasonString)
      down(
        .closedByBroker(code, reasonString: reasonString),
        serverReference: disconnect.serverReference, at: now, &actions)
    case .auth(let auth): try receivedAuthWhileUp(auth, at: now, &actions)
    case .connect, .connectAck, .subscribe, .unsubscribe, .pingRequest:
      throw ProtocolViolation(.protocolError)
    }
  }

  /// Tells the broker what it did wrong, unless it does not even know yet who we are.
  /// [MQTT-3.1.0-1]
  mutating func violated(
    _ violation: ProtocolViolation, at now: Duration, _ actions: inout [Action]
  ) {
    closeLink(saying: violation.reasonCode, &actions)
    down(.violation(violation.reasonCode), at: now, &actions)
  }

  /// Ends the link with a DISCONNECT, where the protocol has one that says why.
  mutating func closeLink(saying code: ReasonCode, _ actions: inout [Action]) {
    guard isConnectSent || state == .up else { return actions.append(.closeLink(.immediately)) }
    if options.version == .v5 { actions.append(.send(.disconnect(Disconnect(code)))) }
    actions.append(.closeLink(.afterWrites))
  }
}

extension Packet {
  /// Whether a broker that says this has read something of ours; deliveries and the end of the link
  /// come without that.
  fileprivate var isAnswer: Bool {
    switch self {
    case .publishAck, .publishReceived, .publishComplete, .subscribeAck, .unsubscribeAck,
      .pingResponse, .auth:
      true
    case .publish, .publishRelease, .disconnect, .connect, .connectAck, .subscribe, .unsubscribe,
      .pingRequest:
      false
    }
  }

  /// A client that declined problem information gets none here. [MQTT-3.1.2-29]
  fileprivate func checkNoProblemInformation() throws(ProtocolViolation) {
    let isQuiet =
      switch self {
      case .publishAck(let reply), .publishReceived(let reply), .publishRelease(let reply),
        .publishComplete(let reply):
        reply.reasonString == nil && reply.userProperties.isEmpty
      case .subscribeAck(let ack): ack.reasonString == nil && ack.userProperties.isEmpty
      case .unsubscribeAck(let ack): ack.reasonString == nil && ack.userProperties.isEmpty
      case .auth(let auth): auth.reasonString == nil && auth.userProperties.isEmpty
      case .connect, .connectAck, .publish, .subscribe, .unsubscribe, .pingRequest, .pingResponse,
        .disconnect:
        true
      }
    guard isQuiet else { throw ProtocolViolation(.protocolError) }
  }
}
