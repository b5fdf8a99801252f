import Testing

/// The stored properties of an option type, so that a new one cannot be forgotten.
struct SecretFields: Sendable, CustomTestStringConvertible {
  let type: String
  /// What the sources declare.
  let found: Set<String>
  let known: Set<String>

  var testDescription: String { type }

  private init(_ type: String, _ folder: String, secret: [String], open: [String]) {
    self.type = type
    found = SourceFields.publicVariables(of: type, in: folder)
    known = Set(secret + open)
  }

  static let types: [SecretFields] = [
    SecretFields(
      "ClientOptions", "Options",
      secret: [
        "servers", "session", "webSocket", "proxy", "connector", "prepareAttempt", "trace",
      ],
      open: [
        "serverOrder", "network", "dialStagger", "writeStallTimeout", "closeTimeout",
        "outgoingBytesMax", "mailboxCapacity", "messagesPerTurn", "readBytes", "readsPerTurn",
      ]),
    SecretFields(
      "SessionOptions", "Options", secret: ["username", "password", "will", "connect"],
      open: [
        "version", "clientID", "cleanStart", "keepAlive", "inflightMaximum",
        "queuedPublishesMaximum", "queuedFiltersMaximum", "filtersPerPacketMaximum",
        "connectTimeout", "pingTimeout", "acknowledgementTimeout", "backoff", "resubscribe",
        "resubscribeRetainHandling", "packetIDOrder", "recordsReceived", "delivery",
      ]),
    SecretFields(
      "ProxyOptions", "Options", secret: ["username", "password"],
      open: ["kind", "host", "port", "exceptions"]),
    SecretFields(
      "WebSocketOptions", "Options", secret: ["headers", "path", "prepare"],
      open: [
        "subprotocols", "maximumFrameBytes", "maximumSentFrameBytes", "pingInterval",
        "pongTimeout", "compression",
      ]),
    SecretFields(
      "TLSOptions", "Options", secret: ["clientCertificate", "preSharedKey", "trust"],
      open: [
        "serverName", "serverNameIndication", "applicationProtocols", "minimumVersion",
        "maximumVersion", "cipherList", "cipherSuites", "securityLevel", "verifiesChain",
        "verifiesHostName", "pins", "revocationLists", "revocationScope", "requiresOCSPStapling",
        "resumesSessions", "provider", "keyLogFile",
      ]),
    SecretFields(
      "ConnectAttempt", "Options",
      secret: ["lastFailure", "servers", "username", "password", "webSocket", "proxy"],
      open: ["number"]),
    SecretFields(
      "Message", "", secret: ["payload", "properties"],
      open: ["topic", "qos", "isRetained", "isDuplicate"]),
  ]
}
