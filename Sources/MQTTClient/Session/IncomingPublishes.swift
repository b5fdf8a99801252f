/// The deliveries of QoS 1 and 2 that are not finished.
///
///     QoS 1   deliver ──acknowledge──▶ PUBACK
///     QoS 2   deliver ──acknowledge──▶ PUBREC ──PUBREL──▶ PUBCOMP
///             or, with `recordsReleased`, ──PUBREL──▶ recording ──releasedRecorded──▶ PUBCOMP
///
/// Acknowledgements go out in the order in which the messages came, per QoS, however the application
/// orders its own. [MQTT-4.6.0-2] [MQTT-4.6.0-3]
struct IncomingPublishes: ~Copyable {
  /// A QoS 2 message that the broker has not released.
  private struct Exchange {
    /// The delivery whose token counts; nil once the application has acknowledged it.
    var serial: UInt64?
    /// Where the owed PUBREC stands in its lane, while one is owed on this link.
    var position: UInt64?
    /// Whether it takes a place in the broker's send quota on this link.
    var isCounted: Bool
    /// The broker's session may be younger than the exchange.
    var isDoubtful = false
    /// Of the message, when an earlier process kept it.
    var fingerprint: UInt64?
    /// PUBREL came, and the application has not recorded it yet.
    var isRecording = false
    /// That PUBREL, or its repetition, came on this link.
    var owesComplete = false
  }

  /// Every open delivery has a packet identifier of its own, so an honest broker needs no more.
  private static let openMaximum = 65_535

  private let version: ProtocolVersion
  private let receiveMaximum: Int
  private let excess: ReceiveMaximumExcess
  private var epoch: UInt32 = 0
  private var atLeastOnce = AckLane()
  private var exactlyOnce = AckLane()
  /// The newest unacknowledged QoS 1 delivery of each packet identifier on this link.
  private var openQoS1 = PacketIDTable<UInt64>()
  private var exchanges = PacketIDTable<Exchange>()
  private var countedExchanges = 0

  /// How many deliveries there were that Receive Maximum did not allow.
  private(set) var excessCount = 0
  /// By how many deliveries Receive Maximum was exceeded at most; nil once that was told.
  private var untoldExcess: Int? = 0

  private let acceptsRedelivery: Bool
  private let recordsReleased: Bool
  /// The longest packet that the broker takes.
  private var maximumPacketSize = BrokerLimits.largestPacket

  init(
    version: ProtocolVersion, receiveMaximum: UInt16?, excess: ReceiveMaximumExcess = .tolerate,
    acceptsRedelivery: Bool = true, recordsReleased: Bool = false
  ) {
    self.version = version
    self.acceptsRedelivery = acceptsRedelivery
    self.recordsReleased = recordsReleased
    self.receiveMaximum = receiveMaximum.map { Int($0) } ?? Self.openMaximum
    self.excess = excess
  }

  /// How many deliveries the broker waits for on this link.
  var openCount: Int { atLeastOnce.count + countedExchanges }

  /// The link is gone: nothing is owed any more, but open QoS 2 exchanges stay known.
  mutating func linkLost(_ actions: inout [SessionAction]) {
    reportExcess(&actions)
    untoldExcess = 0
    epoch &+= 1
    atLeastOnce.removeAll()
    exactlyOnce.removeAll()
    openQoS1.removeAll()
    countedExchanges = 0
    for id in exchanges.keys {
      exchanges[id]?.position = nil
      exchanges[id]?.isCounted = false
      exchanges[id]?.owesComplete = false
    }
  }

  mutating func linkAccepted(
    _ continuity: SessionContinuity, maximumPacketSize: Int = BrokerLimits.largestPacket
  ) {
    self.maximumPacketSize = maximumPacketSize
    switch continuity {
    case .kept: break
    case .doubtful: for id in exchanges.keys { exchanges[id]?.isDoubtful = true }
    // The broker forgot its side of every exchange.
    case .lost: exchanges.removeAll()
    }
  }

  /// Takes a message whose topic alias is resolved already.
  mutating func received(
    _ publish: Publish, _ actions: inout [SessionAction]
  ) throws(ProtocolViolation) {
    guard publish.qos != .atMostOnce else {
      let token = AckToken(epoch: epoch, serial: 0, packetID: 0, qos: .atMostOnce)
      return actions.append(.deliver(publish, token))
    }
    guard let id = publish.packetID, id != 0 else { throw ProtocolViolation(.malformedPacket) }
    if publish.qos == .atLeastOnce {
      try receivedQoS1(id, publish, &actions)
    } else {
      try receivedQoS2(id, publish, &actions)
    }
  }

