import MQTTClient

/// Any list of operations on a session, with a broker that says anything; checks what must always
/// hold.
///
/// One byte chooses an operation and the next ones its details, so that a fuzzer can change a list
/// in small steps; a list ends with its bytes.
struct SessionOperations: ~Copyable {
  private enum Link { case none, opening, open }

  private(set) var problems: [String] = []

  private var bytes: ArraySlice<UInt8>
  private let options: SessionOptions
  private var session: Session
  private var actions: [SessionAction] = []
  private var now = Duration.seconds(10)
  private var link = Link.none
  private var nextKey: UInt64 = 1
  /// Publishes without an outcome.
  private var open: Set<UInt64> = []
  /// Publishes with an outcome whose exchange goes on.
  private var answered: Set<UInt64> = []
  private var requests: Set<UInt64> = []
  private var tokens: [AckToken] = []
  private var received: [UInt64] = []
  /// Identifiers whose PUBCOMP waits for the record.
  private var released: [PacketID] = []
  private var restarted: [UInt64] = []
  /// The unacknowledged publishes of this link.
  private var inFlight: Set<PacketID> = []
  /// Those of the present link, also for what was sent just before its end.
  private var limits: BrokerLimits?

  init(_ input: [UInt8]) {
    bytes = input[...]
    var options = SessionOptions(clientID: "fuzz")
    let flags = bytes.popFirst() ?? 0
    options.version = flags & 1 == 0 ? .v5 : .v311
    options.inflightMaximum = flags & 2 == 0 ? 4 : 1
    options.queuedPublishesMaximum = 6
    options.recordsReceived = flags & 4 != 0
    options.recordsReleased = flags & 4 != 0
    options.delivery.queuesQoS0 = flags & 8 != 0
    options.delivery.overflow = flags & 16 == 0 ? .rejectNew : .dropOldest
    options.delivery.sessionLoss = flags & 32 == 0 ? .republish : .report
    options.delivery.topicAliases = flags & 64 == 0 ? .disabled : .leastRecentlyUsed
    if flags & 128 != 0 { options.delivery.rate = PublishRate(messages: 2, burst: .seconds(1)) }
    options.delivery.lanes = [PublishLane(name: "fast", weight: 2)]
    options.delivery.queuedBytesMaximum = 100
    options.connect.receiveMaximum = 3
    options.connect.topicAliasMaximum = 2
    self.options = options
    session = Session(options: options, jitterSeed: 1)
  }

  private mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

  private mutating func id() -> PacketID {
    let byte = byte()
    return byte & 0x80 == 0 ? PacketID(1 + byte & 7) : 65_535 - PacketID(byte & 7)
  }

  mutating func run() {
    while !bytes.isEmpty, problems.isEmpty { step() }
    give { $0.stop(at: $1, &$2) }
    if !open.isEmpty { problems.append("no outcome for \(open.sorted())") }
    if !answered.isEmpty { problems.append("never settled: \(answered.sorted())") }
    if !requests.isEmpty { problems.append("no answer to \(requests.sorted())") }
  }

  private mutating func step() {
    switch byte() % 16 {
    case 0, 1, 2: publish()
    case 3: cancel()
    case 4: wait()
    case 5: if link == .opening { opened() }
    case 6: fail()
    case 7, 8, 9: if link == .open { give(packet()) }
    case 10: if link == .open { give(.connectAck(connectAck())) }
    case 11: request()
    case 12: give { $0.flush(at: $1, &$2) }
    case 13: acknowledge()
    case 14: recorded()
    default: control()
    }
  }

  private mutating func recorded() {
    if let key = received.popLast() { give { $0.receivedRecorded(key: key, at: $1, &$2) } }
    recordReleased()
    if let key = restarted.popLast() { give { $0.restartRecorded(key: key, at: $1, &$2) } }
  }

