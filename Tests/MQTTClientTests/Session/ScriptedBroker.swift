@testable import MQTTClient

/// A broker in memory with one client: sessions, QoS 1 and 2, quotas, and a list of what the client
/// did wrong.
struct ScriptedBroker {
  /// What outlives a connection.
  struct Memory {
    /// The QoS 2 publishes that wait for PUBREL, with the row that each one carried.
    var received: [PacketID: UInt64] = [:]
    var subscriptions: [String: Subscription] = [:]
    var deliveries: [Delivery] = []
    var nextID: PacketID = 1
  }

  /// A message on its way to the client.
  struct Delivery {
    enum Stage { case waiting, sent, released }

    let number: UInt64
    let qos: QoS
    var packetID: PacketID?
    var stage = Stage.waiting
    /// PUBLISH or PUBREL of it is out on this connection.
    var isOut = false
    var wasSent = false
  }

  let version: ProtocolVersion
  let receiveMaximum: Int
  private(set) var memory: Memory?
  private(set) var isConnected = false
  private(set) var violations: [String] = []
  /// How often each row arrived.
  private(set) var arrivals: [UInt64: Int] = [:]
  private(set) var lostSessions = 0
  /// Rows to refuse; MQTT 5 only.
  var refused: Set<UInt64> = []
  /// The answer to the next CONNECT in place of success.
  var refusal: ConnectAck?
  /// Rows over which the broker ends the link.
  var poisoned: Set<UInt64> = []
  static let topicAliasMaximum: UInt16 = 2
  private var aliases: [UInt16: String] = [:]

  /// A CONNECT that named a method of authentication, whose challenge is out.
  private var challenged: Connect?
  private var clientReceiveMaximum = 65_535
  /// The QoS 1 and 2 publishes of the client on this connection that we have not finished.
  private var openPublishes: Set<PacketID> = []
  private var newestArrival: [String: UInt64] = [:]
  private var owedPublishAcks: [PacketID] = []

  init(version: ProtocolVersion, receiveMaximum: Int) {
    self.version = version
    self.receiveMaximum = receiveMaximum
  }

  var waitingDeliveries: Int { memory?.deliveries.count ?? 0 }

  mutating func linkLost() {
    isConnected = false
    challenged = nil
    openPublishes = []
    owedPublishAcks = []
    guard let count = memory?.deliveries.count else { return }
    for index in 0..<count { memory?.deliveries[index].isOut = false }
  }

  mutating func loseSession() {
    memory = nil
    lostSessions += 1
  }

  /// Puts a message on its way and returns what can be sent now.
  mutating func deliver(_ number: UInt64, _ qos: QoS) -> [Packet] {
    memory?.deliveries.append(Delivery(number: number, qos: qos))
    return pump()
  }

  mutating func receive(_ packet: Packet) -> [Packet] {
    guard isConnected else { return receivedGreeting(packet) }
    switch packet {
    case .publish(let publish): return receivedPublish(publish)
    case .publishRelease(let reply):
      let isKnown = memory?.received.removeValue(forKey: reply.packetID) != nil
      openPublishes.remove(reply.packetID)
      return [
        .publishComplete(self.reply(reply.packetID, isKnown ? nil : .packetIdentifierNotFound))
      ]
    case .publishAck(let reply): return acknowledged(reply, .atLeastOnce)
    case .publishReceived(let reply): return acknowledged(reply, .exactlyOnce)
    case .publishComplete(let reply):
      memory?.deliveries.removeAll { $0.packetID == reply.packetID && $0.stage == .released }
      return pump()
    case .subscribe(let subscribe): return receivedSubscribe(subscribe)
    case .unsubscribe(let unsubscribe):
      for filter in unsubscribe.filters { memory?.subscriptions[filter] = nil }
      let codes = version == .v5 ? unsubscribe.filters.map { _ in ReasonCode.success } : []
      return [.unsubscribeAck(UnsubscribeAck(packetID: unsubscribe.packetID, reasonCodes: codes))]
    case .pingRequest: return [.pingResponse]
    case .disconnect(let disconnect):
      // This one says that the client's authenticator was not content.
      if disconnect.reasonCode.isFailure, disconnect.reasonCode != .unspecifiedError {
        return wrong("DISCONNECT \(disconnect.reasonCode)")
      }
      return []
    case .auth(let auth):
      let isBegin = auth.reasonCode == .reauthenticate
      return [
        .auth(Auth(isBegin ? .continueAuthentication : .success, authenticationMethod: "TEST"))
      ]
    case .connect, .connectAck, .subscribeAck, .unsubscribeAck, .pingResponse:
      return wrong("\(packet) from a client")
    }
  }

  private mutating func wrong(_ what: String) -> [Packet] {
    violations.append(what)
    return []
  }

  private func reply(_ id: PacketID, _ code: ReasonCode?) -> PublishReply {
    PublishReply(id, version == .v5 ? code ?? .success : .success)
  }

  /// Before CONNACK nothing but CONNECT and AUTH may come.
  private mutating func receivedGreeting(_ packet: Packet) -> [Packet] {
    switch (packet, challenged) {
    case (.connect(let connect), nil):
      guard let method = connect.properties.authenticationMethod else {
        return receivedConnect(connect)
      }
      challenged = connect
      return [.auth(Auth(.continueAuthentication, authenticationMethod: method))]
    case (.auth, let connect?): return receivedConnect(connect)
    case (.disconnect, _?): return []
    default: return wrong("\(packet) before CONNACK")
    }
  }

