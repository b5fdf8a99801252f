import HTTPClient
import MQTTClient
import Webhooks

/// One webhook, as the section `webhooks` of the configuration file describes it.
struct WebhookConfiguration: Equatable, Sendable {
  /// What the body of a request is.
  enum Body: String, SettingChoice {
    /// One message as the JSON object that streams have.
    case envelope
    /// One payload, with the rest in fields.
    case payload
    /// A JSON array of such objects.
    case array
    /// Such objects, one on each line.
    case ndjson

    var word: String { rawValue }
    /// Whether a request can carry several messages.
    var isBatch: Bool { self == .array || self == .ndjson }
  }

  enum Method: String, SettingChoice {
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"

    var word: String { rawValue }
  }

  /// A field of every request; its value may be a secret.
  struct Header: Equatable, Sendable {
    let name: String
    let value: Secret
  }

  let name: String
  var topics = TopicFilterList.none
  var maximumQoS = QoS.exactlyOnce
  var url = ""
  var method = Method.post
  var headers: [Header] = []
  var secretFile: String?
  /// The content of that file: signs every request.
  var secret: Secret?
  /// Nil is `envelope`, or `array` where a request may have several messages.
  var bodyChoice: Body?
  var request = RequestTerms()
  var queue = QueueTerms()
  /// How long messages are kept for it that it has not got.
  var maximumAge = Duration.seconds(7 * 86_400)

  init(name: String) { self.name = name }

  var body: Body { bodyChoice ?? (queue.batchMax > 1 ? .array : .envelope) }

  /// What it subscribes to, as a named subscription would say it.
  var terms: SubscriptionTerms {
    SubscriptionTerms(filters: topics.filters, maximumQoS: maximumQoS, maximumAge: maximumAge)
  }
}

/// The name of a webhook's row among the subscriptions: with a colon, which requests cannot name.
struct WebhookName: Hashable, Sendable {
  private static let prefix = "webhook:"

  let text: String

  init(_ text: String) { self.text = text }

  /// Nil for the row of a named subscription.
  init?(row: String) {
    guard row.hasPrefix(Self.prefix) else { return nil }
    text = String(row.dropFirst(Self.prefix.count))
  }

  var row: String { Self.prefix + text }
}