  private mutating func publish() {
    let (kind, details) = (byte(), byte())
    let topics = ["", "t", "a/b/c", "a/b/c/d", "#"]
    var message = Publish(
      topic: topics[Int(kind >> 4) % topics.count],
      payload: Bytes(repeating: 0, count: Int(details & 63)),
      qos: QoS(rawValue: kind & 3) ?? .atLeastOnce, isRetained: kind & 4 != 0)
    if details & 64 != 0 { message.properties.topicAlias = UInt16(kind >> 6) }
    if details & 128 != 0 { message.properties.messageExpiryInterval = UInt32(kind >> 5) }
    var request = PublishRequest(key: nextKey, publish: message, lane: Int(kind >> 7))
    if kind & 8 != 0 { request.deadline = .seconds(Int(details & 15)) }
    if message.qos > .atMostOnce, details & 3 == 3 {
      request.packetID = PacketID(1 + (details >> 4))
      request.progress = details & 4 == 0 ? .maybeSent : .received
    }
    open.insert(nextKey)
    nextKey += 1
    give { $0.publish(request, at: $1, &$2) }
  }

  private mutating func cancel() {
    let byte = byte()
    let key = nextKey &- UInt64(byte & 15)
    give { session, _, actions in
      if byte & 32 == 0 {
        session.cancel(key: key, answersSent: byte & 16 != 0, &actions)
      } else {
        session.cancelAll(answersSent: byte & 16 != 0, &actions)
      }
    }
  }

  private mutating func wait() {
    now += .milliseconds(Int(byte()) * 100)
    for _ in 0..<3 { give { $0.timerFired(at: $1, &$2) } }
    if let next = session.nextDeadline, next <= now {
      problems.append("the deadline \(next) is still due at \(now)")
    }
  }

  private mutating func opened() {
    link = .open
    give { $0.linkOpened(at: $1, &$2) }
  }

  private mutating func fail() {
    guard link != .none else { return }
    lost()
    let failures: [LinkFailure] = [.closedByPeer, .transferFailed(104), .timedOut]
    let failure = failures[Int(byte()) % failures.count]
    give { $0.linkFailed(failure, at: $1, &$2) }
  }

  private mutating func lost() {
    link = .none
    inFlight = []
  }

  private mutating func connectAck() -> ConnectAck {
    let flags = byte()
    var ack = ConnectAck(
      sessionPresent: flags & 1 != 0, reasonCode: flags & 14 == 14 ? .serverBusy : .success)
    if ack.reasonCode.isFailure { ack.sessionPresent = false }
    guard options.version == .v5 else { return ack }
    ack.properties.receiveMaximum = UInt16(1 + flags >> 6)
    ack.properties.topicAliasMaximum = flags & 16 == 0 ? nil : 2
    ack.properties.maximumPacketSize = flags & 32 == 0 ? nil : 40
    return ack
  }

  private mutating func packet() -> Packet {
    let kind = byte()
    let code: ReasonCode =
      options.version == .v5 && kind & 64 != 0 ? .quotaExceeded : .success
    switch kind % 10 {
    case 0: return .publishAck(PublishReply(id(), code))
    case 1: return .publishReceived(PublishReply(id(), code))
    case 2: return .publishComplete(PublishReply(id()))
    case 3: return .publishRelease(PublishReply(id()))
    case 4: return .subscribeAck(SubscribeAck(packetID: id(), reasonCodes: [code]))
    case 5:
      let codes = options.version == .v5 ? [code] : []
      return .unsubscribeAck(UnsubscribeAck(packetID: id(), reasonCodes: codes))
    case 6: return .disconnect(Disconnect(kind & 32 == 0 ? .packetTooLarge : .serverBusy))
    case 7: return .pingResponse
    default:
      let qos = QoS(rawValue: kind >> 4 & 3) ?? .exactlyOnce
      return .publish(
        Publish(
          topic: "in", payload: [], qos: qos, isDuplicate: kind & 64 != 0 && qos > .atMostOnce,
          packetID: qos == .atMostOnce ? nil : max(1, id() & 7)))
    }
  }

  private mutating func request() {
    let byte = byte()
    let key = nextKey
    let filter = "f/\(byte & 7)"
    nextKey += 1
    requests.insert(key)
    give { session, now, actions in
      if byte & 8 == 0 {
        session.subscribe(
          SubscribeRequest(key: key, subscriptions: [Subscription(filter)]), at: now, &actions)
      } else {
        session.unsubscribe(key: key, filters: [filter], at: now, &actions)
      }
    }
  }

