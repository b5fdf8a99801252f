/// All settings, in the order in which the help and `check-config` list them.
enum SettingCatalogue {
  static let all: [Setting] =
    broker + server + publishing + streams + history + access + process

  /// The setting of this name.
  static func setting(_ key: SettingKey) -> Setting {
    guard let setting = all.first(where: { $0.key == key }) else {
      preconditionFailure("the catalogue has no setting \(key.rawValue)")
    }
    return setting
  }

  private static let broker = [
    Setting(
      .broker, \.mqtt.broker,
      "The MQTT broker, as SCHEME://[user:password@]host[:port][/path][?options]; SCHEME is mqtt, "
        + "mqtts, ws, wss, unix, mqtt+srv or mqtts+srv."),
    Setting(
      .clientID, \.mqtt.clientID, default: "a random one, kept in the data directory",
      "The MQTT client identifier; two bridges must never share one."),
    Setting(
      .mqttVersion, \.mqtt.version, "The MQTT version spoken to the broker."),
    Setting(
      .keepAlive, \.mqtt.keepAlive, in: .zero ... .seconds(65_535),
      "Silence after which the connection to the broker is checked; 0 turns it off."),
    Setting(
      .connectTimeout, \.mqtt.connectTimeout, in: .seconds(1) ... .seconds(300),
      "The longest that one attempt to connect to the broker may take in all."),
    Setting(
      .username, \.mqtt.username, default: "none", "The user name for the broker."),
    Setting(
      .password, \.mqtt.password, default: "none",
      "The password for the broker; password_file keeps it out of process listings."),
    Setting(
      .passwordFile, \.mqtt.passwordFile, default: "none",
      "A file that holds the password for the broker."),
    Setting(
      .sessionExpiry, \.mqtt.sessionExpiry, in: .zero ... .seconds(4_294_967_295),
      "How long the broker keeps the bridge's session while it is away (MQTT 5)."),
    Setting(
      .inflight, \.mqtt.inflight, in: 1...65_535,
      "QoS 1 and 2 publishes sent and not yet acknowledged; the broker may allow fewer."),
  ]

  private static let server = [
    Setting(
      .listen, \.http.listen,
      "Where the public HTTP server listens: HOST:PORT, with http:// or https:// in front if it "
        + "matters, or unix:/PATH; several with blanks; loopback only without authentication."),
    Setting(
      .socketMode, \.http.socketMode, "The permissions of the Unix sockets under listen."),
    Setting(
      .proxyProtocol, \.http.expectsProxyHeader,
      "Whether every connection to listen begins with the PROXY protocol, which names the client."),
    Setting(
      .tlsCertificate, \.http.tls.certificate, default: "none",
      "A PEM file with the server's certificate and its chain, for HTTPS."),
    Setting(
      .tlsKey, \.http.tls.key, default: "none",
      "A PEM file with the key of tls_certificate."),
    Setting(
      .tlsClientCA, \.http.tls.clientAuthority, default: "none",
      "A PEM file with the authorities of client certificates."),
    Setting(
      .tlsClientCertificates, \.http.tls.clientCertificates,
      "Whether HTTPS clients are asked for a certificate of tls_client_ca, and must have one."),
    Setting(
      .adminListen, \.http.adminListen,
      "Where probes and metrics are served; loopback only without authentication."),
    Setting(
      .httpThreads, \.http.threads, in: 1...256, default: "one per core",
      "Threads that serve requests and streams."),
    Setting(
      .connectionsPerAddress, \.http.connectionsPerAddress, in: 0...1_000_000,
      "Connections, streams included, of one client address (IPv6 by /64); more are answered 429. "
        + "Those of trusted_proxies do not count. 0 is without limit."),
    Setting(
      .requestTimeout, \.http.requestTimeout, in: .seconds(1) ... .seconds(3600),
      "How long a request may take to arrive, with its body; then it is answered 408."),
    Setting(
      .basePath, \.http.basePath,
      "The path in front of all others, when a gateway forwards only a part."),
    Setting(
      .payloadBytes, \.http.payloadBytes,
      in: ByteCount(bytes: 1)...ByteCount(bytes: 268_000_000),
      "The largest payload of one publish; more is answered 413."),
  ]

  private static let publishing = [
    Setting(
      .defaultQoS, \.publishing.defaultQoS, "The QoS of a publish that names none."),
    Setting(
      .ackWait, \.publishing.ackWait, in: .zero ... .seconds(300),
      "How long a publish waits for the broker's acknowledgement before it is answered 202."),
    Setting(
      .expiresIn, \.publishing.expiresIn, in: .zero ... .seconds(10 * 365 * 86_400),
      "How long a stored publish is tried before it is given up; 0 is for ever."),
    Setting(
      .batchItemsMax, \.publishing.batchItems, in: 1...100_000,
      "Messages of one batch; more are answered 413. Lines with atomic=false have no limit."),
    Setting(
      .batchBytesMax, \.publishing.batchBytes, in: .kibibytes(1) ... .mebibytes(256),
      "Bytes of one batch; more are answered 413. Lines with atomic=false have no limit."),
    Setting(
      .queueMessages, \.publishing.queueMessages, in: 1...1_000_000_000,
      "Publishes stored at a time; more are answered 503."),
    Setting(
      .queueBytes, \.publishing.queueBytes, in: .kibibytes(64) ... .gibibytes(65_536),
      "Bytes of stored publishes; more are answered 503."),
    Setting(
      .queueQoS0, \.publishing.queuesQoS0,
      "Whether QoS 0 publishes are stored too while the broker is away, instead of refused."),
    Setting(
      .properties, \.publishing.properties,
      "MQTT 5 properties on an MQTT 3.1.1 connection: refuse the publish, or drop them."),
    Setting(
      .requireIdempotencyKey, \.publishing.requiresIdempotencyKey,
      "Whether a stored publish without an idempotency key is refused."),
    Setting(
      .idempotencyAge, \.publishing.idempotencyAge, in: .seconds(1) ... .seconds(30 * 86_400),
      "How long an idempotency key is remembered; of a million at most."),
    Setting(
      .stamp, \.publishing.stamps,
      "Whether every message carries its id in the user property bridge-message-id (MQTT 5)."),
    Setting(
      .uncertain, \.publishing.uncertain,
      "A publish under way when the broker lost its session: send it again, or make it a dead letter."
    ),
    Setting(
      .deadLetters, \.publishing.deadLetters, in: 0...10_000_000,
      "Undeliverable publishes kept for an operator; beyond that the oldest are dropped."),
    Setting(
      .deadLetterBytes, \.publishing.deadLetterBytes, in: .kibibytes(64) ... .gibibytes(65_536),
      "Bytes of undeliverable publishes; beyond that the oldest are dropped."),
    Setting(
      .replyPrefix, \.requests.replyPrefix,
      "What the topics of replies begin with where the broker does not say; the client id follows."),
    Setting(
      .requests, \.requests.outstanding, in: 1...100_000,
      "Requests that wait for replies at a time; more are answered 429."),
    Setting(
      .emqxAPI, \.publishing.servesEMQX,
      "Whether /api/v5/publish and /api/v5/publish/bulk answer as EMQX 5 does."),
  ]

