import Logging

/// For people at a terminal: `12:00:00.123 info  connected broker=mqtt://…`.
struct TextLogFormatter: LogFormatter {
  func line(
    _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, label: String,
    timestamp: String
  ) -> String {
    let name = level.rawValue
    let padding = String(repeating: " ", count: max(0, 8 - name.count))
    var line = "\(timestamp) \(name)\(padding) \(Self.escaped(message))"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      line += " \(key)=\(Self.quoted(value.description))"
    }
    return line + "\n"
  }

  /// A value in quotes, unless it is one plain word.
  private static func quoted(_ text: String) -> String {
    let isWord = text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" }
    return isWord && !text.isEmpty ? escaped(text) : "\"" + escaped(text) + "\""
  }

  /// Control characters could forge lines or steer the terminal.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      case _
      where scalar.properties.generalCategory == .control
        || scalar.properties.generalCategory == .format:
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
