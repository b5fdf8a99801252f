import MQTTClient

/// Why a text is not a value of its setting: what would be one.
struct SettingError: Error, Equatable {
  /// What was expected, to be read after "must be".
  let expected: String
}

/// A type that a setting can have: it is read from text and written as text.
protocol SettingValue: Sendable {
  /// What the text looks like, for the help, such as `HOST:PORT`.
  static var placeholder: String { get }
  init(settingText text: String) throws(SettingError)
  /// The text that reads back as the same value, but for what is hidden.
  var settingText: String { get }
  /// Names the parts of the value that its text hides because they are secrets.
  var hiddenParts: [String] { get }
}

extension SettingValue {
  var hiddenParts: [String] { [] }
}

extension String: SettingValue {
  static var placeholder: String { "TEXT" }

  init(settingText text: String) throws(SettingError) {
    guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
      throw SettingError(expected: "a text that is not empty and has no control characters")
    }
    self = text
  }

  var settingText: String { self }
}

extension Secret: SettingValue {
  static var placeholder: String { "SECRET" }

  init(settingText text: String) throws(SettingError) {
    guard !text.isEmpty else { throw SettingError(expected: "a text that is not empty") }
    self.init(text)
  }

  var settingText: String { description }
}

extension Int: SettingValue {
  static var placeholder: String { "NUMBER" }

  init(settingText text: String) throws(SettingError) {
    guard let number = Int(text) else { throw SettingError(expected: "a whole number") }
    self = number
  }

  var settingText: String { String(self) }
}

extension Bool: SettingValue {
  static var placeholder: String { "true|false" }

  init(settingText text: String) throws(SettingError) {
    switch text {
    case "true": self = true
    case "false": self = false
    default: throw SettingError(expected: "true or false")
    }
  }

  var settingText: String { String(self) }
}

extension ByteCount: SettingValue {
  static var placeholder: String { "SIZE" }

  init(settingText text: String) throws(SettingError) {
    guard let count = Self(text) else {
      throw SettingError(expected: "a number of bytes, or one with KiB, MiB, GiB or TiB")
    }
    self = count
  }

  var settingText: String { description }
}

extension HostPort: SettingValue {
  static var placeholder: String { "HOST:PORT" }

  init(settingText text: String) throws(SettingError) {
    guard let address = Self(text) else {
      throw SettingError(expected: "HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080")
    }
    self = address
  }

  var settingText: String { description }
}

extension BasePath: SettingValue {
  static var placeholder: String { "PATH" }

  init(settingText text: String) throws(SettingError) {
    guard let path = Self(text) else {
      throw SettingError(expected: "/ or a path of plain segments such as /mqtt")
    }
    self = path
  }

  var settingText: String { description }
}

extension Optional: SettingValue where Wrapped: SettingValue {
  static var placeholder: String { Wrapped.placeholder }

  init(settingText text: String) throws(SettingError) {
    self = .some(try Wrapped(settingText: text))
  }

  var settingText: String { self?.settingText ?? "" }
  var hiddenParts: [String] { self?.hiddenParts ?? [] }
}
