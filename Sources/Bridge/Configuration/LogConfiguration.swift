import Logging

/// What is logged, and how a line looks.
struct LogConfiguration: Sendable {
  enum Format: String, CaseIterable, Sendable {
    /// Text on a terminal, JSON otherwise.
    case auto
    case text
    case json
  }

  /// `info` is for the operator: start, stop, links up and down.
  var level = Logger.Level.info
  var format = Format.auto
  /// Whether every answered request is a line.
  var hasAccessLog = false
}