  private mutating func receivedQoS1(
    _ id: PacketID, _ publish: Publish, _ actions: inout [SessionAction]
  ) throws(ProtocolViolation) {
    // A broker that repeats itself on the same link gets one PUBACK, which answers both.
    if publish.isDuplicate && openQoS1[id] != nil { return try checkRedelivery() }
    try checkQuota()
    let serial = atLeastOnce.append(id)
    openQoS1[id] = serial
    let token = AckToken(epoch: epoch, serial: serial, packetID: id, qos: .atLeastOnce)
    actions.append(.deliver(publish, token))
  }

  // A QoS 2 PUBLISH can arrive again with the same packet identifier:
  //   1. On the same link before our PUBREC: the one PUBREC that is owed answers both.
  //   2. After our PUBREC: answer PUBREC again, deliver nothing. [MQTT-4.3.3-10]
  //   3. On a later link, before the application acknowledged: it still has the message and its
  //      token, so only the PUBREC is owed again. Without DUP it is another message, since the
  //      broker must mark a repetition. [MQTT-3.3.1-1]
  //   4. After PUBREL, which is not recorded yet: on the same link only a broker that still waits
  //      for PUBCOMP may say it, by a repetition. On a later link an unmarked message is another
  //      one, and so is any in a session that may be new: after PUBREL nothing is repeated.
  //      [MQTT-4.3.3-6]
  //   5. As a repetition of a message that an earlier process had in the session before this one:
  //      that process died before it forgot the identifier. Only what it says tells them apart.
  private mutating func receivedQoS2(
    _ id: PacketID, _ publish: Publish, _ actions: inout [SessionAction]
  ) throws(ProtocolViolation) {
    if var exchange = exchanges[id], isRepetition(publish, of: exchange) {
      guard exchange.position == nil else { return try checkRedelivery() }
      if !exchange.isCounted {
        try checkQuota()
        exchange.isCounted = true
        countedExchanges += 1
      }
      exchange.position = exactlyOnce.append(id)
      exchange.isDoubtful = false
      let isAcknowledged = exchange.serial == nil
      exchanges[id] = exchange
      if isAcknowledged, let position = exchange.position {
        exactlyOnce.settle(position, DeliveryReply())
        sendReceived(&actions)
      }
      return
    }
    if let exchange = exchanges[id], exchange.position != nil || exchange.owesComplete {
      throw ProtocolViolation(.protocolError)
    }
    try checkQuota()
    let serial = exactlyOnce.append(id)
    exchanges[id] = Exchange(serial: serial, position: serial, isCounted: true)
    countedExchanges += 1
    let token = AckToken(epoch: epoch, serial: serial, packetID: id, qos: .exactlyOnce)
    actions.append(.deliver(publish, token))
  }

  private func isRepetition(_ publish: Publish, of exchange: Exchange) -> Bool {
    if exchange.owesComplete { return publish.isDuplicate }
    if exchange.isRecording, !exchange.isCounted {
      return publish.isDuplicate && !exchange.isDoubtful
    }
    if publish.isDuplicate {
      guard exchange.isDoubtful, let fingerprint = exchange.fingerprint else { return true }
      return fingerprint == publish.fingerprint
    }
    // In a session that may be new, only what came on this link is certain to be the same message.
    return exchange.serial == nil && (exchange.isCounted || !exchange.isDoubtful)
  }

  // [MQTT-3.3.4-9] binds the broker; what follows from a breach is the receiver's to choose, since
  // [MQTT-4.13.1-1] makes only servers close.
  private mutating func checkQuota() throws(ProtocolViolation) {
    let open = openCount
    if open < receiveMaximum { return }
    guard excess == .tolerate, open < Self.openMaximum else {
      throw ProtocolViolation(.receiveMaximumExceeded)
    }
    excessCount += 1
    untoldExcess = untoldExcess.map { max($0, open + 1 - receiveMaximum) }
  }

  /// Tells, once on each link, that the broker exceeded Receive Maximum.
  mutating func reportExcess(_ actions: inout [SessionAction]) {
    guard let most = untoldExcess, most > 0 else { return }
    untoldExcess = nil
    actions.append(.receiveMaximumExceeded(by: most, maximum: receiveMaximum))
  }

