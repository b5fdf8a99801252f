import Configuration
import FoundationEssentials

/// The settings of one origin: the flags, the environment or the file.
struct ConfigurationLayer {
  private let snapshot: any ConfigSnapshot
  private let keys: Set<SettingKey>
  private let prefix: [String]
  private let place: (SettingKey) -> SettingSource

  /// The flags of the command line.
  init(flags: [SettingKey: String]) {
    let values = flags.map { key, text in
      (AbsoluteConfigKey([key.rawValue]), ConfigValue(.string(text), isSecret: false))
    }
    keys = Set(flags.keys)
    snapshot = InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values)).snapshot()
    prefix = []
    place = { .flag($0) }
  }

  /// The environment; an empty variable counts as one that is not set.
  init(environment: [String: String]) {
    let values = environment.filter { !$0.value.isEmpty }
    keys = Set(SettingKey.allCases)
    snapshot = EnvironmentVariablesProvider(environmentVariables: values).snapshot()
    prefix = ["mqtt", "bridge"]
    place = { .variable($0.variable) }
  }

  /// These keys of a YAML file's text.
  init(yaml: Data, path: String, keys: Set<SettingKey>) throws {
    snapshot =
      keys.isEmpty
      ? InMemoryProvider(values: [:]).snapshot()
      : try YAMLSnapshot(data: yaml.bytes, providerName: path, parsingOptions: .default)
    self.keys = keys
    prefix = []
    place = { .file(path: path, key: $0.rawValue) }
  }

  /// The text of a setting and where it stands, or nil when this origin leaves it open.
  func value(of key: SettingKey) throws -> (text: String, source: SettingSource)? {
    guard keys.contains(key) else { return nil }
    let path = AbsoluteConfigKey(prefix + [key.rawValue])
    let found = try snapshot.value(forKey: path, type: .string).value
    guard case .string(let text)? = found?.content else { return nil }
    return (text, place(key))
  }
}
