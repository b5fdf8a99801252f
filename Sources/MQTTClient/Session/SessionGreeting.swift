/// From CONNECT to the accepted connection, and authentication before and after that.
extension Session {
  /// A broker that sends more than this while our authenticator checks its last word is given up.
  static let heldPacketsMaximum = 32_768

  /// The method that CONNECT of this attempt names.
  private var authenticationMethod: String? {
    redirection.sendsCredentials ? options.authenticationMethod : nil
  }

  var usesAuthenticator: Bool {
    options.version == .v5 && options.authenticator != nil && redirection.sendsCredentials
  }

  /// Whether what the broker sends now cannot be handled before the authenticator has answered, so
  /// that it is better left in the socket.
  package var isChecking: Bool { pendingAck != nil }

  mutating func sendConnect(
    _ authentication: AuthenticationMessage?, _ actions: inout [Action]
  ) {
    isConnectSent = true
    let connect = handshake.connect(
      options, overrides, sendsCredentials: redirection.sendsCredentials,
      authentication: authentication)
    actions.append(.send(.connect(connect)))
  }

  mutating func receivedAnswer(
    _ packet: Packet, at now: Duration, _ actions: inout [Action]
  ) throws(ProtocolViolation) {
    guard isConnectSent else { throw ProtocolViolation(.protocolError) }
    guard pendingAck == nil else {
      guard heldPackets.count < Self.heldPacketsMaximum else {
        throw ProtocolViolation(.quotaExceeded)
      }
      return heldPackets.append(packet)
    }
    if case .auth(let auth) = packet {
      // Before CONNACK, success is CONNACK's to say.
      guard auth.reasonCode == .continueAuthentication else {
        throw ProtocolViolation(.protocolError)
      }
      return try authExchange.challenged(try message(auth), &actions)
    }
    switch try handshake.received(packet, options, method: authenticationMethod) {
    case .accepted(let ack):
      if ack.sessionPresent, !knowsSession, options.unknownSession == .refuse {
        throw ProtocolViolation(.protocolError)
      }
      guard authExchange.isRunning else { return accepted(ack, at: now, &actions) }
      let last = AuthenticationMessage(
        ack.properties.authenticationData, reasonString: ack.properties.reasonString,
        userProperties: ack.properties.userProperties)
      try authExchange.succeeded(last, &actions)
      pendingAck = ack
    case .refused(let ack):
      let reasonString = ack.properties.reasonString
      actions.append(.closeLink(.immediately))
      down(
        .refused(ack.reasonCode, reasonString: reasonString),
        serverReference: ack.properties.serverReference, at: now, &actions)
    }
  }

  private mutating func accepted(
    _ ack: ConnectAck, at now: Duration, _ actions: inout [Action]
  ) {
    let limits = BrokerLimits(ack, options: options)
    self.limits = limits
    state = .up
    knowsSession = true
    reconnect.accepted(at: now)
    redirection.accepted()
    keepAlive = KeepAlive(
      seconds: limits.keepAlive, fraction: options.pingFraction, timeout: options.pingTimeout,
      at: now)
    let aliasMaximum = options.version == .v5 ? options.connect.topicAliasMaximum : nil
    aliases = InboundTopicAliases(maximum: aliasMaximum ?? 0)
    actions.append(.up(ack))
    let continuity = SessionContinuity(ack, isGreetingUnanswered: isGreetingUnanswered)
    isGreetingUnanswered = false
    incoming.linkAccepted(continuity, maximumPacketSize: limits.maximumPacketSize)
    subscriptions.linkAccepted(limits, continuity)
    flushSubscriptions(at: now, &actions)
    outgoing.linkAccepted(limits, continuity, &ids, at: now, &actions)
    outgoing.pump(&ids, at: now, &actions)
  }

  /// The authenticator's answer to the request with this number; a late one changes nothing.
  package mutating func authenticated(
    _ number: UInt64, _ answer: AuthenticationAnswer, at now: Duration,
    _ actions: inout [Action]
  ) {
    switch authExchange.answered(number, answer, &actions) {
    case .none: break
    case .sendFirst(.connection, let message): sendConnect(message, &actions)
    case .sendFirst(_, let message): send(message, .reauthenticate, &actions)
    case .sendNext(let message): send(message, .continueAuthentication, &actions)
    case .finished(.connection):
      guard let ack = pendingAck.take() else { return }
      accepted(ack, at: now, &actions)
      for packet in exchange(&heldPackets, with: []) { received(packet, at: now, &actions) }
    case .finished: break
    case .failed(let failure): authenticationFailed(failure, at: now, &actions)
    }
  }

  /// Nobody may use a connection on which authentication has failed. [MQTT-4.12.1-2]
  mutating func authenticationFailed(
    _ failure: AuthenticationFailure, at now: Duration, _ actions: inout [Action]
  ) {
    let isUnknownToBroker = state == .up && !authExchange.wasSent
    authExchange.end(failure, &actions)
    if isUnknownToBroker { return }
    closeLink(saying: .unspecifiedError, &actions)
    down(.authenticationFailed(failure), at: now, &actions)
  }

  private func send(
    _ message: AuthenticationMessage, _ code: ReasonCode, _ actions: inout [Action]
  ) {
    actions.append(
      .send(
        .auth(
          Auth(
            code, authenticationMethod: authenticationMethod, authenticationData: message.data,
            reasonString: message.reasonString, userProperties: message.userProperties))))
  }

  /// Authenticates again on the present connection; `.reauthenticated` with the key tells how it went.
  package mutating func reauthenticate(
    key: UInt64, at now: Duration, _ actions: inout [Action]
  ) {
    let obstacle: ReauthenticationObstacle? =
      if state != .up || isDraining {
        .notConnected
      } else if !usesAuthenticator {
        .noAuthenticator
      } else if authExchange.isRunning {
        .inProgress
      } else {
        nil
      }
    if let obstacle { return actions.append(.reauthenticated(key, .notStarted(obstacle))) }
    authExchange.begin(
      .reauthentication, key: key, until: now + options.authenticationTimeout, &actions)
  }

  mutating func receivedAuthWhileUp(
    _ auth: Auth, at now: Duration, _ actions: inout [Action]
  ) throws(ProtocolViolation) {
    let message = try message(auth)
    let isBegun = authExchange.isRunning
    switch auth.reasonCode {
    case .continueAuthentication where isBegun: try authExchange.challenged(message, &actions)
    case .success: try authExchange.succeeded(message, &actions)
    case .continueAuthentication, .reauthenticate:
      guard !isBegun, options.allowsBrokerReauthentication, !isDraining else {
        throw ProtocolViolation(.protocolError)
      }
      authExchange.beginAnswering(message, until: now + options.authenticationTimeout, &actions)
    default: throw ProtocolViolation(.protocolError)
    }
  }

  /// Every AUTH has the method of CONNECT, and comes only if that had one. [MQTT-4.12.0-5]
  /// [MQTT-4.12.0-6]
  private func message(_ auth: Auth) throws(ProtocolViolation) -> AuthenticationMessage {
    guard usesAuthenticator, auth.authenticationMethod == authenticationMethod else {
      throw ProtocolViolation(.protocolError)
    }
    return AuthenticationMessage(
      auth.authenticationData, reasonString: auth.reasonString,
      userProperties: auth.userProperties)
  }
}