  private mutating func acknowledge() {
    guard !tokens.isEmpty else { return }
    let byte = byte()
    let token = tokens[Int(byte & 63) % tokens.count]
    let reply = DeliveryReply(byte & 64 == 0 ? .success : .quotaExceeded)
    give { $0.acknowledge(token, reply, at: $1, &$2) }
  }

  private mutating func recordReleased() {
    guard !released.isEmpty else { return }
    let id = released.removeFirst()
    give { session, _, actions in session.releasedRecorded(id, &actions) }
  }

  private mutating func control() {
    switch byte() & 7 {
    case 0: give { $0.stop(at: $1, &$2) }
    case 1: give { $0.stop(.drain(Disconnect()), until: $1 + .seconds(5), at: $1, &$2) }
    case 2: give { $0.changeRate(PublishRate(messages: 1), at: $1, &$2) }
    case 3: give { $0.changeRate(.unlimited, at: $1, &$2) }
    default: give { $0.start(at: $1, &$2) }
    }
  }

  private mutating func give(_ packet: Packet) {
    switch packet {
    case .publishAck(let reply), .publishComplete(let reply): inFlight.remove(reply.packetID)
    case .publishReceived(let reply):
      if reply.reasonCode.isFailure { inFlight.remove(reply.packetID) }
    default: break
    }
    give { $0.received(packet, at: $1, &$2) }
  }

  /// One input, then every action it caused.
  private mutating func give(
    _ input: (inout Session, Duration, inout [SessionAction]) -> Void
  ) {
    limits = session.limits
    input(&session, now, &actions)
    limits = session.limits ?? limits
    for action in actions { check(action) }
    actions.removeAll(keepingCapacity: true)
    let counts = session.counts
    if counts.waitingPublishes > options.queuedPublishesMaximum {
      problems.append("\(counts.waitingPublishes) publishes wait")
    }
  }

  private mutating func check(_ action: SessionAction) {
    switch action {
    case .openLink:
      if link != .none { problems.append("a second link") }
      link = .opening
    case .closeLink: lost()
    case .send(let packet): checkSent(packet)
    case .sendOnce(let key, let publish):
      checkSent(.publish(publish))
      end(key)
    case .deliver(_, let token):
      tokens.append(token)
      released.removeAll { $0 == token.packetID }
    case .received(let key): received.append(key)
    case .released(let id):
      if released.contains(id) { problems.append("\(id) is recorded twice") }
      released.append(id)
    case .up(let ack): if !ack.sessionPresent { released.removeAll() }
    case .restarted(let key): restarted.append(key)
    case .finished(let key, let outcome):
      end(key)
      switch outcome {
      case .maybeSent(.deadlinePassed), .maybeSent(.cancelled): answered.insert(key)
      default: break
      }
    case .settled(let key):
      if answered.remove(key) == nil { problems.append("\(key) was not answered before") }
    case .subscribed(let key, _, _), .unsubscribed(let key, _, _):
      if requests.remove(key) == nil { problems.append("request \(key) answered twice") }
    default: break
    }
  }

  private mutating func end(_ key: UInt64) {
    if open.remove(key) == nil { problems.append("\(key) ended twice") }
  }

  private mutating func checkSent(_ packet: Packet) {
    if link != .open { problems.append("\(packet.type) without a link") }
    var wire: [UInt8] = []
    do throws(EncodeError) {
      try PacketEncoder.encode(packet, version: options.version, into: &wire)
    } catch {
      problems.append("\(packet.type) cannot be encoded: \(error)")
    }
    if let limits, wire.count > limits.maximumPacketSize {
      problems.append("\(packet.type) of \(wire.count) bytes")
    }
    if case .publishComplete(let reply) = packet, reply.reasonCode == .success,
      options.version == .v5, released.contains(reply.packetID)
    {
      problems.append("PUBCOMP \(reply.packetID) before its record")
    }
    guard case .publish(let publish) = packet, let id = publish.packetID else { return }
    if !inFlight.insert(id).inserted { problems.append("\(id) is in flight twice") }
    let maximum = min(limits?.receiveMaximum ?? 0, options.inflightMaximum)
    if inFlight.count > maximum { problems.append("\(inFlight.count) of \(maximum) in flight") }
  }
}
