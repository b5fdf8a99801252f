import Glibc

/// Tells the service manager, such as systemd, how this process is: the protocol of `sd_notify`.
///
/// Nothing waits for it. What it does not take at once is lost, as if it had not been told.
package final class NotifySocket: Sendable {
  private let socket: Int32
  private let address: UnixAddress
  /// How often it wants a sign of life, and ends the process without one; nil when it does not.
  package let watchdogInterval: Duration?

  /// Nil when the environment names no service manager.
  ///
  /// `NOTIFY_SOCKET` is a path, or an abstract name that begins with `@`; other kinds of addresses are
  /// left alone.
  package init?(environment: [String: String]) {
    guard let path = environment["NOTIFY_SOCKET"], path.hasPrefix("/") || path.hasPrefix("@"),
      let address = UnixAddress(path)
    else { return nil }
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    socket = Glibc.socket(AF_UNIX, kind, 0)
    guard socket >= 0 else { return nil }
    self.address = address
    watchdogInterval = Self.watchdogInterval(environment)
  }

  deinit { close(socket) }

  /// Sends assignments, one a line, such as `READY=1`; false when they did not arrive.
  @discardableResult
  package func tell(_ assignments: [String]) -> Bool {
    let bytes = Array(assignments.joined(separator: "\n").utf8)
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    return unsafe address.withSystemAddress { address, length in
      unsafe bytes.withUnsafeBytes { buffer in
        unsafe sendto(socket, buffer.baseAddress, buffer.count, flags, address, length)
          == buffer.count
      }
    }
  }

  /// `WATCHDOG_USEC`, if it is meant for this process.
  private static func watchdogInterval(_ environment: [String: String]) -> Duration? {
    if let pid = environment["WATCHDOG_PID"], pid != "\(getpid())" { return nil }
    guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text),
      microseconds > 0
    else { return nil }
    return .microseconds(microseconds)
  }
}
