/// The MQTT protocol version of a connection; the raw value is the protocol level in CONNECT.
public enum ProtocolVersion: UInt8, Sendable {
  /// MQTT 3.1.1, protocol level 4. [MQTT 3.1.1, 3.1.2.2]
  case v311 = 4
  /// MQTT 5.0, protocol version 5. [MQTT 5.0, 3.1.2.2]
  case v5 = 5
}
