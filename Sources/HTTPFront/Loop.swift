import EventLoop
import HeapModule

/// The waiting part of a http thread: descriptors, timers, and the time of this turn.
final class Loop {
  private struct Timer: Comparable {
    let deadline: Duration
    let token: LoopToken

    static func < (left: Self, right: Self) -> Bool { left.deadline < right.deadline }
  }

  private var poller: Poller
  private var timers = Heap<Timer>()
  private(set) var events: [Poller.Event] = []
  /// Sampled once a turn, after waiting.
  private(set) var now = MonotonicClock.now()

  init() throws(SystemError) {
    poller = try Poller(eventsPerWait: 512)
    events.reserveCapacity(512)
  }

  func watch(
    _ descriptor: Int32, _ interest: Poller.Interest, _ token: LoopToken
  ) throws(SystemError) {
    try poller.add(descriptor, interest, token: token.rawValue)
  }

  /// Changes what a watched descriptor is watched for.
  func rewatch(_ descriptor: Int32, _ interest: Poller.Interest, _ token: LoopToken) {
    // Fails only for a descriptor that is not watched, which its owner knows.
    try? poller.modify(descriptor, interest, token: token.rawValue)
  }

  func unwatch(_ descriptor: Int32) { try? poller.remove(descriptor) }

  /// Asks to be told once at a time; there is no taking back, so late news must be harmless.
  func schedule(_ token: LoopToken, at deadline: Duration) {
    timers.insert(Timer(deadline: deadline, token: token))
  }

  /// Waits for events, the next timer or `limit`, and takes the time.
  func wait(atMost limit: Duration?) throws(SystemError) {
    var timeout = limit
    if let deadline = timers.min?.deadline {
      let rest = max(.zero, deadline - MonotonicClock.now())
      timeout = min(rest, timeout ?? rest)
    }
    events.removeAll(keepingCapacity: true)
    var arrived = exchange(&events, with: [])
    defer { events = arrived }
    try poller.wait(atMost: timeout) { arrived.append($0) }
    now = MonotonicClock.now()
  }

  /// The next timer that is due; nil when none is left.
  func nextDue() -> LoopToken? {
    guard let first = timers.min, first.deadline <= now else { return nil }
    timers.removeMin()
    return first.token
  }
}
