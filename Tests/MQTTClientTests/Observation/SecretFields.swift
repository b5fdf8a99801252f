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
        "servers", "session", "tls", "webSocket", "proxy", "connector", "prepareAttempt", "trace",
        "sessionStore",
      ],
      open: [
        "serverOrder", "network", "dialStagger", "writeStallTimeout", "closeTimeout",
        "outgoingBytesMax", "mailboxCapacity", "messagesPerTurn", "readBytes", "readsPerTurn",
      ]),
    SecretFields(
      "SessionOptions", "Options",
      secret: ["username", "password", "will", "connect", "authenticator", "redirect"],
      open: [
        "version", "clientID", "cleanStart", "unknownSession", "keepAlive", "isBridge",
        "authenticationTimeout", "allowsBrokerReauthentication", "inflightMaximum",
        "queuedPublishesMaximum", "queuedFiltersMaximum", "filtersPerPacketMaximum",
        "connectTimeout", "pingFraction", "pingTimeout", "acknowledgementTimeout", "reconnect",
        "receiveMaximumExcess", "resubscribe", "resubscribeRetainHandling", "packetIDOrder",
        "recordsReceived", "delivery",
      ]),
    SecretFields(
      "ProxyOptions", "Options", secret: ["username", "password", "tls"],
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
      secret: ["lastFailure", "servers", "username", "password", "tls", "webSocket", "proxy"],
      open: ["number"]),
    SecretFields(
      "Message", "", secret: ["payload", "properties"],
      open: ["topic", "qos", "isRetained", "isDuplicate"]),
  ]
}
