import MQTTClient

/// What one client of a tunnel may do, asked packet by packet.
struct TunnelRules: Sendable {
  /// Whose name and password the broker is shown.
  enum Credentials: String, CaseIterable, Sendable {
    case bridge, client
  }

  var mayPublish: @Sendable (String, QoS, _ retain: Bool) -> Bool
  var maySubscribe: @Sendable (TopicFilter, QoS) -> Bool
  var mayReceive: @Sendable (String, QoS) -> Bool
  /// Counts one message against the caller's rate; false when it is used up.
  var takeRate: @Sendable () -> Bool
  var credentials = Credentials.bridge
  /// What the broker is shown instead of the client's own name and password.
  var username: String?
  var password: [UInt8]?
  /// What stands before the client's identifier, so that callers have sessions of their own.
  var clientIDPrefix = ""
  /// The identifier of the bridge itself, which nobody else may use.
  var reservedClientID = ""
  var packetBytesMax = 1 << 20
  /// The rules for this client identifier, as the client gives it; nil when they are the same for all.
  var bound: @Sendable (String) -> TunnelRules? = { _ in nil }
}
