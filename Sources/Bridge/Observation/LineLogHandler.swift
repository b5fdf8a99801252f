import EventLoop
import Logging

/// Writes every log event as one line, in the format and to the output it was made with.
struct LineLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?
  /// The level of the process, unless it was set for this handler.
  var logLevel: Logger.Level {
    get { ownLevel ?? level.value }
    set { ownLevel = newValue }
  }
  private var ownLevel: Logger.Level?
  private let level: LogLevel
  private let label: String
  private let formatter: any LogFormatter
  private let output: @Sendable (String) -> Void

  init(
    label: String, level: LogLevel, formatter: any LogFormatter,
    output: @escaping @Sendable (String) -> Void
  ) {
    self.label = label
    self.level = level
    self.formatter = formatter
    self.output = output
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var values = metadata
    if let provided = metadataProvider?.get() { values.merge(provided) { $1 } }
    if let own = event.metadata { values.merge(own) { $1 } }
    let timestamp = Timestamp(milliseconds: WallClock.milliseconds())
    output(
      formatter.line(
        event.level, event.message.description, values, label: label,
        timestamp: timestamp.description))
  }
}

/// The logging of the process: to standard error, as text for people or as JSON for machines.
enum ProcessLogging {
  static let level = LogLevel()

  /// Sets logging up for the whole process; to be called once, before the first line.
  static func start(_ configuration: LogConfiguration) {
    level.set(configuration.level)
    let formatter = formatter(configuration.format, isTerminal: StandardError.isTerminal)
    LoggingSystem.bootstrap { label in
      LineLogHandler(label: label, level: level, formatter: formatter) { line in
        StandardError.write(line)
      }
    }
  }

  static func formatter(
    _ format: LogConfiguration.Format, isTerminal: Bool
  ) -> any LogFormatter {
    switch format {
    case .text: TextLogFormatter()
    case .json: JSONLogFormatter()
    case .auto: isTerminal ? TextLogFormatter() : JSONLogFormatter()
    }
  }
}
