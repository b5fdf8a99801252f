/// What a publish waits for before its request is answered.
enum AckLevel: String, Sendable {
  /// Only the hand-over to the broker's socket; QoS 0 only.
  case none
  /// Our own commit.
  case stored
  /// PUBACK or PUBCOMP, at most as long as the request said.
  case broker
}