  /// A broker that says a message again on one connection breaks the protocol, though harmlessly.
  /// [MQTT-4.4.0-1]
  private func checkRedelivery() throws(ProtocolViolation) {
    guard acceptsRedelivery else { throw ProtocolViolation(.protocolError) }
  }

  /// The application of an earlier process had these QoS 2 messages; their PUBREC is owed.
  ///
  /// That process may have died before it learnt that the broker lost the session.
  mutating func restore(_ deliveries: [RestoredDelivery]) {
    for delivery in deliveries {
      exchanges[delivery.id] = Exchange(
        serial: nil, position: nil, isCounted: false, isDoubtful: true,
        fingerprint: delivery.fingerprint)
    }
  }

  /// Whether acknowledging would change anything.
  func isOpen(_ token: AckToken) -> Bool {
    switch token.qos {
    case .atMostOnce: false
    case .atLeastOnce: token.epoch == epoch && openQoS1[token.packetID] == token.serial
    case .exactlyOnce: exchanges[token.packetID]?.serial == token.serial
    }
  }

  /// The application has made the message safe, or refuses it with a code of 0x80 or above.
  mutating func acknowledge(
    _ token: AckToken, _ reply: DeliveryReply, _ actions: inout [SessionAction]
  ) {
    let isRefused = version == .v5 && reply.reasonCode.isFailure
    switch token.qos {
    case .atMostOnce: break
    case .atLeastOnce:
      guard token.epoch == epoch, atLeastOnce.settle(token.serial, reply) else { return }
      while let (id, position, reply) = atLeastOnce.popSettled() {
        if openQoS1[id] == position { openQoS1[id] = nil }
        let packet = reply.packet(id, .publishAck, version, maximumSize: maximumPacketSize)
        actions.append(.send(.publishAck(packet)))
      }
    case .exactlyOnce:
      let id = token.packetID
      guard var exchange = exchanges[id], exchange.serial == token.serial else { return }
      exchange.serial = nil
      if let position = exchange.position {
        exchanges[id] = exchange
        exactlyOnce.settle(position, reply)
        sendReceived(&actions)
      } else {
        exchanges[id] = isRefused ? nil : exchange
      }
    }
  }

  private mutating func sendReceived(_ actions: inout [SessionAction]) {
    while let (id, _, reply) = exactlyOnce.popSettled() {
      let packet = reply.packet(id, .publishReceived, version, maximumSize: maximumPacketSize)
      exchanges[id]?.position = nil
      // A refused message has no PUBREL; its identifier is free. [MQTT-4.3.3-9]
      if packet.reasonCode.isFailure { forget(id) }
      actions.append(.send(.publishReceived(packet)))
    }
  }

  /// The broker sent PUBREL; an unknown one is answered too, or the broker would never stop asking.
  mutating func receivedRelease(_ id: PacketID, _ actions: inout [SessionAction]) {
    guard let exchange = exchanges[id], exchange.serial == nil, exchange.position == nil else {
      let code = version == .v5 ? ReasonCode.packetIdentifierNotFound : .success
      return actions.append(.send(.publishComplete(PublishReply(id, code))))
    }
    guard recordsReleased else { return complete(id, &actions) }
    exchanges[id]?.isDoubtful = false
    exchanges[id]?.isRecording = true
    exchanges[id]?.owesComplete = true
    if !exchange.isRecording { actions.append(.released(id)) }
  }

  /// The application has forgotten the identifier, so that a crash brings it back no more.
  mutating func releasedRecorded(_ id: PacketID, _ actions: inout [SessionAction]) {
    guard let exchange = exchanges[id], exchange.isRecording else { return }
    if exchange.owesComplete { return complete(id, &actions) }
    if exchange.isCounted {
      // The broker went back to PUBLISH on this link: its PUBREL comes once more.
      exchanges[id]?.isRecording = false
    } else {
      forget(id)
    }
  }

  private mutating func complete(_ id: PacketID, _ actions: inout [SessionAction]) {
    forget(id)
    actions.append(.send(.publishComplete(PublishReply(id))))
  }

  private mutating func forget(_ id: PacketID) {
    guard let exchange = exchanges.removeValue(forKey: id), exchange.isCounted else { return }
    countedExchanges -= 1
  }
}
