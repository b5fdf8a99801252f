import CLinux
import Glibc

/// A named thread with every signal blocked, so that signals reach the main thread only.
///
/// A thread that nobody joined is left to itself when its last reference goes.
package final class LoopThread: Sendable {
  package let name: String
  private let handle: Locked<pthread_t?>
  private let identity: ThreadIdentity

  /// Starts the thread, whose whole life is `body`.
  ///
  /// The name, at most 15 bytes, is what `top -H` and debuggers show.
  package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
    precondition(name.utf8.count <= 15, "thread name '\(name)' is longer than 15 bytes")
    self.name = name
    let identity = ThreadIdentity()
    self.identity = identity
    let start = Start(name: name) {
      identity.adoptCurrentThread()
      body()
    }
    var thread: pthread_t = 0
    var blocked = sigset_t()
    var previous = sigset_t()
    unsafe sigfillset(&blocked)
    unsafe pthread_sigmask(SIG_BLOCK, &blocked, &previous)
    let context = unsafe Unmanaged.passRetained(start)
    let result = unsafe pthread_create(
      &thread, nil,
      { raw in
        guard let raw = unsafe raw else { return nil }
        let start = unsafe Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
        _ = unsafe start.name.withCString { unsafe clinux_set_thread_name($0) }
        start.body()
        return nil
      }, context.toOpaque())
    unsafe pthread_sigmask(SIG_SETMASK, &previous, nil)
    guard result == 0 else {
      unsafe context.release()
      throw SystemError("pthread_create", result)
    }
    handle = Locked(thread)
  }

  deinit {
    if let thread = handle.withLock({ exchange(&$0, with: nil) }) { pthread_detach(thread) }
  }

  /// Whether the caller runs on this thread.
  package var isCurrent: Bool { identity.isCurrent }

  /// Makes the calling thread one that runs often and shortly.
  ///
  /// For threads that hand on what others wait for: when such a thread has something to do, it need not
  /// wait until a busy one has used up its turn. Without a system that can do it nothing changes.
  package static func takeShortTurns() { _ = clinux_set_turn_length(100_000) }

  /// Lets the calling thread rest.
  package static func pause(_ time: Duration) {
    _ = poll(nil, 0, PollTimeout.milliseconds(time))
  }

  /// Waits until the thread has ended; a second call returns at once.
  package func join() {
    precondition(!isCurrent, "thread '\(name)' cannot wait for its own end")
    let thread = handle.withLock { exchange(&$0, with: nil) }
    if let thread { pthread_join(thread, nil) }
  }

  private final class Start: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }
}
