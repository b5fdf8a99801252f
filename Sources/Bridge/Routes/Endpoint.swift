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
  case page
}

/// What a route of the admin server does.
enum AdminEndpoint: Sendable {
  case live
  case ready
  case health
  case listDeadLetters
  case deadLetter
  case retryDeadLetter
  case deleteDeadLetter
  case deleteDeadLetters
}

extension Endpoint {
  /// Whether the configuration has the route switched on.
  func isServed(_ configuration: BridgeConfiguration) -> Bool {
    switch self {
    case .emqxPublish, .emqxPublishBulk: configuration.publishing.servesEMQX
    default: true
    }
  }
}

/// Every route there is; `openapi.yaml` describes exactly these.
enum RouteTable {
  static let routes: [Route<Endpoint>] = [
    Route("GET", "/", .page),
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
  ]

  static let adminRoutes: [Route<AdminEndpoint>] = [
    Route("GET", "/healthz/live", .live),
    Route("GET", "/healthz/ready", .ready),
    Route("GET", "/healthz", .health),
    Route("GET", "/admin/dead-letters", .listDeadLetters),
    Route("DELETE", "/admin/dead-letters", .deleteDeadLetters),
    Route("GET", "/admin/dead-letters/{id}", .deadLetter),
    Route("DELETE", "/admin/dead-letters/{id}", .deleteDeadLetter),
    Route("POST", "/admin/dead-letters/{id}/retry", .retryDeadLetter),
  ]
}