  private static let streams = [
    Setting(
      .mqttTunnel, \.tunnel.isOn,
      "Whether GET /mqtt lets MQTT clients on WebSockets through to the broker, as far as they may."
    ),
    Setting(
      .tunnelCredentials, \.tunnel.credentials,
      "Whose user name and password the broker sees of such a client: the bridge's or its own."),
    Setting(
      .tunnelClientIDs, \.tunnel.clientIDs,
      "Whether the name of the caller is put before the client identifier of such a client."),
    Setting(
      .traceContext, \.publishing.carriesTrace,
      "Whether the headers traceparent and tracestate of a publish become user properties."),
    Setting(
      .docs, \.http.servesDocs,
      "Whether /docs, /openapi.yaml and /openapi.json are served."),
    Setting(
      .console, \.http.servesConsole, "Whether the console is served at /ui."),
    Setting(
      .adminOnPublic, \.http.servesAdminPublicly,
      "Whether the public server has the routes of the admin server too, for the right admin."),
    Setting(
      .streams, \.streams.limit, in: 1...1_000_000,
      "Event streams open at a time; more are answered 429."),
    Setting(
      .topicsPerStream, \.streams.topicsPerStream, in: 1...1024,
      "Topic filters of one stream."),
    Setting(
      .heartbeat, \.streams.heartbeat, in: .seconds(5) ... .seconds(55),
      "Silence after which a stream sends a comment, so that proxies keep it open."),
    Setting(
      .ringBytes, \.streams.ringBytes, in: .mebibytes(1) ... .gibibytes(64),
      "Memory per HTTP thread for messages that slow subscribers have not taken yet."),
    Setting(
      .writeStall, \.streams.writeStall, in: .seconds(1) ... .seconds(3600),
      "How long a subscriber may take nothing before its stream is closed."),
    Setting(
      .unsubscribeLinger, \.streams.unsubscribeLinger, in: .zero ... .seconds(3600),
      "How long the broker's subscription stays after its last subscriber has left."),
  ]

  private static let history = [
    Setting(
      .history, \.history.kept,
      "Topics whose messages are kept so that streams can resume; none turns history off."),
    Setting(
      .historyExcept, \.history.except, "Topics of those that are not kept."),
    Setting(
      .historyAge, \.history.age, in: .seconds(1) ... .seconds(3650 * 86_400),
      "How long messages are kept."),
    Setting(
      .historyBytes, \.history.bytes, in: .kibibytes(64) ... .gibibytes(65_536),
      "Bytes of kept messages; the oldest go first."),
    Setting(
      .record, \.history.record,
      "Topics that stay subscribed at the broker, so that their history has no holes."),
    Setting(
      .lastValue, \.lastValues.kept,
      "Topics whose newest message is kept, retained or not, and answered without asking the broker."
    ),
    Setting(
      .lastValueTopics, \.lastValues.topics, in: 1...100_000_000,
      "Topics whose newest message is kept; beyond that those that changed longest ago are dropped."
    ),
    Setting(
      .lastValueBytes, \.lastValues.bytes, in: .kibibytes(64) ... .gibibytes(65_536),
      "Bytes of newest messages; beyond that those that changed longest ago are dropped."),
    Setting(
      .retainedWait, \.lastValues.retainedWait, in: .milliseconds(1) ... .seconds(60),
      "How long a retained message of the broker is waited for; it does not say that there is none."
    ),
  ]

  private static let process = [
    Setting(
      .data, \.data, "The directory of the database; one bridge at a time can use it."),
    Setting(
      .backups, \.backups, default: "none",
      "The directory for the copies of the database that POST /admin/backup makes."),
    Setting(
      .drainTimeout, \.drainTimeout, in: .zero ... .seconds(600),
      "The longest that a graceful stop may take."),
    Setting(
      .readyRequiresBroker, \.readyRequiresBroker,
      "Whether the ready probe also requires that the broker is connected."),
    Setting(
      .logLevel, \.log.level, "The least important lines that are logged."),
    Setting(
      .logFormat, \.log.format, "How a log line looks; auto is text on a terminal, else JSON."),
    Setting(
      .accessLog, \.log.hasAccessLog,
      "Whether every answered request is logged, without its path and its query."),
  ]
}
