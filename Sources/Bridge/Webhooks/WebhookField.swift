import HTTPClient
import MQTTClient
import Webhooks

/// One setting of a webhook: its name, its place in the configuration, and words for users.
///
/// A test compares these with `docs/webhooks.md`.
struct WebhookField: Sendable {
  let name: String
  let defaultText: String
  let explanation: String
  let read: @Sendable (String, inout WebhookConfiguration) throws(SettingError) -> Void
  let write: @Sendable (WebhookConfiguration) -> String

  private init<Value: SettingValue>(
    _ name: String, _ path: any WritableKeyPath<WebhookConfiguration, Value> & Sendable,
    default defaultText: String? = nil, _ explanation: String,
    check: @escaping @Sendable (Value) throws(SettingError) -> Void = {
      _ throws(SettingError) in
    }
  ) {
    self.name = name
    self.explanation = explanation
    self.defaultText =
      defaultText ?? WebhookConfiguration(name: "")[keyPath: path].settingText
    read = { text, configuration throws(SettingError) in
      let value = try Value(settingText: text)
      try check(value)
      configuration[keyPath: path] = value
    }
    write = { $0[keyPath: path].settingText }
  }

  private init<Value: SettingValue & Comparable>(
    _ name: String, _ path: any WritableKeyPath<WebhookConfiguration, Value> & Sendable,
    in bounds: ClosedRange<Value>, _ explanation: String
  ) {
    self.init(name, path, explanation) { value throws(SettingError) in
      guard bounds.contains(value) else {
        let (low, high) = (bounds.lowerBound.settingText, bounds.upperBound.settingText)
        throw SettingError(expected: "between \(low) and \(high)")
      }
    }
  }

  /// Every setting but `headers`, which is a mapping.
  static let all: [WebhookField] = [
    WebhookField(
      "topics", \.topics, default: "must be given",
      "Topic filters of the messages that it gets, as a text or a list."),
    WebhookField(
      "qos", \.maximumQoS,
      "The highest QoS at which the broker sends them. One of `0`, `1`, `2`."),
    WebhookField("url", \.url, default: "must be given", "The receiver, by http or https.") {
      url throws(SettingError) in
      try WebhookURL.check(url)
    },
    WebhookField(
      "method", \.method, "The method of the requests. One of `POST`, `PUT`, `PATCH`."),
    WebhookField(
      "secret_file", \.secretFile, default: "none",
      "A file with the secret that requests are signed with."),
    WebhookField(
      "body", \.bodyChoice, default: "envelope or array",
      "What the body is. One of `envelope`, `payload`, `array`, `ndjson`."),
    WebhookField(
      "batch_max", \.queue.batchMax, in: 1...1000, "The most messages of one request."),
    WebhookField(
      "batch_wait", \.queue.batchWait, in: .zero ... .seconds(60),
      "How long a message waits for others to go with it."),
    WebhookField(
      "parallel", \.queue.parallel, in: 1...64,
      "Requests under way at a time; more than 1 gives up the order."),
    WebhookField(
      "connect_timeout", \.request.connectTimeout, in: .milliseconds(100) ... .seconds(300),
      "How long connecting may take."),
    WebhookField(
      "timeout", \.request.timeout, in: .milliseconds(100) ... .seconds(3600),
      "How long a request may take in all."),
    WebhookField(
      "retry_for", \.queue.retry.limit, in: .zero ... .seconds(30 * 86_400),
      "How long a request is tried before it is a dead letter."),
    WebhookField(
      "max_age", \.maximumAge, in: .seconds(1) ... .seconds(3650 * 86_400),
      "How long messages are kept for a receiver that is away, whatever history_age says."),
    WebhookField(
      "ca_file", \.request.authorities, default: "the system's",
      "A PEM file of the authorities that count instead of the system's."),
    WebhookField("proxy", \.request.proxy, default: "none", "The proxy, by http or https.") {
      proxy throws(SettingError) in
      if let proxy { try WebhookURL.check(proxy) }
    },
  ]
}

/// The URLs that a webhook may have.
enum WebhookURL {
  /// Refuses other schemes than HTTP, and secrets that a log of a URL would show.
  static func check(_ text: String) throws(SettingError) {
    let expected = "a URL such as https://receiver.example/path"
    let scheme = text.prefix { $0 != ":" }.lowercased()
    guard scheme == "http" || scheme == "https",
      text.dropFirst(scheme.count).hasPrefix("://"),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("#")
    else { throw SettingError(expected: expected) }
    let authority = text.dropFirst(scheme.count + 3).prefix { !"/?".contains($0) }
    guard !authority.isEmpty, !authority.hasPrefix(":") else {
      throw SettingError(expected: expected)
    }
    guard !authority.contains("@") else {
      throw SettingError(expected: "a URL without a user name; use headers for a credential")
    }
  }

  /// The URL without its query, which may hold a secret.
  static func shown(_ text: String) -> String { String(text.prefix { $0 != "?" }) }
}
