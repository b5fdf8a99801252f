import MQTTClient

/// What the model of a broker remembers of one client identifier.
struct BrokerSession {
  /// The subscriptions of one session that match a topic, taken together.
  struct Match: Equatable {
    var qos: QoS
    var identifiers: [UInt32]
    var retainAsPublished: Bool
  }

  /// More messages than this are not kept for a client that is away.
  static let queuedMax = 10_000

  private struct Entry {
    let filter: TopicFilter
    let subscription: Subscription
    let identifier: UInt32?
  }

  /// Nil while the client is away.
  var connection: Int?
  private(set) var version = ProtocolVersion.v5
  private(set) var survivesConnection = false
  private var entries: [Entry] = []
  private var nextPacketID: PacketID = 1
  /// QoS 1 and 2 messages that the client has not finished, in their order.
  private var outgoing: [Publish] = []
  private var awaitingComplete: Set<PacketID> = []
  private var incoming: Set<PacketID> = []

  mutating func resume(_ connection: Int, _ connect: Connect) {
    self.connection = connection
    version = connect.version
    survivesConnection =
      connect.version == .v5
      ? (connect.properties.sessionExpiryInterval ?? 0) > 0 : !connect.cleanStart
  }

  /// What must be sent again, in its old order. [MQTT-4.4.0-1]
  func unfinished() -> [Packet] {
    outgoing.map { publish in
      if let id = publish.packetID, awaitingComplete.contains(id) {
        return .publishRelease(PublishReply(id))
      }
      var copy = publish
      copy.isDuplicate = true
      return .publish(copy)
    }
  }

  /// Whether the filter is new; nil when it is none.
  mutating func subscribe(_ subscription: Subscription, _ identifier: UInt32?) -> Bool? {
    guard let filter = try? TopicFilter(subscription.filter) else { return nil }
    let before = entries.count
    entries.removeAll { $0.filter == filter }
    let isNew = entries.count == before
    entries.append(Entry(filter: filter, subscription: subscription, identifier: identifier))
    return isNew
  }

  mutating func unsubscribe(_ text: String) -> Bool {
    guard let filter = try? TopicFilter(text) else { return false }
    let before = entries.count
    entries.removeAll { $0.filter == filter }
    return entries.count < before
  }

  func match(_ topic: String) -> Match? {
    let matching = entries.filter { $0.filter.matches(topic: topic) }
    guard let qos = matching.map(\.subscription.maximumQoS).max() else { return nil }
    return Match(
      qos: qos, identifiers: version == .v5 ? matching.compactMap(\.identifier) : [],
      retainAsPublished: matching.contains { $0.subscription.retainAsPublished })
  }

  /// The message as it goes out, or nil when it cannot be kept.
  mutating func queue(_ publish: Publish) -> Publish? {
    guard publish.qos != .atMostOnce else { return publish }
    guard outgoing.count < Self.queuedMax else { return nil }
    var copy = publish
    copy.packetID = freePacketID()
    outgoing.append(copy)
    return copy
  }

  private mutating func freePacketID() -> PacketID {
    while outgoing.contains(where: { $0.packetID == nextPacketID }) { advancePacketID() }
    defer { advancePacketID() }
    return nextPacketID
  }

  private mutating func advancePacketID() {
    nextPacketID = nextPacketID == .max ? 1 : nextPacketID + 1
  }

  mutating func gotReceived(_ id: PacketID) { awaitingComplete.insert(id) }

  mutating func finished(_ id: PacketID) {
    awaitingComplete.remove(id)
    outgoing.removeAll { $0.packetID == id }
  }

  /// Whether this is the first PUBLISH with the identifier.
  mutating func received(_ id: PacketID) -> Bool { incoming.insert(id).inserted }

  mutating func released(_ id: PacketID) { incoming.remove(id) }
}
