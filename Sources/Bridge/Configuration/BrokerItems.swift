import MQTTClient

/// What the query of the broker's URL may set in the bridge.
///
/// How the broker is reached, all of it; of the session what is a matter of taste. The rest of the
/// session is what the promises of the bridge stand on, so no URL can change it.
enum BrokerItems {
  /// A query item that says the same as a setting, so that only one of the two may be there.
  struct Twin: Sendable {
    let item: String
    let key: SettingKey
    /// The item's value as users would write it for the setting.
    let text: @Sendable (SessionOptions) -> String
  }

  static let twins = [
    Twin(item: "client_id", key: .clientID) { $0.clientID },
    Twin(item: "version", key: .mqttVersion) { $0.version.settingText },
    Twin(item: "keep_alive", key: .keepAlive) { Duration.seconds($0.keepAlive).settingText },
    Twin(item: "connect_timeout", key: .connectTimeout) { $0.connectTimeout.settingText },
    Twin(item: "session_expiry", key: .sessionExpiry) {
      Duration.seconds($0.connect.sessionExpiryInterval ?? 0).settingText
    },
    Twin(item: "inflight", key: .inflight) { $0.inflightMaximum.settingText },
  ]

  /// The names of `twins`.
  static let twinNames = Set(twins.map(\.item))

  private static let ofSession: Set<String> = [
    "receive_maximum", "receive_maximum_excess", "maximum_packet_size", "topic_alias_maximum",
    "topic_aliases", "rate_messages", "rate_bytes", "replay_rate_messages", "replay_rate_bytes",
    "ping_fraction", "ping_timeout", "acknowledgement_timeout", "backoff_initial",
    "backoff_maximum", "backoff_reset", "backoff_factor", "backoff_jitter",
  ]

  private static let allowed = ofSession.union(twinNames).union(
    URLOption.all.lazy.filter { option in
      switch option.group {
      case .network, .tls, .webSocket, .proxy: true
      case .session, .reconnect: false
      }
    }.map(\.name))

  /// The first item of the URL that the bridge does not leave to its users.
  static func refused(in url: BrokerURL) -> String? {
    url.itemNames.first { !allowed.contains($0) }
  }
}
