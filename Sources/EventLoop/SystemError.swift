import Glibc

/// A system call that failed: which one, and its `errno`.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  package let call: String
  package let number: Int32

  package init(_ call: String, _ number: Int32) {
    self.call = call
    self.number = number
  }

  /// The call that failed just now on this thread.
  package init(_ call: String) {
    self.init(call, errno)
  }

  package var description: String { "\(call): \(Self.text(of: number))" }

  /// The C library's sentence for an `errno` value.
  package static func text(of number: Int32) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress, unsafe strerror_r(number, base, 256) == 0 else {
        return "error \(number)"
      }
      return unsafe String(cString: base)
    }
  }
}
