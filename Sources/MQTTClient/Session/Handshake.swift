/// Says CONNECT and judges the broker's answer.
struct Handshake: ~Copyable {
  enum Answer: Equatable {
    case accepted(ConnectAck)
    case refused(ConnectAck)
  }

  /// What an MQTT 5 broker named us because we came without a name.
  private(set) var assignedClientID: String?

  /// Without credentials, CONNECT has no user name, password or authentication, except for those
  /// that were given for this attempt.
  func connect(
    _ options: SessionOptions, _ overrides: ConnectOverrides? = nil,
    sendsCredentials: Bool = true, authentication: AuthenticationMessage? = nil
  ) -> Connect {
    let own = sendsCredentials ? options.credentials : ConnectOverrides()
    let credentials = overrides ?? own
    var properties = options.version == .v5 ? options.connect : Connect.Properties()
    if let authentication {
      properties.authenticationMethod = options.authenticationMethod
      properties.authenticationData = authentication.data
    } else if !sendsCredentials {
      properties.authenticationMethod = nil
      properties.authenticationData = nil
    }
    return Connect(
      version: options.version, clientID: assignedClientID ?? options.clientID,
      cleanStart: options.cleanStart, keepAlive: options.keepAlive,
      username: credentials.username, password: credentials.password, will: options.will,
      isBridge: options.isBridge && options.version == .v311, properties: properties)
  }

  /// The broker's answer must be CONNACK; `method` is what CONNECT named.
  mutating func received(
    _ packet: Packet, _ options: SessionOptions, method: String? = nil
  ) throws(ProtocolViolation) -> Answer {
    guard case .connectAck(let ack) = packet else { throw ProtocolViolation(.protocolError) }
    guard !ack.reasonCode.isFailure else {
      // A refusal has no session. [MQTT-3.2.2-6]
      guard !ack.sessionPresent else { throw ProtocolViolation(.protocolError) }
      return .refused(ack)
    }
    // The broker cannot have kept what we asked it to discard. [MQTT-3.2.2-2] [MQTT-3.2.2-4]
    guard !(ack.sessionPresent && options.cleanStart) else {
      throw ProtocolViolation(.protocolError)
    }
    guard options.version == .v5 else { return .accepted(ack) }
    let properties = ack.properties
    // The method of CONNECT, or none. [MQTT-4.12.0-5] [MQTT-4.12.0-6]
    guard properties.authenticationMethod == method else {
      throw ProtocolViolation(.protocolError)
    }
    // Only who asked for it gets it. [MQTT-3.1.2-28]
    if properties.responseInformation != nil, options.connect.requestResponseInformation != true {
      throw ProtocolViolation(.protocolError)
    }
    try adopt(properties.assignedClientIdentifier, options)
    return .accepted(ack)
  }

  /// A client without a name gets one, and another keeps its own. [MQTT-3.1.3-7] [MQTT-3.2.2-16]
  private mutating func adopt(
    _ assigned: String?, _ options: SessionOptions
  ) throws(ProtocolViolation) {
    let sent = assignedClientID ?? options.clientID
    if sent.isEmpty {
      guard let assigned, !assigned.isEmpty else { throw ProtocolViolation(.protocolError) }
      assignedClientID = assigned
    } else if let assigned, assigned != sent {
      throw ProtocolViolation(.protocolError)
    }
  }
}

extension SessionOptions {
  fileprivate var credentials: ConnectOverrides {
    ConnectOverrides(username: username, password: password)
  }

  /// Whether a CONNECT can express these options; the error says what stands in the way.
  ///
  /// A client that starts with options that cannot be expressed gives up at once, with this error.
  public func validate() throws(EncodeError) {
    guard version == .v5 || authenticator == nil else { throw .requiresVersion5 }
    let message = authenticator == nil ? nil : AuthenticationMessage()
    let connect = Handshake().connect(self, authentication: message)
    _ = try PacketEncoder.encodedSize(of: .connect(connect), version: version)
  }
}
