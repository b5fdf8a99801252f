import EventLoop
import FoundationEssentials

/// How a command shows things: colours on a terminal, plain lines in a pipe.
struct Terminal {
  enum Color: Int {
    case red = 31
    case green = 32
    case yellow = 33
    case cyan = 36
    case faint = 2
  }

  /// Whether what was asked for goes to a terminal.
  let isInteractive: Bool
  private let hasColors: Bool

  static let output = Self(isInteractive: StandardOutput.isTerminal)
  static let errors = Self(isInteractive: StandardError.isTerminal)

  init(isInteractive: Bool, environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.isInteractive = isInteractive
    // https://no-color.org
    hasColors =
      isInteractive && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  func text(_ text: String, _ color: Color) -> String {
    hasColors ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// The text without what a terminal would obey: messages come from anybody.
  static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isCommand) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { isCommand($0) ? "\u{FFFD}" : $0 }))
  }

  private static func isCommand(_ scalar: Unicode.Scalar) -> Bool {
    (scalar.value < 0x20 && scalar != "\t") || (0x7F...0x9F).contains(scalar.value)
  }
}
