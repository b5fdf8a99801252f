import FoundationEssentials
import Yams

/// The YAML file of settings: one mapping of names to single values.
struct ConfigurationFile {
  /// The settings that the file has values for; nil when it cannot be read as settings.
  let layer: ConfigurationLayer?
  /// The section `webhooks`, which is a mapping and no single value.
  let webhooks: [WebhookConfiguration]
  /// Where that section stands.
  let webhooksPlace: String
  /// What else stands in the file.
  let problems: [ConfigurationProblem]

  /// Reads a file and looks for anything but known settings with single values.
  init(path: String) throws(ConfigurationProblems) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Self.problem(path, "this file cannot be read")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw Self.problem(path, "this file is not UTF-8 text")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw Self.problem(path, "this file is not valid YAML\(Self.explanation(error))")
    }
    let entries = try Self.entries(of: root, path)
    let section = entries.first { $0.0.string == Self.webhooks }
    webhooksPlace = "\(path): \(Self.webhooks)"
    let read = section.map { WebhookSection($0.1, place: "\(path): \(Self.webhooks)") }
    webhooks = read?.webhooks ?? []
    problems =
      entries.filter { $0.0.string != Self.webhooks }
      .compactMap { key, value in Self.problem(key, value, path) } + (read?.problems ?? [])
    // A key without a value is one that is not set.
    let values = entries.filter { $0.1.scalar != nil && !Self.isEmpty($0.1) }
    let keys = Set(values.compactMap(\.0.string).compactMap(SettingKey.init))
    let layer = try? ConfigurationLayer(yaml: data, path: path, keys: keys)
    guard layer != nil || !problems.isEmpty else {
      throw Self.problem(path, "this file cannot be read as settings")
    }
    self.layer = layer
  }

  private static let webhooks = "webhooks"

  private static func entries(
    of root: Node?, _ path: String
  ) throws(ConfigurationProblems) -> [(Node, Node)] {
    guard let root, !isEmpty(root) else { return [] }
    guard let mapping = root.mapping else {
      throw problem(path, "this file must consist of lines such as listen: 127.0.0.1:8080")
    }
    return mapping.map { ($0.key, $0.value) }
  }

  private static func problem(_ key: Node, _ value: Node, _ path: String) -> ConfigurationProblem? {
    let line = key.mark.map { " (line \($0.line))" } ?? ""
    guard let name = key.string, SettingKey(rawValue: name) != nil else {
      let name = key.string ?? "a key that is not a text"
      return ConfigurationProblem(place: "\(path): \(name)", "unknown setting\(line)")
    }
    guard value.scalar != nil else {
      return ConfigurationProblem(place: "\(path): \(name)", "must be a single value\(line)")
    }
    return nil
  }

  private static func isEmpty(_ node: Node) -> Bool { node.null != nil }

  private static func problem(_ path: String, _ message: String) -> ConfigurationProblems {
    ConfigurationProblems(list: [ConfigurationProblem(place: path, message)])
  }

  /// The line and what the parser says of it, without the text itself, which may hold a secret.
  private static func explanation(_ error: any Error) -> String {
    guard let error = error as? YamlError else { return "" }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return " at line \(mark.line): \(problem)"
    case .duplicatedKeysInMapping(let duplicates, _):
      return ": \(duplicates.map(\.description).joined(separator: ", ")) stands there twice"
    default: return ""
    }
  }
}
