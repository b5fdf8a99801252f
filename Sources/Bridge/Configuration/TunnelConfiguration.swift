/// The tunnel for MQTT clients on WebSockets.
struct TunnelConfiguration: Sendable {
  /// Whether `GET /mqtt` is there: its clients speak to the broker themselves, past history and queue.
  var isOn = false
  /// Whose name and password the broker is shown.
  var credentials = TunnelRules.Credentials.bridge
  /// Whether the caller's name is put before the identifier of its client.
  var clientIDs = ClientIDs.prefix

  enum ClientIDs: String, CaseIterable, Sendable { case prefix, keep }
}

extension TunnelRules.Credentials: SettingChoice {
  var word: String { rawValue }
}

extension TunnelConfiguration.ClientIDs: SettingChoice {
  var word: String { rawValue }
}
