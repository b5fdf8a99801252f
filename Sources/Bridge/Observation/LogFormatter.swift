import Logging

/// Turns one log event into one line of text, whatever bytes its values hold.
protocol LogFormatter: Sendable {
  /// The line, with its end.
  func line(
    _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, label: String,
    timestamp: String
  ) -> String
}
