/// Where the value of a setting comes from.
enum SettingSource: Equatable, Sendable, CustomStringConvertible {
  case flag(SettingKey)
  case variable(String)
  case file(path: String, key: String)
  case builtIn

  var description: String {
    switch self {
    case .flag(let key): "--\(key.flag)"
    case .variable(let name): name
    case .file(let path, let key): "\(path): \(key)"
    case .builtIn: "default"
    }
  }
}

/// One thing that is wrong with the configuration, and where.
struct ConfigurationProblem: Equatable, Sendable, CustomStringConvertible {
  /// The flag, variable or file key to change.
  let place: String
  let message: String

  init(_ source: SettingSource, _ message: String) {
    self.init(place: source.description, message)
  }

  init(place: String, _ message: String) {
    self.place = place
    self.message = message
  }

  var description: String { "\(place): \(message)" }
}

/// Everything that is wrong with the configuration; never empty.
struct ConfigurationProblems: Error, Equatable, Sendable {
  let list: [ConfigurationProblem]
}
