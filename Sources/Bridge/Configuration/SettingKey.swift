/// The name of a setting, as it stands in the configuration file.
enum SettingKey: String, CaseIterable, Sendable {
  case broker
  case clientID = "client_id"
  case mqttVersion = "mqtt_version"
  case keepAlive = "keep_alive"
  case connectTimeout = "connect_timeout"
  case username
  case password
  case passwordFile = "password_file"
  case sessionExpiry = "session_expiry"
  case inflight
  case listen
  case adminListen = "admin_listen"
  case socketMode = "socket_mode"
  case proxyProtocol = "proxy_protocol"
  case tlsCertificate = "tls_certificate"
  case tlsKey = "tls_key"
  case tlsClientCA = "tls_client_ca"
  case tlsClientCertificates = "tls_client_certificates"
  case httpThreads = "http_threads"
  case connectionsPerAddress = "connections_per_address"
  case requestTimeout = "request_timeout"
  case basePath = "base_path"
  case payloadBytes = "payload_bytes"
  case defaultQoS = "default_qos"
  case ackWait = "ack_wait"
  case expiresIn = "expires_in"
  case batchItemsMax = "batch_items_max"
  case batchBytesMax = "batch_bytes_max"
  case queueMessages = "queue_messages"
  case queueBytes = "queue_bytes"
  case queueQoS0 = "queue_qos0"
  case properties
  case requireIdempotencyKey = "require_idempotency_key"
  case idempotencyAge = "idempotency_age"
  case stamp
  case uncertain
  case deadLetters = "dead_letters"
  case deadLetterBytes = "dead_letter_bytes"
  case replyPrefix = "reply_prefix"
  case requests
  case emqxAPI = "emqx_api"
  case traceContext = "trace_context"
  case docs
  case console
  case adminOnPublic = "admin_on_public"
  case mqttTunnel = "mqtt_tunnel"
  case tunnelCredentials = "tunnel_credentials"
  case tunnelClientIDs = "tunnel_client_ids"
  case streams
  case topicsPerStream = "topics_per_stream"
  case heartbeat
  case ringBytes = "ring_bytes"
  case writeStall = "write_stall"
  case unsubscribeLinger = "unsubscribe_linger"
  case history
  case historyExcept = "history_except"
  case historyAge = "history_age"
  case historyBytes = "history_bytes"
  case record
  case lastValue = "last_value"
  case lastValueTopics = "last_value_topics"
  case lastValueBytes = "last_value_bytes"
  case retainedWait = "retained_wait"
  case jwtSecret = "jwt_secret"
  case jwtSecretFile = "jwt_secret_file"
  case jwtAlgorithm = "jwt_algorithm"
  case jwtKeyFile = "jwt_key_file"
  case jwksFile = "jwks_file"
  case jwksURL = "jwks_url"
  case jwksCAFile = "jwks_ca_file"
  case jwtIssuer = "jwt_issuer"
  case jwtAudience = "jwt_audience"
  case jwtLeeway = "jwt_leeway"
  case accessFile = "access_file"
  case allowedOrigins = "allowed_origins"
  case cookie
  case trustedProxies = "trusted_proxies"
  case proxyHeader = "proxy_header"
  case publishRate = "publish_rate"
  case publishBurst = "publish_burst"
  case streamsPerCaller = "streams_per_caller"
  case streamsPerAddress = "streams_per_address"
  case ticketKeyFile = "ticket_key_file"
  case ticketTime = "ticket_time"
  case ticketLifetime = "ticket_lifetime"
  case data
  case backups
  case drainTimeout = "drain_timeout"
  case readyRequiresBroker = "ready_requires_broker"
  case logLevel = "log_level"
  case logFormat = "log_format"
  case accessLog = "access_log"

  /// The name of the flag without its dashes, such as `admin-listen`.
  var flag: String { String(rawValue.map { $0 == "_" ? "-" : $0 }) }

  /// The name of the environment variable, such as `MQTT_BRIDGE_ADMIN_LISTEN`.
  var variable: String { Self.variablePrefix + rawValue.uppercased() }

  /// What every environment variable of the bridge starts with.
  static let variablePrefix = "MQTT_BRIDGE_"
  /// The variable that names the configuration file.
  static let configVariable = variablePrefix + "CONFIG"
}

extension SettingKey {
  /// Whether it says what clients are shown, which goes on only while there is something to show.
  var isOfTLS: Bool {
    [.tlsCertificate, .tlsKey, .tlsClientCA, .tlsClientCertificates].contains(self)
  }

  /// Whether a reload changes it in a running bridge; the others count at the next start.
  var isReloadable: Bool {
    switch self {
    case .payloadBytes, .defaultQoS, .ackWait, .expiresIn, .properties, .requireIdempotencyKey,
      .stamp, .topicsPerStream, .heartbeat, .writeStall, .readyRequiresBroker, .logLevel,
      .backups, .accessLog, .traceContext, .jwtSecret, .jwtSecretFile, .jwtAlgorithm, .jwtKeyFile,
      .jwksFile, .jwksURL, .jwksCAFile,
      .jwtIssuer, .jwtAudience, .jwtLeeway, .accessFile, .allowedOrigins, .cookie,
      .trustedProxies, .proxyHeader, .publishRate, .publishBurst, .tlsCertificate, .tlsKey,
      .tlsClientCA, .tlsClientCertificates:
      true
    default: false
    }
  }
}
