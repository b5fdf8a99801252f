import Glibc

/// Whether a condition became true before the deadline; it is asked again every few milliseconds.
///
///     #expect(eventually { broker.acceptsConnections })
package func eventually(
  within limit: Duration = .seconds(10), _ condition: () throws -> Bool
) rethrows -> Bool {
  let deadline = Deadline(after: limit)
  while true {
    if try condition() { return true }
    guard !deadline.hasPassed else { return false }
    usleep(2_000)
  }
}

/// Whether a condition became true before the deadline; suspends the task between two looks.
package func eventually(
  within limit: Duration = .seconds(10), _ condition: () async throws -> Bool
) async rethrows -> Bool {
  let deadline = Deadline(after: limit)
  while true {
    if try await condition() { return true }
    guard !deadline.hasPassed, !Task.isCancelled else { return false }
    try? await Task.sleep(for: .milliseconds(2))
  }
}

/// An instant after which a test stops waiting.
package struct Deadline: Sendable {
  private let instant: ContinuousClock.Instant

  package init(after limit: Duration) {
    instant = .now + limit
  }

  package var hasPassed: Bool { ContinuousClock.now >= instant }

  /// The time left in whole milliseconds, never negative, as `poll` takes it.
  package var millisecondsLeft: Int32 {
    let left = ContinuousClock.now.duration(to: instant) / .milliseconds(1)
    return Int32(max(0, min(left.rounded(.up), 3_600_000)))
  }
}
