import EventLoop
import Logging

/// The level of the whole process's log, which a reload can change.
final class LogLevel: Sendable {
  private let level: Locked<Logger.Level>

  init(_ level: Logger.Level = .info) { self.level = Locked(level) }

  var value: Logger.Level { level.withLock { $0 } }

  func set(_ value: Logger.Level) { level.withLock { $0 = value } }
}
