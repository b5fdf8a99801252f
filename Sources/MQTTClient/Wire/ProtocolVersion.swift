/// The MQTT protocol version of a connection; the raw value is the protocol level in CONNECT.
public enum ProtocolVersion: UInt8, Sendable {
  case v311 = 4
  case v5 = 5
}
