/// The right to acknowledge one delivery, once.
///
/// A token of QoS 0, a token that was used, and a QoS 1 token of an earlier link do nothing. A QoS 2
/// token stays good over links while the broker keeps the session, because the broker then sends the
/// same message again and waits for the same PUBREC.
package struct AckToken: Equatable, Hashable, Sendable {
  package let epoch: UInt32
  package let serial: UInt64
  package let packetID: PacketID
  package let qos: QoS

  package init(epoch: UInt32, serial: UInt64, packetID: PacketID, qos: QoS) {
    self.epoch = epoch
    self.serial = serial
    self.packetID = packetID
    self.qos = qos
  }
}
