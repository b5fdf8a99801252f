/// Sees every packet on its way, for a log or a file.
///
/// What it is given cannot hold a password, a user name, authentication data or a payload, unless
/// the first bytes of payloads are asked for. Without a trace a packet costs one test.
public struct PacketTrace: Sendable {
  /// Whether entries carry topic names.
  public var showsTopics: Bool
  /// At most this many first bytes of each payload are in the entry; zero, the default, shows none.
  public var payloadBytesMax: Int
  let record: @Sendable (Entry) -> Void

  /// Prepares a trace; `record` runs on the client's thread and must not wait.
  ///
  /// With `MQTTConnection` that is the thread that drives it.
  public init(
    showsTopics: Bool = true, payloadBytesMax: Int = 0,
    record: @escaping @Sendable (Entry) -> Void
  ) {
    self.showsTopics = showsTopics
    self.payloadBytesMax = max(0, payloadBytesMax)
    self.record = record
  }

  /// Which way a packet goes.
  public enum Direction: String, Sendable {
    case sent = "→"
    case received = "←"
  }

  /// One packet, without what must stay secret.
  public struct Entry: Equatable, Sendable {
    /// Whether it was sent or received.
    public let direction: Direction
    /// The kind of packet.
    public let type: PacketType
    /// On the wire, with the fixed header, in bytes.
    public let size: Int
    /// The packet identifier, if the packet has one.
    public let packetID: PacketID?
    /// Of PUBLISH.
    public let qos: QoS?
    /// Whether a PUBLISH has the retain flag.
    public let isRetained: Bool
    /// Whether a PUBLISH has the DUP flag.
    public let isDuplicate: Bool
    /// The topic of PUBLISH, or the filters of SUBSCRIBE and UNSUBSCRIBE, if the trace shows them.
    public internal(set) var topics: [String]
    /// Of PUBLISH, in bytes.
    public let payloadSize: Int?
    /// The beginning of the payload, as long as the trace asked for.
    public internal(set) var payloadStart: [UInt8]
    /// One, or one per filter.
    public let reasonCodes: [ReasonCode]
  }
}

extension PacketTrace: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// One line for a log or a person, without a secret.
  public var description: String {
    "PacketTrace(showsTopics: \(showsTopics), payloadBytesMax: \(payloadBytesMax))"
  }

  /// The same as the description, so that no dump shows more.
  public var debugDescription: String { description }

  /// What a dump shows: the description, and no secret.
  public var customMirror: Mirror { Mirror(self, children: ["trace": description]) }
}

extension PacketTrace.Entry: CustomStringConvertible {
  /// One line, such as `→ PUBLISH 23 bytes id=7 qos=1 topic=a/b payload=4`.
  public var description: String {
    var text = "\(direction.rawValue) \(type.name) \(size) bytes"
    if let packetID { text += " id=\(packetID)" }
    if let qos { text += " qos=\(qos.rawValue)" }
    if isRetained { text += " retained" }
    if isDuplicate { text += " duplicate" }
    for topic in topics { text += " topic=\(topic.debugDescription)" }
    if let payloadSize { text += " payload=\(payloadSize)" }
    if !payloadStart.isEmpty {
      let digits = payloadStart.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      text += " begins=\(digits.joined())"
    }
    for code in reasonCodes { text += " \(code)" }
    return text
  }
}

extension PacketTrace {
  func record(_ packet: Packet, _ direction: Direction, size: Int) {
    record(
      Entry(
        direction: direction, type: packet.type, size: size, packetID: packet.identifier,
        qos: packet.publish?.qos, isRetained: packet.publish?.isRetained ?? false,
        isDuplicate: packet.publish?.isDuplicate ?? false,
        topics: showsTopics ? packet.topics : [], payloadSize: packet.publish?.payload.count,
        payloadStart: Array(packet.publish?.payload.prefix(payloadBytesMax) ?? []),
        reasonCodes: packet.reasonCodes))
  }
}

extension Packet {
  fileprivate var publish: Publish? {
    if case .publish(let publish) = self { publish } else { nil }
  }

  fileprivate var identifier: PacketID? {
    switch self {
    case .publish(let publish): publish.packetID
    case .publishAck(let reply), .publishReceived(let reply), .publishRelease(let reply),
      .publishComplete(let reply):
      reply.packetID
    case .subscribe(let subscribe): subscribe.packetID
    case .subscribeAck(let ack): ack.packetID
    case .unsubscribe(let unsubscribe): unsubscribe.packetID
    case .unsubscribeAck(let ack): ack.packetID
    case .connect, .connectAck, .pingRequest, .pingResponse, .disconnect, .auth: nil
    }
  }

  fileprivate var topics: [String] {
    switch self {
    case .publish(let publish): [publish.topic]
    case .subscribe(let subscribe): subscribe.subscriptions.map(\.filter)
    case .unsubscribe(let unsubscribe): unsubscribe.filters
    case .connect, .connectAck, .publishAck, .publishReceived, .publishRelease, .publishComplete,
      .subscribeAck, .unsubscribeAck, .pingRequest, .pingResponse, .disconnect, .auth:
      []
    }
  }

  fileprivate var reasonCodes: [ReasonCode] {
    switch self {
    case .connectAck(let ack): [ack.reasonCode]
    case .publishAck(let reply), .publishReceived(let reply), .publishRelease(let reply),
      .publishComplete(let reply):
      [reply.reasonCode]
    case .subscribeAck(let ack): ack.reasonCodes
    case .unsubscribeAck(let ack): ack.reasonCodes
    case .disconnect(let disconnect): [disconnect.reasonCode]
    case .auth(let auth): [auth.reasonCode]
    case .connect, .publish, .subscribe, .unsubscribe, .pingRequest, .pingResponse: []
    }
  }
}
