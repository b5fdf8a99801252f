import CLinux
public import Synchronization

/// A value that one thread at a time can reach, under a lock that the thread sanitizer sees.
///
/// `Mutex` alone locks by a system call of its own, which the sanitizer takes for no lock at all; it
/// is told here. Without the sanitizer that is one test of a null pointer.
@safe public struct Locked<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline let mutex: Mutex<Value>
  /// Stands for the lock in what the sanitizer is told; nil without the sanitizer.
  ///
  /// The optimizer of Swift 6.3 forgets to call `deinit`, so outside tests there must be nothing that
  /// it has to give back.
  @usableFromInline let token: UnsafeMutablePointer<UInt8>?

  /// Puts a value under a new lock.
  public init(_ value: consuming sending Value) {
    mutex = Mutex(value)
    unsafe token = clinux_has_thread_sanitizer() == 0 ? nil : .allocate(capacity: 1)
  }

  deinit { unsafe token?.deallocate() }

  /// Runs `body` with the lock held; it must not call anything that could wait or lock.
  ///
  /// Inlinable, because a call through unspecialized generics costs more than the lock; and public,
  /// because Swift 6.3 inlines nothing else into other modules.
  @inlinable
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock { value throws(Failure) in
      if unsafe token != nil { tellAcquired() }
      defer { if unsafe token != nil { tellReleased() } }
      return try body(&value)
    }
  }

  @usableFromInline borrowing func tellAcquired() { unsafe clinux_lock_acquired(token) }

  @usableFromInline borrowing func tellReleased() { unsafe clinux_lock_released(token) }
}
