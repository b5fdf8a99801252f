/// How a session chooses packet identifiers. [MQTT 5.0, 2.2.1]
public enum PacketIDOrder: Equatable, Sendable {
  /// From 61,440 to 65,535, going downwards and round; the others only when those are all in use.
  ///
  /// Whoever chooses identifiers from 1 to 61,439 for publishes then never meets the session's own.
  case reserving
  /// From 1 to 65,535, going upwards and round, as most clients do.
  case ascending
}
