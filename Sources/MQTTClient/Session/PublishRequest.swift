/// The wish to publish one message.
package struct PublishRequest: Equatable, Sendable {
  /// How far an earlier process got with the message.
  package enum Progress: Equatable, Sendable {
    case new
    /// PUBLISH may have reached the broker: it goes out as a duplicate if the broker still has the
    /// session.
    case maybeSent
    /// PUBREC of a QoS 2 message was seen: only PUBREL goes out if the broker still has the session.
    case received
  }

  /// The caller's name for the message, unique among the unfinished ones; actions carry it.
  package var key: UInt64
  /// Without a packet identifier.
  package var publish: Publish
  /// The identifier to use, or nil to let the session choose; QoS 0 has none.
  ///
  /// Choose from `PacketIDs.callerRange`, so that the session's own identifiers never stand in the
  /// way. If the identifier is in use, this publish and all behind it wait until it is free.
  package var packetID: PacketID?
  package var progress: Progress
  /// How long the outcome may take; then it is `.deadlinePassed`, and what was sent is finished on
  /// the wire all the same.
  package var deadline: Duration?
  /// How long the message has waited already, which counts for its expiry.
  package var age: Duration
  /// The index of a lane of `DeliveryOptions`; the default lane for one that does not exist.
  package var lane: Int

  package init(
    key: UInt64, publish: Publish, packetID: PacketID? = nil, progress: Progress = .new,
    deadline: Duration? = nil, age: Duration = .zero, lane: Int = 0
  ) {
    self.key = key
    self.publish = publish
    self.packetID = packetID
    self.progress = progress
    self.deadline = deadline
    self.age = age
    self.lane = lane
  }
}
