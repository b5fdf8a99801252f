import Glibc

/// A file descriptor that is closed when its owner lets go of it.
package struct Descriptor: ~Copyable {
  package let number: Int32

  /// Takes ownership of an open descriptor.
  package init(owning number: Int32) {
    precondition(number >= 0, "\(number) is not an open descriptor")
    self.number = number
  }

  deinit { close(number) }

  /// Gives the descriptor away; the caller must close it.
  package consuming func release() -> Int32 {
    let number = number
    discard self
    return number
  }
}
