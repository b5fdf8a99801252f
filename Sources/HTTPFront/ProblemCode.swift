/// Every error this server answers with, once: its name on the wire, its status and its title.
package enum ProblemCode: String, CaseIterable, Sendable {
  case tokenMissing = "token-missing"
  case tokenInvalid = "token-invalid"
  case tokenExpired = "token-expired"
  case topicForbidden = "topic-forbidden"
  case filterForbidden = "filter-forbidden"
  case qosForbidden = "qos-forbidden"
  case retainForbidden = "retain-forbidden"
  case requestForbidden = "request-forbidden"
  case historyForbidden = "history-forbidden"
  case adminForbidden = "admin-forbidden"
  case originForbidden = "origin-forbidden"
  case rateLimited = "rate-limited"
  case badJSON = "bad-json"
  case badBase64 = "bad-base64"
  case badHeader = "bad-header"
  case badEventID = "bad-event-id"
  case badParameter = "bad-parameter"
  case unknownParameter = "unknown-parameter"
  case missingTopic = "missing-topic"
  case topicInvalid = "topic-invalid"
  case topicRejected = "topic-rejected"
  case filterInvalid = "filter-invalid"
  case emptyBatch = "empty-batch"
  case idempotencyKeyMissing = "idempotency-key-missing"
  case brokerNotAuthorized = "broker-not-authorized"
  case notFound = "not-found"
  case messageUnknown = "message-unknown"
  case noRetainedMessage = "no-retained-message"
  case subscriptionUnknown = "subscription-unknown"
  case subscriptionInUse = "subscription-in-use"
  case connectionUnknown = "connection-unknown"
  case backupRunning = "backup-running"
  case methodNotAllowed = "method-not-allowed"
  case notAcceptable = "not-acceptable"
  case bodyTimeout = "body-timeout"
  case payloadTooLarge = "payload-too-large"
  case batchTooLarge = "batch-too-large"
  case uriTooLong = "uri-too-long"
  case unsupportedMediaType = "unsupported-media-type"
  case qosNotSupported = "qos-not-supported"
  case retainNotAvailable = "retain-not-available"
  case wildcardNotAvailable = "wildcard-not-available"
  case sharedNotAvailable = "shared-not-available"
  case payloadFormatInvalid = "payload-format-invalid"
  case idempotencyKeyReused = "idempotency-key-reused"
  case mqtt5Required = "mqtt5-required"
  case upgradeRequired = "upgrade-required"
  case tooManyConnections = "too-many-connections"
  case tooManySubscriptions = "too-many-subscriptions"
  case tooManyRequestsOutstanding = "too-many-requests-outstanding"
  case headersTooLarge = "headers-too-large"
  case `internal` = "internal"
  case brokerRejected = "broker-rejected"
  case deliveryUncertain = "delivery-uncertain"
  case brokerUnavailable = "broker-unavailable"
  case brokerQuotaExceeded = "broker-quota-exceeded"
  case queueFull = "queue-full"
  case storeBusy = "store-busy"
  case draining = "draining"
  case messageExpired = "message-expired"
  case replyTimeout = "reply-timeout"
  case diskFull = "disk-full"

  package var status: Int {
    switch self {
    case .badJSON, .badBase64, .badHeader, .badEventID, .badParameter, .unknownParameter,
      .missingTopic, .topicInvalid, .topicRejected, .filterInvalid, .idempotencyKeyMissing,
      .emptyBatch:
      400
    case .tokenMissing, .tokenInvalid, .tokenExpired: 401
    case .brokerNotAuthorized, .topicForbidden, .filterForbidden, .qosForbidden, .retainForbidden,
      .requestForbidden, .historyForbidden, .adminForbidden, .originForbidden:
      403
    case .notFound, .messageUnknown, .subscriptionUnknown, .connectionUnknown, .noRetainedMessage:
      404
    case .methodNotAllowed: 405
    case .notAcceptable: 406
    case .bodyTimeout: 408
    case .subscriptionInUse, .backupRunning: 409
    case .payloadTooLarge, .batchTooLarge: 413
    case .uriTooLong: 414
    case .unsupportedMediaType: 415
    case .qosNotSupported, .retainNotAvailable, .wildcardNotAvailable, .sharedNotAvailable,
      .payloadFormatInvalid, .idempotencyKeyReused, .mqtt5Required:
      422
    case .upgradeRequired: 426
    case .tooManyConnections, .tooManySubscriptions, .tooManyRequestsOutstanding, .rateLimited: 429
    case .headersTooLarge: 431
    case .internal: 500
    case .brokerRejected, .deliveryUncertain: 502
    case .brokerUnavailable, .brokerQuotaExceeded, .queueFull, .storeBusy, .draining: 503
    case .messageExpired, .replyTimeout: 504
    case .diskFull: 507
    }
  }

  package var title: String {
    switch self {
    case .tokenMissing: "Nobody is logged in"
    case .tokenInvalid: "Credential cannot be used"
    case .tokenExpired: "Credential has expired"
    case .topicForbidden: "Topic is not allowed"
    case .filterForbidden: "Topic filter is not allowed"
    case .qosForbidden: "QoS is not allowed"
    case .retainForbidden: "Retained messages are not allowed"
    case .requestForbidden: "Requests are not allowed"
    case .historyForbidden: "Messages of the past are not allowed"
    case .adminForbidden: "Administration is not allowed"
    case .originForbidden: "Origin is not allowed"
    case .rateLimited: "Too many messages"
    case .badJSON: "Body is not the JSON expected here"
    case .badBase64: "Text is not valid base64"
    case .badHeader: "Header cannot be understood"
    case .badEventID: "Event id cannot be understood"
    case .badParameter: "Parameter has a value that cannot be used"
    case .unknownParameter: "Parameter is not known"
    case .missingTopic: "No topic given"
    case .topicInvalid: "Topic is not a valid topic name"
    case .topicRejected: "Broker refused the topic name"
    case .filterInvalid: "Topic filter is not valid"
    case .emptyBatch: "Batch has no message"
    case .idempotencyKeyMissing: "Idempotency key is missing"
    case .brokerNotAuthorized: "Broker does not allow this"
    case .notFound: "Nothing is here"
    case .messageUnknown: "No such message"
    case .noRetainedMessage: "No retained message"
    case .subscriptionUnknown: "No such subscription"
    case .subscriptionInUse: "Subscription has a consumer"
    case .connectionUnknown: "No such connection"
    case .backupRunning: "Backup is being made"
    case .methodNotAllowed: "Method is not allowed here"
    case .notAcceptable: "No acceptable representation"
    case .bodyTimeout: "Request took too long to arrive"
    case .payloadTooLarge: "Body is too large"
    case .batchTooLarge: "Batch is too large"
    case .uriTooLong: "URI is too long"
    case .unsupportedMediaType: "Content type is not supported here"
    case .qosNotSupported: "Broker does not support this QoS"
    case .retainNotAvailable: "Broker does not retain messages"
    case .wildcardNotAvailable: "Broker does not allow wildcard subscriptions"
    case .sharedNotAvailable: "Broker does not allow shared subscriptions"
    case .payloadFormatInvalid: "Payload does not match its declared format"
    case .idempotencyKeyReused: "Idempotency key was used for another publish"
    case .mqtt5Required: "Broker connection does not speak MQTT 5"
    case .upgradeRequired: "Only a WebSocket is here"
    case .tooManyConnections: "Too many connections"
    case .tooManySubscriptions: "Too many subscriptions"
    case .tooManyRequestsOutstanding: "Too many requests wait for their answer"
    case .headersTooLarge: "Header fields are too large"
    case .internal: "Something went wrong here"
    case .brokerRejected: "Broker refused the message"
    case .deliveryUncertain: "Nobody can tell whether the broker has the message"
    case .brokerUnavailable: "Broker is not connected"
    case .brokerQuotaExceeded: "Broker quota is exceeded"
    case .queueFull: "Queue is full"
    case .storeBusy: "Store is busy"
    case .draining: "Server is shutting down"
    case .messageExpired: "Message expired before it was delivered"
    case .replyTimeout: "No reply came in time"
    case .diskFull: "Disk is full"
    }
  }
}
