/// The configuration in effect, and where each of its values comes from.
struct LoadedConfiguration: Sendable {
  let configuration: BridgeConfiguration
  private let sources: [SettingKey: SettingSource]

  init(_ configuration: BridgeConfiguration, sources: [SettingKey: SettingSource]) {
    self.configuration = configuration
    self.sources = sources
  }

  func source(of key: SettingKey) -> SettingSource { sources[key] ?? .builtIn }

  /// All settings as a configuration file, with the source of each as a comment and secrets hidden.
  var report: String {
    SettingCatalogue.all.map { setting in
      let text = setting.text(in: configuration)
      let source = source(of: setting.key)
      guard !text.isEmpty else {
        return "# \(setting.key.rawValue): \(setting.defaultText)  # \(source)\n"
      }
      let mark = setting.isSecret ? "# " : ""
      let hidden = setting.hiddenParts(in: configuration).joined(separator: ", ")
      let note = hidden.isEmpty ? "" : " (hidden: \(hidden))"
      return "\(mark)\(setting.key.rawValue): \(Self.quoted(text))  # \(source)\(note)\n"
    }.joined() + webhookReport
  }

  /// A value as YAML reads it back: in quotes unless it is made of harmless characters.
  static func quoted(_ text: String) -> String {
    let isPlain = text.allSatisfy { character in
      character.isASCII && (character.isLetter || character.isNumber || "-./:_".contains(character))
    }
    let startsPlain = text.first.map { $0.isLetter || $0.isNumber || $0 == "/" } ?? false
    guard isPlain, startsPlain, text.last != ":", text.lowercased() != "null" else {
      return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
    return text
  }
}
