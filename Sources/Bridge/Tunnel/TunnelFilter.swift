import MQTTClient

/// Lets the packets of one MQTT client through, as far as its caller may.
///
///     waiting ──CONNECT──▶ connecting ──CONNACK──▶ open
///        └──anything else, or what nobody may────▶ over (every state)
///
/// Each side's bytes are read as packets and written again, so that what a rule changes (a filter that is
/// left out, an alias that is resolved) is changed on the wire. Pure; on the http thread of the client.
struct TunnelFilter: ~Copyable {
  enum Action: Equatable {
    case sendToBroker([UInt8])
    case sendToClient([UInt8])
    /// The tunnel ends, when what was sent before has left.
    case end(End)
  }

  /// Why the tunnel ends.
  enum End: Equatable {
    case malformed
    case protocolError
    case tooLarge
    case forbidden
    case expired
  }

  private enum State { case waiting, connecting, open, over }

  private var rules: TunnelRules
  private var state = State.waiting
  private var version = ProtocolVersion.v311
  private var fromClient: PacketDecoder
  private var fromBroker: PacketDecoder?
  /// The topics that the client has given numbers.
  private var aliases: [UInt16: String] = [:]
  private var aliasMaximum: UInt16 = 0
  /// For each SUBSCRIBE of which filters were left out: which, and where.
  private var refusals: [PacketID: [Bool]] = [:]
  /// QoS 2 messages that the client does not get; the broker still says PUBREL.
  private var denied: Set<PacketID> = []
  /// QoS 2 messages that the broker does not get; some clients say PUBREL to a refusal.
  private var refused: Set<PacketID> = []
  private(set) var droppedMessages = 0

  static let refusalsMax = 1024
  /// Told in words too: paho reads the reason code only where something follows it.
  static let expiry = "the token has expired"

  init(_ rules: TunnelRules) {
    self.rules = rules
    fromClient = PacketDecoder(serverWithMaximumPacketSize: rules.packetBytesMax)
  }

  var isOver: Bool { state == .over }

  mutating func receivedFromClient(_ bytes: some Collection<UInt8>, _ actions: inout [Action]) {
    guard state != .over else { return }
    fromClient.append(bytes)
    do throws(DecodeError) {
      while state != .over, let packet = try fromClient.next() { fromClient(packet, &actions) }
    } catch {
      malformed(error, &actions)
    }
  }

  mutating func receivedFromBroker(_ bytes: some Collection<UInt8>, _ actions: inout [Action]) {
    guard state != .over, fromBroker != nil else { return }
    fromBroker?.append(bytes)
    do throws(DecodeError) {
      while state != .over, let packet = try fromBroker?.next() { fromBroker(packet, &actions) }
    } catch {
      malformed(error, &actions)
    }
  }

  /// The credential of the caller has ended.
  mutating func expired(_ actions: inout [Action]) {
    refuse(.notAuthorized, .expired, &actions, saying: Self.expiry)
  }

  private mutating func malformed(_ error: DecodeError, _ actions: inout [Action]) {
    let end: End =
      switch error {
      case .packetTooLarge: .tooLarge
      case .malformed, .unsupportedProtocol: .malformed
      case .protocolError: .protocolError
      }
    refuse(error.reasonCode, end, &actions)
  }

  private mutating func fromClient(_ packet: Packet, _ actions: inout [Action]) {
    if case .connect(let connect) = packet {
      guard state == .waiting else { return refuse(.protocolError, .protocolError, &actions) }
      return self.connect(connect, &actions)
    }
    guard state != .waiting else { return refuse(.protocolError, .protocolError, &actions) }
    switch packet {
    case .publish(let publish): self.publish(publish, &actions)
    case .subscribe(let subscribe): self.subscribe(subscribe, &actions)
    case .publishRelease(let reply) where refused.remove(reply.packetID) != nil:
      let gone = PublishReply(reply.packetID, .packetIdentifierNotFound)
      answer(.publishComplete(gone), &actions)
    case .publishAck, .publishReceived, .publishRelease, .publishComplete, .unsubscribe,
      .pingRequest, .disconnect:
      pass(packet, &actions)
    case .auth where rules.credentials == .client: pass(packet, &actions)
    case .auth, .connect, .connectAck, .subscribeAck, .unsubscribeAck, .pingResponse:
      refuse(.protocolError, .protocolError, &actions)
    }
  }

