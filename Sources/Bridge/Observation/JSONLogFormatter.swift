import Logging

/// For machines: one JSON object per line.
struct JSONLogFormatter: LogFormatter {
  func line(
    _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, label: String,
    timestamp: String
  ) -> String {
    let fixed = ["time", "level", "logger", "message"]
    var line = "{\"time\":\"\(timestamp)\",\"level\":\"\(level.rawValue)\""
    line += ",\"logger\":\(Self.quoted(label)),\"message\":\(Self.quoted(message))"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      let key = fixed.contains(key) ? key + "_" : key
      line += ",\(Self.quoted(key)):\(Self.quoted(value.description))"
    }
    return line + "}\n"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
