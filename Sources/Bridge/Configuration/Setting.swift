/// One setting: its name, its place in the configuration, and its explanation for users.
struct Setting: Sendable {
  let key: SettingKey
  /// What a value looks like, such as `HOST:PORT`.
  let placeholder: String
  /// One sentence for the help: what it does, with its reason where it is not plain.
  let explanation: String
  /// The default as users would write it.
  let defaultText: String
  let isSecret: Bool

  private let read: @Sendable (String, inout BridgeConfiguration) throws(SettingError) -> Void
  private let write: @Sendable (BridgeConfiguration) -> String
  private let hide: @Sendable (BridgeConfiguration) -> [String]
  private let copyValue: @Sendable (BridgeConfiguration, inout BridgeConfiguration) -> Void

  /// A setting of any value of its type.
  init<Value: SettingValue>(
    _ key: SettingKey, _ path: any WritableKeyPath<BridgeConfiguration, Value> & Sendable,
    default defaultText: String? = nil, _ explanation: String
  ) {
    self.init(key, path, defaultText, explanation) { _ throws(SettingError) in }
  }

  /// A setting whose value lies within bounds.
  init<Value: SettingValue & Comparable>(
    _ key: SettingKey, _ path: any WritableKeyPath<BridgeConfiguration, Value> & Sendable,
    in bounds: ClosedRange<Value>, default defaultText: String? = nil, _ explanation: String
  ) {
    self.init(key, path, defaultText, explanation) { value throws(SettingError) in
      guard bounds.contains(value) else {
        let (low, high) = (bounds.lowerBound.settingText, bounds.upperBound.settingText)
        throw SettingError(expected: "between \(low) and \(high)")
      }
    }
  }

  private init<Value: SettingValue>(
    _ key: SettingKey, _ path: any WritableKeyPath<BridgeConfiguration, Value> & Sendable,
    _ defaultText: String?, _ explanation: String,
    check: @escaping @Sendable (Value) throws(SettingError) -> Void
  ) {
    self.key = key
    self.placeholder = Value.placeholder
    self.explanation = explanation + (key.isReloadable ? " Reloadable." : "")
    self.isSecret = Value.self == Secret?.self
    self.defaultText = defaultText ?? BridgeConfiguration()[keyPath: path].settingText
    self.read = { text, configuration throws(SettingError) in
      let value = try Value(settingText: text)
      try check(value)
      configuration[keyPath: path] = value
    }
    self.write = { $0[keyPath: path].settingText }
    self.hide = { $0[keyPath: path].hiddenParts }
    self.copyValue = { $1[keyPath: path] = $0[keyPath: path] }
  }

  /// Reads the text into the configuration.
  func apply(_ text: String, to configuration: inout BridgeConfiguration) throws(SettingError) {
    try read(text, &configuration)
  }

  /// The value as users would write it; empty when there is none, hidden when it is a secret.
  func text(in configuration: BridgeConfiguration) -> String { write(configuration) }

  /// Gives a configuration this setting's value of another one.
  func copy(from source: BridgeConfiguration, to target: inout BridgeConfiguration) {
    copyValue(source, &target)
  }

  /// Whether two configurations have different values, as far as their texts tell.
  func differs(_ one: BridgeConfiguration, _ other: BridgeConfiguration) -> Bool {
    write(one) != write(other)
  }

  /// Names the parts of the value that `text` leaves out because they are secrets.
  func hiddenParts(in configuration: BridgeConfiguration) -> [String] { hide(configuration) }
}
