import EventLoop
import Store

/// How far the streams of all http threads have been given the event log; the mqtt thread moves it.
final class LogPosition: Sendable {
  private let event: Locked<LoggedEvent>

  init(_ event: LoggedEvent) { self.event = Locked(event) }

  /// The last event that was given to the streams, or is for none of them.
  var last: LoggedEvent { event.withLock { $0 } }

  func advance(to next: LoggedEvent) { event.withLock { $0 = next } }
}
