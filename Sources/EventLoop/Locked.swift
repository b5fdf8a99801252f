import CLinux
package import Synchronization

/// A value that one thread at a time can reach, under a lock that the thread sanitizer sees.
///
/// `Mutex` alone locks by a system call of its own, which the sanitizer takes for no lock at all; it
/// is told here. Without the sanitizer that is one test of a null pointer. It is inlinable, because
/// every use in another module would otherwise look the types up at run time.
@safe package struct Locked<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
  @usableFromInline let mutex: Mutex<Value>
  /// Stands for the lock in what the sanitizer is told; nil without the sanitizer.
  ///
  /// The optimizer of Swift 6.3 forgets to call `deinit`, so outside tests there must be nothing that
  /// it has to give back.
  @usableFromInline let token: UnsafeMutablePointer<UInt8>?

  @inlinable
  package init(_ value: consuming sending Value) {
    mutex = Mutex(value)
    unsafe token = SanitizedLock.newToken()
  }

  deinit { unsafe token?.deallocate() }

  /// Runs `body` with the lock held; it must not call anything that could wait or lock.
  @inlinable
  package borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock { value throws(Failure) in
      if unsafe token != nil { unsafe SanitizedLock.taken(token) }
      defer {
        if unsafe token != nil { unsafe SanitizedLock.released(token) }
      }
      return try body(&value)
    }
  }
}

/// What the thread sanitizer is told, where it watches.
@usableFromInline
enum SanitizedLock {
  @usableFromInline
  static func newToken() -> UnsafeMutablePointer<UInt8>? {
    clinux_has_thread_sanitizer() == 0 ? nil : .allocate(capacity: 1)
  }

  @usableFromInline
  static func taken(_ token: UnsafeMutablePointer<UInt8>?) {
    unsafe clinux_lock_acquired(token)
  }

  @usableFromInline
  static func released(_ token: UnsafeMutablePointer<UInt8>?) {
    unsafe clinux_lock_released(token)
  }
}