  private mutating func receivedConnect(_ connect: Connect) -> [Packet] {
    if let refusal { return [.connectAck(refusal)] }
    isConnected = true
    let isPresent = memory != nil && !connect.cleanStart
    if !isPresent { memory = Memory() }
    clientReceiveMaximum = Int(connect.properties.receiveMaximum ?? .max)
    var ack = ConnectAck(sessionPresent: isPresent, reasonCode: .success)
    aliases = [:]
    if version == .v5 {
      ack.properties.receiveMaximum = UInt16(receiveMaximum)
      ack.properties.topicAliasMaximum = Self.topicAliasMaximum
    }
    ack.properties.authenticationMethod = connect.properties.authenticationMethod
    challenged = nil
    return [.connectAck(ack)] + pump()
  }

  func isPoisoned(by packet: Packet) -> Bool {
    guard isConnected, case .publish(let publish) = packet else { return false }
    return poisoned.contains(Self.row(of: publish))
  }

  private static func row(of publish: Publish) -> UInt64 {
    publish.payload.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
  }

  /// The topic that an alias stands for, if the message has one.
  private mutating func topic(of publish: Publish) -> String {
    guard let alias = publish.properties.topicAlias else { return publish.topic }
    if !(1...Self.topicAliasMaximum).contains(alias) { _ = wrong("alias \(alias)") }
    if !publish.topic.isEmpty { aliases[alias] = publish.topic }
    guard let topic = aliases[alias] else {
      _ = wrong("alias \(alias) without a topic")
      return ""
    }
    return topic
  }

  private mutating func receivedPublish(_ publish: Publish) -> [Packet] {
    let topic = topic(of: publish)
    guard publish.qos != .atMostOnce else { return [] }
    guard let id = publish.packetID else { return wrong("PUBLISH without an identifier") }
    let row = Self.row(of: publish)
    openPublishes.insert(id)
    if version == .v5, openPublishes.count > receiveMaximum { _ = wrong("quota exceeded") }
    if let earlier = memory?.received[id] {
      if earlier != row { _ = wrong("\(id) of row \(earlier) used for row \(row)") }
      return [.publishReceived(reply(id, nil))]
    }
    let isRefused = version == .v5 && refused.contains(row)
    if isRefused || publish.qos == .atLeastOnce { openPublishes.remove(id) }
    if !isRefused { arrived(row, topic) }
    if publish.qos == .atLeastOnce {
      return [.publishAck(reply(id, isRefused ? .quotaExceeded : nil))]
    }
    if !isRefused { memory?.received[id] = row }
    return [.publishReceived(reply(id, isRefused ? .quotaExceeded : nil))]
  }

  private mutating func arrived(_ row: UInt64, _ topic: String) {
    arrivals[row, default: 0] += 1
    guard arrivals[row] == 1 else { return }
    if let newest = newestArrival[topic], newest > row {
      _ = wrong("row \(row) first came after row \(newest)")
    }
    newestArrival[topic] = row
  }

  private mutating func receivedSubscribe(_ subscribe: Subscribe) -> [Packet] {
    if subscribe.subscriptions.isEmpty { _ = wrong("an empty SUBSCRIBE") }
    for subscription in subscribe.subscriptions {
      memory?.subscriptions[subscription.filter] = subscription
    }
    let codes = subscribe.subscriptions.map { ReasonCode(rawValue: $0.maximumQoS.rawValue) }
    return [.subscribeAck(SubscribeAck(packetID: subscribe.packetID, reasonCodes: codes))]
  }

  private mutating func acknowledged(_ reply: PublishReply, _ qos: QoS) -> [Packet] {
    let index = memory?.deliveries.firstIndex {
      $0.packetID == reply.packetID && $0.qos == qos && $0.isOut
    }
    guard let index, let stage = memory?.deliveries[index].stage else {
      return wrong("\(qos) acknowledgement of \(reply.packetID), which is not out")
    }
    if stage == .sent {
      // Of each QoS, the oldest message on this connection must be acknowledged first.
      let first = owedPublishAcks.firstIndex { id in
        memory?.deliveries.contains { $0.packetID == id && $0.qos == qos } == true
      }
      if let first, owedPublishAcks[first] != reply.packetID {
        _ = wrong("\(reply.packetID) acknowledged before \(owedPublishAcks[first])")
      }
      owedPublishAcks.removeAll { $0 == reply.packetID }
    }
    if qos == .atLeastOnce {
      memory?.deliveries.remove(at: index)
      return pump()
    }
    memory?.deliveries[index].stage = .released
    return [.publishRelease(PublishReply(reply.packetID))]
  }

  /// Sends deliveries, the oldest first, as the client's Receive Maximum allows.
  private mutating func pump() -> [Packet] {
    guard isConnected, var memory else { return [] }
    defer { self.memory = memory }
    var packets: [Packet] = []
    var open = memory.deliveries.count { $0.isOut }
    for index in memory.deliveries.indices where !memory.deliveries[index].isOut {
      guard open < clientReceiveMaximum else { break }
      open += 1
      if memory.deliveries[index].packetID == nil {
        memory.deliveries[index].packetID = memory.nextID
        memory.nextID = memory.nextID == .max ? 1 : memory.nextID + 1
      }
      let delivery = memory.deliveries[index]
      guard let id = delivery.packetID else { continue }
      if delivery.stage == .released {
        packets.append(.publishRelease(PublishReply(id)))
      } else {
        packets.append(
          .publish(
            Publish(
              topic: "in", payload: Bytes(SimulatedRow.bytes(delivery.number)), qos: delivery.qos,
              isDuplicate: delivery.wasSent, packetID: id)))
        memory.deliveries[index].stage = .sent
        owedPublishAcks.append(id)
      }
      memory.deliveries[index].isOut = true
      memory.deliveries[index].wasSent = true
    }
    return packets
  }
}
