import HTTPFront

/// What a route of the public server does.
enum Endpoint: Sendable {
  case publish
  case publishToTopic
  case retainInTopic
  case clearTopic
  case publishBatch
  case emqxPublish
  case emqxPublishBulk
  case request
  case readTopic
  case listRetained
  case message
  case subscribe
  case history
  case listSubscriptions
  case putSubscription
  case getSubscription
  case deleteSubscription
  case acknowledge
  case ticket
  case socket
  case tunnel
  case page
  case docs
  case openAPIYAML
  case openAPIJSON
  case consoleEntry
  case console
  case consoleFile
  case library
  case libraryTypes

  /// Whether everybody may have it; every other route needs a caller, and asks what that one may do.
  var isFree: Bool {
    switch self {
    case .page, .docs, .openAPIYAML, .openAPIJSON, .consoleEntry, .console, .consoleFile, .library,
      .libraryTypes:
      true
    case .publish, .publishToTopic, .retainInTopic, .clearTopic, .message, .subscribe, .history,
      .listSubscriptions, .putSubscription, .getSubscription, .deleteSubscription, .acknowledge,
      .ticket, .socket, .tunnel, .publishBatch, .emqxPublish, .emqxPublishBulk, .request,
      .readTopic,
      .listRetained:
      false
    }
  }

  /// Whether a ticket is good here.
  var takesTicket: Bool { self == .subscribe || self == .socket || self == .tunnel }
}

/// What a route of the admin server does.
enum AdminEndpoint: Sendable {
  case live
  case ready
  case health
  case metrics
  case status
  case connections
  case disconnect
  case queue
  case drain
  case endDrain
  case backup
  case listDeadLetters
  case deadLetter
  case retryDeadLetter
  case deleteDeadLetter
  case deleteDeadLetters

  /// Whether everybody may have it; the rest is for callers with the right `admin`.
  var isFree: Bool {
    switch self {
    case .live, .ready: true
    case .health, .metrics, .status, .connections, .disconnect, .queue, .drain, .endDrain, .backup,
      .listDeadLetters, .deadLetter, .retryDeadLetter, .deleteDeadLetter, .deleteDeadLetters:
      false
    }
  }
}

extension Endpoint {
  /// Whether the configuration has the route switched on.
  func isServed(_ configuration: BridgeConfiguration) -> Bool {
    switch self {
    case .emqxPublish, .emqxPublishBulk: configuration.publishing.servesEMQX
    case .docs, .openAPIYAML, .openAPIJSON: configuration.http.servesDocs
    case .consoleEntry, .console, .consoleFile: configuration.http.servesConsole
    case .tunnel: configuration.tunnel.isOn
    default: true
    }
  }
}

/// Every route there is; `openapi.yaml` describes exactly these.
enum RouteTable {
  static let routes: [Route<Endpoint>] = [
    Route("GET", "/", .page),
    Route("GET", "/docs", .docs),
    Route("GET", "/openapi.yaml", .openAPIYAML),
    Route("GET", "/openapi.json", .openAPIJSON),
    Route("GET", "/ui", .consoleEntry),
    Route("GET", "/ui/", .console),
    Route("GET", "/ui/{file}", .consoleFile),
    Route("GET", "/mqtt-bridge.js", .library),
    Route("GET", "/mqtt-bridge.d.ts", .libraryTypes),
    Route("POST", "/publish", .publish),
    Route("POST", "/publish/batch", .publishBatch),
    Route("POST", "/publish/bulk", .publishBatch),
    Route("POST", "/api/v5/publish", .emqxPublish),
    Route("POST", "/api/v5/publish/bulk", .emqxPublishBulk),
    Route("POST", "/topics/{topic...}", .publishToTopic),
    Route("PUT", "/topics/{topic...}", .retainInTopic),
    Route("DELETE", "/topics/{topic...}", .clearTopic),
    Route("POST", "/request", .request),
    Route("GET", "/topics/{topic...}", .readTopic),
    Route("GET", "/topics", .readTopic),
    Route("GET", "/retained", .listRetained),
    Route("GET", "/messages/{id}", .message),
    Route("GET", "/subscribe", .subscribe),
    Route("QUERY", "/subscribe", .subscribe),
    Route("POST", "/subscribe", .subscribe),
    Route("GET", "/history", .history),
    Route("GET", "/subscriptions", .listSubscriptions),
    Route("PUT", "/subscriptions/{name}", .putSubscription),
    Route("GET", "/subscriptions/{name}", .getSubscription),
    Route("DELETE", "/subscriptions/{name}", .deleteSubscription),
    Route("POST", "/subscriptions/{name}/ack", .acknowledge),
    Route("POST", "/ticket", .ticket),
    Route("GET", "/ws", .socket),
    Route("GET", "/mqtt", .tunnel),
  ]

  static let adminRoutes: [Route<AdminEndpoint>] = [
    Route("GET", "/healthz/live", .live),
    Route("GET", "/healthz/ready", .ready),
    Route("GET", "/healthz", .health),
    Route("GET", "/metrics", .metrics),
    Route("GET", "/admin/status", .status),
    Route("GET", "/admin/connections", .connections),
    Route("DELETE", "/admin/connections/{id}", .disconnect),
    Route("GET", "/admin/queue", .queue),
    Route("POST", "/admin/drain", .drain),
    Route("DELETE", "/admin/drain", .endDrain),
    Route("POST", "/admin/backup", .backup),
    Route("GET", "/admin/dead-letters", .listDeadLetters),
    Route("DELETE", "/admin/dead-letters", .deleteDeadLetters),
    Route("GET", "/admin/dead-letters/{id}", .deadLetter),
    Route("DELETE", "/admin/dead-letters/{id}", .deleteDeadLetter),
    Route("POST", "/admin/dead-letters/{id}/retry", .retryDeadLetter),
  ]
}
