import FoundationEssentials
import HTTPClient
import MQTTClient
import Webhooks

/// What the webhooks need beside their section of the file.
extension ConfigurationLoader {
  /// Checks the webhooks against the other settings, and reads their files.
  mutating func readWebhooks(_ place: String) {
    for index in configuration.webhooks.indices {
      let webhook = configuration.webhooks[index]
      let place = "\(place).\(webhook.name)"
      for filter in webhook.topics.filters
      where filter.isShared || !configuration.history.filter.keepsAll(of: filter) {
        let message =
          "history does not keep all of '\(filter.text)', and a webhook is fed from it: settings "
          + "history, history_except"
        problems.append(ConfigurationProblem(place: "\(place).topics", message))
      }
      if let path = webhook.request.authorities,
        !FileManager.default.isReadableFile(atPath: path)
      {
        let message = "the file \"\(path)\" cannot be read"
        problems.append(ConfigurationProblem(place: "\(place).ca_file", message))
      }
      guard let path = webhook.secretFile else { continue }
      guard let data = FileManager.default.contents(atPath: path),
        var text = String(data: data, encoding: .utf8)
      else {
        let message = "the file \"\(path)\" cannot be read as text"
        problems.append(ConfigurationProblem(place: "\(place).secret_file", message))
        continue
      }
      if text.last?.isNewline == true { text.removeLast() }
      guard !text.isEmpty else {
        let message = "the file \"\(path)\" is empty"
        problems.append(ConfigurationProblem(place: "\(place).secret_file", message))
        continue
      }
      configuration.webhooks[index].secret = Secret(text)
    }
  }
}

extension LoadedConfiguration {
  /// The webhooks as a section of a configuration file; what may be a secret is left out.
  var webhookReport: String {
    guard !configuration.webhooks.isEmpty else { return "" }
    var text = "webhooks:\n"
    for webhook in configuration.webhooks {
      text += "  \(webhook.name):\n"
      for field in WebhookField.all {
        let value = field.write(webhook)
        guard !value.isEmpty else { continue }
        let shown = field.name == "url" || field.name == "proxy" ? WebhookURL.shown(value) : value
        let note = shown == value ? "" : "  # (hidden: query)"
        text += "    \(field.name): \(Self.quoted(shown))\(note)\n"
      }
      for header in webhook.headers { text += "    # headers.\(header.name): \(header.value)\n" }
    }
    return text
  }
}
