/// Everything that can be set, as parsed values; a fresh one holds the defaults.
///
/// `SettingCatalogue` names the setting behind each field and explains it to users.
struct BridgeConfiguration: Sendable {
  var mqtt = MQTTConfiguration()
  var http = HTTPConfiguration()
  var publishing = PublishingConfiguration()
  var tunnel = TunnelConfiguration()
  var streams = StreamConfiguration()
  var history = HistoryConfiguration()
  var lastValues = LastValueConfiguration()
  var requests = RequestConfiguration()
  var webhooks: [WebhookConfiguration] = []
  var log = LogConfiguration()
  var access = AccessSettings()

  /// The directory of the database and of the stored client identifier.
  var data = "./data"
  /// Where `POST /admin/backup` puts its copies; nil refuses it.
  var backups: String?
  /// How long a graceful stop may take; what is stored stays stored when it takes longer.
  var drainTimeout: Duration = .seconds(10)
  /// Whether "ready" also means that the broker is connected; off, because publishes are stored without it.
  var readyRequiresBroker = false
}
