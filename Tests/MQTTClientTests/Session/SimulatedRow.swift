@testable import MQTTClient

/// One message of the application's durable outbox, as it is on disk.
struct SimulatedRow {
  let key: UInt64
  let topic: String
  let qos: QoS
  let packetID: PacketID
  /// PUBREC was recorded.
  var isReceived = false
  var isForgotten = false
  /// The broker lost its session while this row was open.
  var sawSessionLoss = false

  static func bytes(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
  }

  /// What a process asks for; one that reads the row at its start cannot know whether an earlier one
  /// sent it.
  func request(isNew: Bool) -> PublishRequest {
    let progress: PublishRequest.Progress =
      isReceived ? .received : isNew ? .new : .maybeSent
    return PublishRequest(
      key: key, publish: Publish(topic: topic, payload: Bytes(Self.bytes(key)), qos: qos),
      packetID: packetID, progress: progress)
  }
}