  private mutating func connect(_ connect: Connect, _ actions: inout [Action]) {
    version = connect.version
    var connect = connect
    if rules.credentials == .bridge {
      guard connect.properties.authenticationMethod == nil else {
        return refuseConnect(.badAuthenticationMethod, &actions)
      }
      connect.username = rules.username
      connect.password = rules.password.map { $0[...] }
    }
    if !connect.clientID.isEmpty, let bound = rules.bound(connect.clientID) { rules = bound }
    if !connect.clientID.isEmpty { connect.clientID = rules.clientIDPrefix + connect.clientID }
    guard connect.clientID != rules.reservedClientID || connect.clientID.isEmpty else {
      return refuseConnect(.clientIdentifierNotValid, &actions)
    }
    if let will = connect.will {
      guard rules.mayPublish(will.topic, will.qos, will.isRetained) else {
        return refuseConnect(.notAuthorized, &actions)
      }
    }
    if version == .v5 {
      // What the client is not given it could not learn an alias of.
      connect.properties.topicAliasMaximum = nil
      let wanted = connect.properties.maximumPacketSize ?? .max
      connect.properties.maximumPacketSize = min(wanted, UInt32(clamping: rules.packetBytesMax))
    }
    state = .connecting
    fromBroker = PacketDecoder(version: version, maximumPacketSize: rules.packetBytesMax)
    encode(.connect(connect), version) { actions.append(.sendToBroker($0)) }
  }

  private mutating func publish(_ publish: Publish, _ actions: inout [Action]) {
    var publish = publish
    if let alias = publish.properties.topicAlias {
      guard alias > 0, alias <= aliasMaximum else {
        return refuse(.topicAliasInvalid, .protocolError, &actions)
      }
      if publish.topic.isEmpty {
        guard let topic = aliases[alias] else {
          return refuse(.protocolError, .protocolError, &actions)
        }
        publish.topic = topic
      } else {
        aliases[alias] = publish.topic
      }
      publish.properties.topicAlias = nil
    }
    guard rules.mayPublish(publish.topic, publish.qos, publish.isRetained) else {
      return drop(publish, .notAuthorized, &actions)
    }
    guard rules.takeRate() else { return drop(publish, .quotaExceeded, &actions) }
    if let id = publish.packetID { refused.remove(id) }
    pass(.publish(publish), &actions)
  }

  /// The broker does not get a message: MQTT 5 can say so, earlier versions can only end.
  private mutating func drop(
    _ publish: Publish, _ reasonCode: ReasonCode, _ actions: inout [Action]
  ) {
    guard version == .v5 else { return refuse(reasonCode, .forbidden, &actions) }
    switch (publish.qos, publish.packetID) {
    case (.atLeastOnce, let id?): answer(.publishAck(PublishReply(id, reasonCode)), &actions)
    case (.exactlyOnce, let id?):
      refused.insert(id)
      answer(.publishReceived(PublishReply(id, reasonCode)), &actions)
    default: droppedMessages += 1
    }
  }

  /// Takes the filters out that are not for the caller; the answer has their refusals in place.
  private mutating func subscribe(_ subscribe: Subscribe, _ actions: inout [Action]) {
    let granted = subscribe.subscriptions.map { subscription in
      guard let filter = try? TopicFilter(subscription.filter) else { return false }
      return rules.maySubscribe(filter, subscription.maximumQoS)
    }
    guard granted.contains(false) else { return pass(.subscribe(subscribe), &actions) }
    guard granted.contains(true) else {
      let codes = granted.map { _ in refusalCode }
      return answer(
        .subscribeAck(SubscribeAck(packetID: subscribe.packetID, reasonCodes: codes)), &actions)
    }
    guard refusals.count < Self.refusalsMax else {
      return refuse(.quotaExceeded, .protocolError, &actions)
    }
    refusals[subscribe.packetID] = granted
    var rest = subscribe
    rest.subscriptions = zip(subscribe.subscriptions, granted).filter(\.1).map(\.0)
    pass(.subscribe(rest), &actions)
  }

