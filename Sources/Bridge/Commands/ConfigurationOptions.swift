import ArgumentParser

/// The flags of the commands that read the configuration: one for every setting, and `--config`.
struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "A YAML file of settings, one \"name: value\" per line, with underscores in the names.",
      discussion: "Variable \(SettingKey.configVariable).", valueName: "FILE"))
  var config: String?

  @Option(.broker) var broker: String?
  @Option(.clientID) var clientID: String?
  @Option(.mqttVersion) var mqttVersion: String?
  @Option(.keepAlive) var keepAlive: String?
  @Option(.connectTimeout) var connectTimeout: String?
  @Option(.username) var username: String?
  @Option(.password) var password: String?
  @Option(.passwordFile) var passwordFile: String?
  @Option(.sessionExpiry) var sessionExpiry: String?
  @Option(.inflight) var inflight: String?
  @Option(.listen) var listen: String?
  @Option(.adminListen) var adminListen: String?
  @Option(.socketMode) var socketMode: String?
  @Option(.proxyProtocol) var proxyProtocol: String?
  @Option(.tlsCertificate) var tlsCertificate: String?
  @Option(.tlsKey) var tlsKey: String?
  @Option(.tlsClientCA) var tlsClientCA: String?
  @Option(.tlsClientCertificates) var tlsClientCertificates: String?
  @Option(.httpThreads) var httpThreads: String?
  @Option(.connectionsPerAddress) var connectionsPerAddress: String?
  @Option(.requestTimeout) var requestTimeout: String?
  @Option(.basePath) var basePath: String?
  @Option(.payloadBytes) var payloadBytes: String?
  @Option(.defaultQoS) var defaultQoS: String?
  @Option(.ackWait) var ackWait: String?
  @Option(.expiresIn) var expiresIn: String?
  @Option(.batchItemsMax) var batchItemsMax: String?
  @Option(.batchBytesMax) var batchBytesMax: String?
  @Option(.queueMessages) var queueMessages: String?
  @Option(.queueBytes) var queueBytes: String?
  @Option(.queueQoS0) var queueQoS0: String?
  @Option(.properties) var properties: String?
  @Option(.requireIdempotencyKey) var requireIdempotencyKey: String?
  @Option(.idempotencyAge) var idempotencyAge: String?
  @Option(.stamp) var stamp: String?
  @Option(.uncertain) var uncertain: String?
  @Option(.deadLetters) var deadLetters: String?
  @Option(.deadLetterBytes) var deadLetterBytes: String?
  @Option(.replyPrefix) var replyPrefix: String?
  @Option(.requests) var requests: String?
  @Option(.emqxAPI) var emqxAPI: String?
  @Option(.traceContext) var traceContext: String?
  @Option(.docs) var docs: String?
  @Option(.console) var console: String?
  @Option(.adminOnPublic) var adminOnPublic: String?
  @Option(.mqttTunnel) var mqttTunnel: String?
  @Option(.tunnelCredentials) var tunnelCredentials: String?
  @Option(.tunnelClientIDs) var tunnelClientIDs: String?
  @Option(.streams) var streams: String?
  @Option(.topicsPerStream) var topicsPerStream: String?
  @Option(.heartbeat) var heartbeat: String?
  @Option(.ringBytes) var ringBytes: String?
  @Option(.writeStall) var writeStall: String?
  @Option(.unsubscribeLinger) var unsubscribeLinger: String?
  @Option(.history) var history: String?
  @Option(.historyExcept) var historyExcept: String?
  @Option(.historyAge) var historyAge: String?
  @Option(.historyBytes) var historyBytes: String?
  @Option(.record) var record: String?
  @Option(.lastValue) var lastValue: String?
  @Option(.lastValueTopics) var lastValueTopics: String?
  @Option(.lastValueBytes) var lastValueBytes: String?
  @Option(.retainedWait) var retainedWait: String?
  @Option(.jwtSecret) var jwtSecret: String?
  @Option(.jwtSecretFile) var jwtSecretFile: String?
  @Option(.jwtAlgorithm) var jwtAlgorithm: String?
  @Option(.jwtKeyFile) var jwtKeyFile: String?
  @Option(.jwksFile) var jwksFile: String?
  @Option(.jwksURL) var jwksURL: String?
  @Option(.jwksCAFile) var jwksCAFile: String?
  @Option(.jwtIssuer) var jwtIssuer: String?
  @Option(.jwtAudience) var jwtAudience: String?
  @Option(.jwtLeeway) var jwtLeeway: String?
  @Option(.accessFile) var accessFile: String?
  @Option(.allowedOrigins) var allowedOrigins: String?
  @Option(.cookie) var cookie: String?
  @Option(.trustedProxies) var trustedProxies: String?
  @Option(.proxyHeader) var proxyHeader: String?
  @Option(.publishRate) var publishRate: String?
  @Option(.publishBurst) var publishBurst: String?
  @Option(.streamsPerCaller) var streamsPerCaller: String?
  @Option(.streamsPerAddress) var streamsPerAddress: String?
  @Option(.ticketKeyFile) var ticketKeyFile: String?
  @Option(.ticketTime) var ticketTime: String?
  @Option(.ticketLifetime) var ticketLifetime: String?
  @Option(.data) var data: String?
  @Option(.backups) var backups: String?
  @Option(.drainTimeout) var drainTimeout: String?
  @Option(.readyRequiresBroker) var readyRequiresBroker: String?
  @Option(.logLevel) var logLevel: String?
  @Option(.logFormat) var logFormat: String?
  @Option(.accessLog) var accessLog: String?

  /// The values given on the command line.
  var values: [SettingKey: String] {
    let all: [SettingKey: String?] = [
      .broker: broker,
      .clientID: clientID,
      .mqttVersion: mqttVersion,
      .keepAlive: keepAlive,
      .connectTimeout: connectTimeout,
      .username: username,
      .password: password,
      .passwordFile: passwordFile,
      .sessionExpiry: sessionExpiry,
      .inflight: inflight,
      .listen: listen,
      .adminListen: adminListen,
      .socketMode: socketMode,
      .proxyProtocol: proxyProtocol,
      .tlsCertificate: tlsCertificate,
      .tlsKey: tlsKey,
      .tlsClientCA: tlsClientCA,
      .tlsClientCertificates: tlsClientCertificates,
      .httpThreads: httpThreads,
      .connectionsPerAddress: connectionsPerAddress,
      .requestTimeout: requestTimeout,
      .basePath: basePath,
      .payloadBytes: payloadBytes,
      .defaultQoS: defaultQoS,
      .ackWait: ackWait,
      .expiresIn: expiresIn,
      .batchItemsMax: batchItemsMax,
      .batchBytesMax: batchBytesMax,
      .queueMessages: queueMessages,
      .queueBytes: queueBytes,
      .queueQoS0: queueQoS0,
      .properties: properties,
      .requireIdempotencyKey: requireIdempotencyKey,
      .idempotencyAge: idempotencyAge,
      .stamp: stamp,
      .uncertain: uncertain,
      .deadLetters: deadLetters,
      .deadLetterBytes: deadLetterBytes,
      .replyPrefix: replyPrefix,
      .requests: requests,
      .emqxAPI: emqxAPI,
      .traceContext: traceContext,
      .docs: docs, .console: console, .adminOnPublic: adminOnPublic,
      .mqttTunnel: mqttTunnel,
      .tunnelCredentials: tunnelCredentials,
      .tunnelClientIDs: tunnelClientIDs,
      .streams: streams,
      .topicsPerStream: topicsPerStream,
      .heartbeat: heartbeat,
      .ringBytes: ringBytes,
      .writeStall: writeStall,
      .unsubscribeLinger: unsubscribeLinger,
      .history: history,
      .historyExcept: historyExcept,
      .historyAge: historyAge,
      .historyBytes: historyBytes,
      .record: record,
      .lastValue: lastValue,
      .lastValueTopics: lastValueTopics,
      .lastValueBytes: lastValueBytes,
      .retainedWait: retainedWait,
      .jwtSecret: jwtSecret,
      .jwtSecretFile: jwtSecretFile,
      .jwtAlgorithm: jwtAlgorithm,
      .jwtKeyFile: jwtKeyFile,
      .jwksFile: jwksFile,
      .jwksURL: jwksURL,
      .jwksCAFile: jwksCAFile,
      .jwtIssuer: jwtIssuer,
      .jwtAudience: jwtAudience,
      .jwtLeeway: jwtLeeway,
      .accessFile: accessFile,
      .allowedOrigins: allowedOrigins,
      .cookie: cookie,
      .trustedProxies: trustedProxies,
      .proxyHeader: proxyHeader,
      .publishRate: publishRate,
      .publishBurst: publishBurst,
      .streamsPerCaller: streamsPerCaller,
      .streamsPerAddress: streamsPerAddress,
      .ticketKeyFile: ticketKeyFile,
      .ticketTime: ticketTime,
      .ticketLifetime: ticketLifetime,
      .data: data,
      .backups: backups,
      .drainTimeout: drainTimeout,
      .readyRequiresBroker: readyRequiresBroker,
      .logLevel: logLevel,
      .logFormat: logFormat,
      .accessLog: accessLog,
    ]
    return all.compactMapValues { $0 }
  }
}

extension Option where Value == String? {
  /// The flag of a setting, with the catalogue's explanation.
  fileprivate init(_ key: SettingKey) {
    let setting = SettingCatalogue.setting(key)
    let help = ArgumentHelp(
      "\(setting.explanation) (default: \(setting.defaultText))",
      valueName: setting.placeholder)
    self.init(name: .customLong(key.flag), help: help)
  }
}
