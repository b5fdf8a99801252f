import Glibc

/// The address of a Unix socket: a path, or an abstract name, which begins with `@`.
package struct UnixAddress: Hashable, Sendable, CustomStringConvertible {
  /// The path, or `@` and the abstract name.
  package let path: String

  /// Nil when it is empty, holds a null byte, or is longer than the system takes.
  package init?(_ path: String) {
    let count = path.utf8.count
    guard count > 0, path != "@", count < MemoryLayout.size(ofValue: sockaddr_un().sun_path),
      !path.utf8.contains(0)
    else { return nil }
    self.path = path
  }

  package var description: String { path }

  /// As the system's `bind`.
  package func bind(_ socket: Int32) -> Int32 {
    unsafe withSystemAddress { unsafe Glibc.bind(socket, $0, $1) }
  }

  /// As the system's `connect`.
  package func connect(_ socket: Int32) -> Int32 {
    unsafe withSystemAddress { unsafe Glibc.connect(socket, $0, $1) }
  }

  /// Lends the address in the form that `connect` and `bind` take.
  ///
  /// Only here: modules of C that include the same header each claim its types, and which of them a
  /// declaration for other modules would need differs from build to build.
  func withSystemAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    // The length of an abstract name counts, because null bytes belong to it.
    let isAbstract = bytes.first == 0
    let length =
      MemoryLayout.size(ofValue: address.sun_family) + bytes.count + (isAbstract ? 0 : 1)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(length))
      }
    }
  }
}
