import ArgumentParser

/// The exit statuses of the commands that call a bridge.
enum ExitStatus {
  static let refused = ExitCode(1)
  static let late = ExitCode(2)
}
