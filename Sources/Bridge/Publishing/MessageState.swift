/// How far an accepted publish has come.
enum MessageState: String, Sendable {
  case queued
  /// PUBLISH has been written to the broker.
  case sent
  /// PUBREC has come: the broker has it, QoS 2 goes on.
  case received
  case acked
  case rejected
  case expired
}
