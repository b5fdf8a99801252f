import CLinux
import Glibc

/// The signals that ask the process to end, awaited by one thread instead of interrupting any; and
/// SIGHUP, which asks it to read its configuration again.
package struct TerminationSignals: Sendable {
  /// What `next` gives for SIGHUP.
  package static let reload = SIGHUP

  /// Keeps SIGTERM, SIGINT and SIGHUP back for this value, in this thread and all that it starts later.
  ///
  /// To be created first thing in the main thread. SIGPIPE is ignored from then on: a peer that left is
  /// an error of the write.
  package init() {
    var signals = Self.signals()
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    // Shells start background programs with SIGINT ignored, and an ignored signal could get lost.
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
    signal(SIGHUP, SIG_DFL)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Waits for the next of the signals; nil when the time is over first.
  package func next(within limit: Duration) -> Int32? {
    var signals = Self.signals()
    let (seconds, attoseconds) = max(limit, .zero).components
    var time = timespec(
      tv_sec: Int(min(seconds, 1_000_000_000)), tv_nsec: Int(attoseconds / 1_000_000_000))
    let number = unsafe sigtimedwait(&signals, nil, &time)
    return number > 0 ? number : nil
  }

  private static func signals() -> sigset_t {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe sigaddset(&signals, SIGTERM)
    unsafe sigaddset(&signals, SIGINT)
    unsafe sigaddset(&signals, SIGHUP)
    return signals
  }
}
