import EventLoop

/// What the service manager is told, and when; for the main thread.
///
///     start ──started──▶ READY ──tick──▶ WATCHDOG, STATUS
///                          ▲ │ reloading ─▶ RELOADING ─reloaded─▶ READY
///                            ▼ stopping ──▶ STOPPING
struct ServiceNotices {
  /// Longer than everything of a stop that has no deadline of its own.
  private static let stopReserve = Duration.seconds(10)

  private let manager: NotifySocket?
  /// Half of what is asked for, so that one that comes late is still in time.
  private let signInterval: Duration?
  private var nextSign = Duration.zero
  private var toldStatus = ""

  init(_ manager: NotifySocket?) {
    self.manager = manager
    signInterval = manager?.watchdogInterval.map { $0 / 2 }
  }

  /// How long the main thread may rest between two calls of `tick`.
  var longestWait: Duration { min(.seconds(1), signInterval ?? .seconds(1)) }

  mutating func started(_ status: String) {
    toldStatus = status
    manager?.tell(["READY=1", "STATUS=\(status)"])
  }

  /// Gives the sign of life when it is due, and tells of another status.
  ///
  /// To be called at least as often as `longestWait`. A process that is not alive stays silent.
  mutating func tick(at now: Duration, isAlive: Bool, status: String) {
    var assignments: [String] = []
    if let signInterval, isAlive, now >= nextSign {
      // Half a turn early rather than a turn late.
      nextSign = now + max(.zero, signInterval - longestWait / 2)
      assignments.append("WATCHDOG=1")
    }
    if status != toldStatus {
      toldStatus = status
      assignments.append("STATUS=\(status)")
    }
    guard !assignments.isEmpty else { return }
    manager?.tell(assignments)
  }

  func reloading(at now: Duration) {
    manager?.tell(["RELOADING=1", "MONOTONIC_USEC=\(Self.microseconds(now))"])
  }

  func reloaded() { manager?.tell(["READY=1"]) }

  /// Asks for as much time as the stop may take.
  func stopping(within limit: Duration) {
    let limit = limit + Self.stopReserve
    manager?.tell([
      "STOPPING=1", "STATUS=stopping",
      "EXTEND_TIMEOUT_USEC=\(Self.microseconds(limit))",
    ])
  }

  private static func microseconds(_ time: Duration) -> Int64 {
    let (seconds, attoseconds) = time.components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }
}
