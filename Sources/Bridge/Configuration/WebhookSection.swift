import Webhooks
import Yams

/// Reads the section `webhooks` of the configuration file: names, and the settings of each.
struct WebhookSection {
  private static let webhooksMax = 100
  /// What the bridge itself says in each request.
  private static let ownHeaders: Set<String> = [
    "content-length", "content-type", "transfer-encoding", "connection", "expect", "host",
    "idempotency-key", "user-agent",
  ]

  private let place: String
  private(set) var webhooks: [WebhookConfiguration] = []
  private(set) var problems: [ConfigurationProblem] = []

  /// `place` is where the section stands, such as `bridge.yaml: webhooks`.
  init(_ node: Node, place: String) {
    self.place = place
    guard node.null == nil else { return }
    guard let mapping = node.mapping else {
      report("", "must be a mapping of names to webhooks")
      return
    }
    guard mapping.count <= Self.webhooksMax else {
      report("", "there may be \(Self.webhooksMax) at most")
      return
    }
    for (key, value) in mapping {
      guard let name = key.string, SubscriptionTerms.isName(name) else {
        report("", "the name of a webhook has letters, digits, dots, hyphens and underscores")
        continue
      }
      read(name, value)
    }
  }

  private mutating func report(_ path: String, _ message: String) {
    problems.append(ConfigurationProblem(place: path.isEmpty ? place : "\(place).\(path)", message))
  }

  private mutating func read(_ name: String, _ node: Node) {
    guard let mapping = node.mapping else { return report(name, "must be a mapping of settings") }
    var webhook = WebhookConfiguration(name: name)
    for (key, value) in mapping {
      let setting = key.string ?? "?"
      let path = "\(name).\(setting)"
      if setting == "headers" {
        readHeaders(value, path, &webhook)
      } else if let field = WebhookField.all.first(where: { $0.name == setting }) {
        guard value.null == nil else { continue }
        guard let text = Self.text(of: value, isList: setting == "topics") else {
          report(path, "must be a single value")
          continue
        }
        do throws(SettingError) {
          try field.read(text, &webhook)
        } catch {
          // A URL can hold a secret, so it is not repeated.
          let isShown = setting != "url" && setting != "proxy"
          report(path, "must be \(error.expected)" + (isShown ? ", not \"\(text)\"" : ""))
        }
      } else {
        report(path, "unknown setting" + (key.mark.map { " (line \($0.line))" } ?? ""))
      }
    }
    check(webhook, problemsBefore: problems.filter { $0.place.hasPrefix("\(place).\(name).") })
    webhooks.append(webhook)
  }

  private mutating func check(
    _ webhook: WebhookConfiguration, problemsBefore: [ConfigurationProblem]
  ) {
    let name = webhook.name
    func isFine(_ setting: String) -> Bool {
      !problemsBefore.contains { $0.place == "\(place).\(name).\(setting)" }
    }
    if webhook.topics.filters.isEmpty, isFine("topics") {
      report("\(name).topics", "must name at least one topic filter")
    }
    if webhook.url.isEmpty, isFine("url") { report("\(name).url", "must be given") }
    if webhook.queue.batchMax > 1, !webhook.body.isBatch {
      report("\(name).body", "must be array or ndjson where batch_max is more than 1")
    }
  }

  private mutating func readHeaders(
    _ node: Node, _ path: String, _ webhook: inout WebhookConfiguration
  ) {
    guard let mapping = node.mapping else {
      return report(path, "must be a mapping of names to values")
    }
    for (key, value) in mapping {
      let name = key.string ?? ""
      let isToken = !name.isEmpty && name.utf8.allSatisfy { Self.isTokenByte($0) }
      guard isToken else {
        report(path, "\"\(name)\" is not the name of a header")
        continue
      }
      let lowercased = name.lowercased()
      guard !Self.ownHeaders.contains(lowercased), !lowercased.hasPrefix("bridge-"),
        !lowercased.hasPrefix("mqtt-")
      else {
        report("\(path).\(name)", "is set by the bridge itself")
        continue
      }
      guard value.null == nil, let text = value.scalar?.string, !text.isEmpty,
        text.utf8.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 })
      else {
        report("\(path).\(name)", "must be a text of visible ASCII characters")
        continue
      }
      webhook.headers.append(.init(name: name, value: Secret(text)))
    }
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// A single value, or a list of texts with blanks between them.
  private static func text(of node: Node, isList: Bool) -> String? {
    if let scalar = node.scalar { return scalar.string }
    guard isList, let sequence = node.sequence else { return nil }
    let texts = sequence.compactMap { $0.scalar?.string }
    guard texts.count == sequence.count, !texts.contains(where: { $0.contains(" ") }) else {
      return nil
    }
    return texts.joined(separator: " ")
  }
}
