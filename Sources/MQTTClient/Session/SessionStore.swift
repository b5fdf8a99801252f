/// Keeps what a session must not forget when the process ends, one small record per step.
///
/// With a store in `ClientOptions.sessionStore`, publishes of QoS 1 and 2 survive a crash: each is
/// recorded before its first PUBLISH, a QoS 2 one again before its PUBREL, and its end before the
/// outcome is told. The next process goes on with them under their old packet identifiers, so that a
/// broker that kept the session gets every QoS 2 message once. Deliveries of QoS 2 are recorded
/// before their PUBREC, so that none is delivered twice. A client with a store needs a client
/// identifier of its own and a session that the broker keeps.
public protocol SessionStore: AnyObject, Sendable {
  /// What earlier processes left; called once, on the client's thread, before the first `write`.
  func stored() -> StoredSession

  /// Takes records, in order.
  ///
  /// `whenDurable` is called once, from any thread and in the order of the writes, when these
  /// records survive a crash. It gets the sequences of the `.accepted` ones that were not kept, whose
  /// publishes then end as `.notSent(.notStored)`. Every other record must be kept; a store that
  /// cannot write tries again. Called on the client's thread, at most once per turn; it must not
  /// wait.
  func write(
    _ records: [SessionRecord], whenDurable: @escaping @Sendable (_ refused: Set<UInt64>) -> Void)
}

/// One step of a session.
public enum SessionRecord: Equatable, Sendable {
  /// A publish was accepted; its sequence is greater than all before.
  case accepted(StoredPublish)
  /// The broker has received a QoS 2 publish.
  case received(sequence: UInt64)
  /// The broker has lost its session, and a QoS 2 publish that it had received begins anew.
  case restarted(sequence: UInt64)
  /// A publish has ended and can be forgotten.
  case finished(sequence: UInt64)
  /// The application has a QoS 2 delivery with this packet identifier.
  case inboundReceived(PacketID)
  /// The exchange of such a delivery is over.
  case inboundReleased(PacketID)
}

/// A publish as a store keeps it.
public struct StoredPublish: Equatable, Sendable {
  /// The greatest so far, and never used again while any publish is stored.
  public let sequence: UInt64
  /// The whole message, with its topic and without packet identifier.
  public let publish: Publish
  /// Milliseconds since 1970, from which the message expiry runs.
  public let acceptedAt: Int64
  /// The last of `.received` and `.restarted` was `.received`.
  public var isReceived: Bool

  /// A publish at its place among the others.
  public init(sequence: UInt64, publish: Publish, acceptedAt: Int64, isReceived: Bool = false) {
    self.sequence = sequence
    self.publish = publish
    self.acceptedAt = acceptedAt
    self.isReceived = isReceived
  }
}

/// What earlier processes left in a store.
public struct StoredSession: Equatable, Sendable {
  /// The publishes that have not finished, in the order of their sequences.
  public var publishes: [StoredPublish]
  /// The packet identifiers of QoS 2 deliveries that the broker has not released.
  public var inbound: [PacketID]

  /// Unfinished publishes and deliveries; none by default.
  public init(publishes: [StoredPublish] = [], inbound: [PacketID] = []) {
    self.publishes = publishes
    self.inbound = inbound
  }
}
