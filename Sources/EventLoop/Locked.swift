import CLinux
import Synchronization

/// A value that one thread at a time can reach, under a lock that the thread sanitizer sees.
///
/// `Mutex` alone locks by a system call of its own, which the sanitizer takes for no lock at all; it
/// is told here. Without the sanitizer that is one test of a null pointer.
@safe package struct Locked<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  private let mutex: Mutex<Value>
  /// Stands for the lock in what the sanitizer is told; nil without the sanitizer.
  ///
  /// The optimizer of Swift 6.3 forgets to call `deinit`, so outside tests there must be nothing that
  /// it has to give back.
  private let token: UnsafeMutablePointer<UInt8>?

  package init(_ value: consuming sending Value) {
    mutex = Mutex(value)
    unsafe token = clinux_has_thread_sanitizer() == 0 ? nil : .allocate(capacity: 1)
  }

  deinit { unsafe token?.deallocate() }

  /// Runs `body` with the lock held; it must not call anything that could wait or lock.
  package borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock { value throws(Failure) in
      unsafe clinux_lock_acquired(token)
      defer { unsafe clinux_lock_released(token) }
      return try body(&value)
    }
  }
}
