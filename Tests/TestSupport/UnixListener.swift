import Glibc

/// A listening Unix socket, by path or by abstract name, which begins with `@`.
package final class UnixListener {
  private let descriptor: Int32

  package init(_ path: String) throws {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_UNIX, kind, 0)
    var bytes = Array(path.utf8)
    if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = socklen_t(2 + bytes.count)
    let isListening = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
      }
    }
    guard isListening else { throw TestFailure("cannot listen at \(path): errno \(errno)") }
  }

  deinit { close(descriptor) }

  /// The next connection, or an error when none came in time.
  package func accept(within limit: Duration = .seconds(10)) throws -> LoopbackSocket {
    let deadline = Deadline(after: limit)
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, deadline.millisecondsLeft) > 0 else {
      throw TestFailure("nobody connected")
    }
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { throw TestFailure("cannot accept: errno \(errno)") }
    return LoopbackSocket(owning: accepted)
  }
}