  private var refusalCode: ReasonCode { version == .v5 ? .notAuthorized : .unspecifiedError }

  private mutating func fromBroker(_ packet: Packet, _ actions: inout [Action]) {
    switch packet {
    case .connectAck(let ack):
      state = ack.reasonCode.isFailure ? state : .open
      aliasMaximum = ack.properties.topicAliasMaximum ?? 0
      answer(packet, &actions)
    case .subscribeAck(let ack): answer(.subscribeAck(whole(ack)), &actions)
    case .publish(let publish): deliver(publish, &actions)
    case .publishRelease(let reply) where denied.remove(reply.packetID) != nil:
      pass(.publishComplete(PublishReply(reply.packetID)), &actions)
    default: answer(packet, &actions)
    }
  }

  /// The answer with the refusals of the filters that the broker has not seen.
  private mutating func whole(_ ack: SubscribeAck) -> SubscribeAck {
    guard let granted = refusals.removeValue(forKey: ack.packetID),
      granted.count(where: { $0 }) == ack.reasonCodes.count
    else { return ack }
    var ack = ack
    var codes = ack.reasonCodes[...]
    ack.reasonCodes = granted.map { $0 ? codes.removeFirst() : refusalCode }
    return ack
  }

  private mutating func deliver(_ publish: Publish, _ actions: inout [Action]) {
    guard !rules.mayReceive(publish.topic, publish.qos) else {
      return answer(.publish(publish), &actions)
    }
    droppedMessages += 1
    switch (publish.qos, publish.packetID) {
    case (.atLeastOnce, let id?): pass(.publishAck(PublishReply(id)), &actions)
    case (.exactlyOnce, let id?):
      denied.insert(id)
      pass(.publishReceived(PublishReply(id)), &actions)
    default: break
    }
  }

  private func pass(_ packet: Packet, _ actions: inout [Action]) {
    encode(packet, version) { actions.append(.sendToBroker($0)) }
  }

  private func answer(_ packet: Packet, _ actions: inout [Action]) {
    encode(packet, version) { actions.append(.sendToClient($0)) }
  }

  private mutating func refuseConnect(_ reasonCode: ReasonCode, _ actions: inout [Action]) {
    let legacy: ReasonCode =
      reasonCode == .clientIdentifierNotValid ? reasonCode : .notAuthorized
    let code = version == .v5 ? reasonCode : legacy
    answer(.connectAck(ConnectAck(sessionPresent: false, reasonCode: code)), &actions)
    finish(.forbidden, &actions)
  }

  private mutating func refuse(
    _ reasonCode: ReasonCode, _ end: End, _ actions: inout [Action], saying reason: String? = nil
  ) {
    guard state != .over else { return }
    // Before CONNACK a server says nothing of the kind. [MQTT-3.14.0-1]
    if version == .v5, state == .open {
      answer(.disconnect(Disconnect(reasonCode, reasonString: reason)), &actions)
    }
    finish(end, &actions)
  }

  private mutating func finish(_ end: End, _ actions: inout [Action]) {
    state = .over
    actions.append(.end(end))
  }

  /// What was read can be written again, but for what the other version has no room for.
  private func encode(_ packet: Packet, _ version: ProtocolVersion, _ use: ([UInt8]) -> Void) {
    var bytes: [UInt8] = []
    guard (try? PacketEncoder.encode(packet, version: version, into: &bytes)) != nil else {
      return
    }
    use(bytes)
  }
}
