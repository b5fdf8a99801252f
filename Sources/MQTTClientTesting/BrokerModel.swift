import MQTTClient

/// How a well-behaved broker answers, without sockets and time.
///
/// It keeps what the specification calls session state for clients that ask for it: subscriptions,
/// and QoS 1 and 2 messages on their way. Message expiry, wills and limits of its own it has not: a
/// script plays those.
struct BrokerModel {
  /// A packet for a connection, or its end.
  enum Output: Equatable {
    case send(Packet, to: Int)
    case close(Int)
  }

  private var sessions: [String: BrokerSession] = [:]
  private var clientIDs: [Int: String] = [:]
  private var retained: [String: Publish] = [:]
  private var assigned = 0

  mutating func received(_ packet: Packet, from connection: Int) -> [Output] {
    var outputs: [Output] = []
    guard case .connect(let connect) = packet else {
      if let id = clientIDs[connection] { handle(packet, id, connection, &outputs) }
      return outputs
    }
    accept(connect, connection, &outputs)
    return outputs
  }

  /// The connection is gone, whoever ended it.
  mutating func closed(_ connection: Int) {
    guard let id = clientIDs.removeValue(forKey: connection) else { return }
    guard sessions[id]?.connection == connection else { return }
    sessions[id]?.connection = nil
    if sessions[id]?.survivesConnection == false { sessions[id] = nil }
  }

  /// Hands a message to every session with a matching subscription.
  mutating func route(_ publish: Publish) -> [Output] {
    var outputs: [Output] = []
    if publish.isRetained {
      retained[publish.topic] = publish.payload.isEmpty ? nil : publish
    }
    for id in sessions.keys.sorted() {
      guard let match = sessions[id]?.match(publish.topic) else { continue }
      deliver(publish, match, to: id, isRetained: false, &outputs)
    }
    return outputs
  }

  private mutating func accept(
    _ connect: Connect, _ connection: Int, _ outputs: inout [Output]
  ) {
    var properties = ConnectAck.Properties()
    var id = connect.clientID
    if id.isEmpty {
      assigned += 1
      id = "assigned-\(assigned)"
      if connect.version == .v5 { properties.assignedClientIdentifier = id }
    }
    if let old = sessions[id]?.connection {
      outputs.append(.close(old))
      clientIDs[old] = nil
    }
    if connect.cleanStart { sessions[id] = nil }
    let isPresent = sessions[id] != nil
    var session = sessions[id] ?? BrokerSession()
    session.resume(connection, connect)
    clientIDs[connection] = id
    outputs.append(
      .send(
        .connectAck(
          ConnectAck(sessionPresent: isPresent, reasonCode: .success, properties: properties)),
        to: connection))
    outputs += session.unfinished().map { .send($0, to: connection) }
    sessions[id] = session
  }

  private mutating func handle(
    _ packet: Packet, _ id: String, _ connection: Int, _ outputs: inout [Output]
  ) {
    switch packet {
    case .publish(let publish): receive(publish, id, connection, &outputs)
    case .publishRelease(let reply):
      sessions[id]?.released(reply.packetID)
      outputs.append(.send(.publishComplete(PublishReply(reply.packetID)), to: connection))
    case .publishAck(let reply), .publishComplete(let reply):
      sessions[id]?.finished(reply.packetID)
    case .publishReceived(let reply):
      sessions[id]?.gotReceived(reply.packetID)
      outputs.append(.send(.publishRelease(PublishReply(reply.packetID)), to: connection))
    case .subscribe(let subscribe): add(subscribe, id, connection, &outputs)
    case .unsubscribe(let unsubscribe):
      let codes: [ReasonCode] = unsubscribe.filters.map { filter in
        sessions[id]?.unsubscribe(filter) == true ? .success : .noSubscriptionExisted
      }
      let ack = UnsubscribeAck(
        packetID: unsubscribe.packetID, reasonCodes: isVersion5(id) ? codes : [])
      outputs.append(.send(.unsubscribeAck(ack), to: connection))
    case .pingRequest: outputs.append(.send(.pingResponse, to: connection))
    case .disconnect: outputs.append(.close(connection))
    case .connect, .connectAck, .subscribeAck, .unsubscribeAck, .pingResponse, .auth: break
    }
  }

  private func isVersion5(_ id: String) -> Bool { sessions[id]?.version == .v5 }

  private mutating func receive(
    _ publish: Publish, _ id: String, _ connection: Int, _ outputs: inout [Output]
  ) {
    switch (publish.qos, publish.packetID) {
    case (.atLeastOnce, let packetID?):
      outputs.append(.send(.publishAck(PublishReply(packetID)), to: connection))
    case (.exactlyOnce, let packetID?):
      let isNew = sessions[id]?.received(packetID) ?? true
      outputs.append(.send(.publishReceived(PublishReply(packetID)), to: connection))
      guard isNew else { return }
    case (.atMostOnce, _), (_, nil): break
    }
    outputs += route(publish)
  }

  private mutating func add(
    _ subscribe: Subscribe, _ id: String, _ connection: Int, _ outputs: inout [Output]
  ) {
    var codes: [ReasonCode] = []
    var added: [(Subscription, isNew: Bool)] = []
    for subscription in subscribe.subscriptions {
      let isNew = sessions[id]?.subscribe(subscription, subscribe.subscriptionIdentifier)
      codes.append(isNew == nil ? .topicFilterInvalid : subscription.maximumQoS.granted)
      if let isNew { added.append((subscription, isNew)) }
    }
    let ack = SubscribeAck(packetID: subscribe.packetID, reasonCodes: codes)
    outputs.append(.send(.subscribeAck(ack), to: connection))
    for (subscription, isNew) in added {
      sendRetained(subscription, isNew, subscribe.subscriptionIdentifier, id, &outputs)
    }
  }

  private mutating func sendRetained(
    _ subscription: Subscription, _ isNew: Bool, _ identifier: UInt32?, _ id: String,
    _ outputs: inout [Output]
  ) {
    guard let filter = try? TopicFilter(subscription.filter), !filter.isShared else { return }
    switch subscription.retainHandling {
    case .ignore: return
    case .sendIfNew where !isNew: return
    case .send, .sendIfNew: break
    }
    let match = BrokerSession.Match(
      qos: subscription.maximumQoS, identifiers: identifier.map { [$0] } ?? [],
      retainAsPublished: true)
    for (_, publish) in retained.sorted(by: { $0.key < $1.key })
    where filter.matches(topic: publish.topic) {
      deliver(publish, match, to: id, isRetained: true, &outputs)
    }
  }

  private mutating func deliver(
    _ publish: Publish, _ match: BrokerSession.Match, to id: String, isRetained: Bool,
    _ outputs: inout [Output]
  ) {
    var copy = publish
    copy.qos = min(publish.qos, match.qos)
    copy.isDuplicate = false
    copy.isRetained = publish.isRetained && (isRetained || match.retainAsPublished)
    copy.packetID = nil
    copy.properties.topicAlias = nil
    copy.properties.subscriptionIdentifiers = match.identifiers
    guard let packet = sessions[id]?.queue(copy), let connection = sessions[id]?.connection
    else { return }
    outputs.append(.send(.publish(packet), to: connection))
  }
}

extension QoS {
  fileprivate var granted: ReasonCode {
    switch self {
    case .atMostOnce: .success
    case .atLeastOnce: .grantedQoS1
    case .exactlyOnce: .grantedQoS2
    }
  }
}
