import MQTTClient

/// How the bridge connects to its broker.
struct MQTTConfiguration: Sendable {
  /// The standard port on this machine; its query says how to get there, and is no other field's.
  var broker: BrokerURL = .standard
  /// Nil stands for a random identifier that the data directory keeps, so that a restart finds its session.
  var clientID: String?
  /// MQTT 5 tells reasons and carries properties; older brokers need 3.1.1.
  var version: ProtocolVersion = .v5
  /// Seconds of silence after which both sides check the connection; short enough for NAT tables.
  var keepAlive: Duration = .seconds(60)
  /// From the first name look-up to the broker's CONNACK.
  var connectTimeout: Duration = .seconds(10)
  /// The user name from the setting; see `effectiveUsername`.
  var username: String?
  /// The password from the setting or from `passwordFile`.
  var password: Secret?
  /// A file that holds the password, because flags and variables are visible to others.
  var passwordFile: String?
  /// How long the broker keeps the session while the bridge is away; a week outlives a long weekend.
  var sessionExpiry: Duration = .seconds(7 * 86_400)
  /// Unacknowledged QoS 1 and 2 publishes at a time; the broker may allow fewer.
  var inflight = 1024

  /// The user name of the setting, or else the one in the broker's URL.
  var effectiveUsername: String? { username ?? broker.username }

  /// The bytes of the password of the setting, or else of the one in the broker's URL.
  var effectivePassword: [UInt8]? {
    password.map { Array($0.value.utf8) } ?? broker.password.map { Array($0) }
  }
}

extension BrokerURL {
  /// A broker on this machine at the standard port.
  static let standard: BrokerURL = {
    guard let url = try? BrokerURL("mqtt://127.0.0.1:1883") else {
      preconditionFailure("the default broker URL is valid")
    }
    return url
  }()
}
