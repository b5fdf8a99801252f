/// A QoS 2 message that the application of an earlier process had.
package struct RestoredDelivery: Sendable, Equatable {
  package let id: PacketID
  /// `Publish.fingerprint` of the message; nil when nobody knows it any more.
  package let fingerprint: UInt64?

  package init(_ id: PacketID, fingerprint: UInt64? = nil) {
    self.id = id
    self.fingerprint = fingerprint
  }
}

extension Publish {
  /// Tells this message from another one, in every process: FNV-1a over topic and payload.
  ///
  /// Of that a broker changes nothing when it repeats a message. Applications keep it on disk, so it
  /// never changes.
  package var fingerprint: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    for byte in topic.utf8 { add(byte) }
    // No byte of UTF-8, so it can only be the end of the topic.
    add(0xFF)
    for byte in payload { add(byte) }
    return hash
  }
}
