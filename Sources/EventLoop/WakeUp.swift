import CLinux
import Glibc

/// A descriptor that one thread waits on and any thread can make readable.
package struct WakeUp: ~Copyable, Sendable {
  private let eventfd: Descriptor

  package init() throws(SystemError) {
    let number = CLinux.eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard number >= 0 else { throw SystemError("eventfd") }
    eventfd = Descriptor(owning: number)
  }

  package var descriptor: Int32 { eventfd.number }

  /// Makes the descriptor readable; from any thread.
  package borrowing func signal() {
    var one: UInt64 = 1
    while unsafe write(eventfd.number, &one, 8) < 0, errno == EINTR {}
  }

  /// Makes the descriptor unreadable again; from the waiting thread.
  package borrowing func clear() {
    var count: UInt64 = 0
    while unsafe read(eventfd.number, &count, 8) < 0, errno == EINTR {}
  }
}
