import HTTPFront
import MQTTClient

/// What the answer to a publish repeats of its request.
struct PublishReceipt: Equatable, Sendable {
  /// Names the message that the answer is about: of a replay, the original.
  var id: MessageID
  /// The message was not stored, because an earlier one has its idempotency key.
  var isReplay = false
  let topic: String
  let qos: QoS
  let isRetained: Bool
  /// The value of `Preference-Applied`, when a preference was.
  let preferenceApplied: String?
  /// What stands before `/messages` in the path where the message can be looked up.
  let basePath: String
  /// What the client accepts.
  let head: RequestHead
  /// How much of the caller's rate is left.
  var rateHeaders = HeaderFields()
}
