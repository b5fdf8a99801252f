import EventLoop
import Glibc

/// A Unix socket that takes datagrams, by path or by abstract name, which begins with `@`.
package final class DatagramListener {
  private let descriptor: Int32

  package init(_ path: String) throws {
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_UNIX, kind, 0)
    guard let address = UnixAddress(path) else { throw TestFailure("no address: \(path)") }
    guard address.bind(descriptor) == 0 else {
      throw TestFailure("cannot bind \(path): errno \(errno)")
    }
  }

  deinit { close(descriptor) }

  /// The lines of the next datagram, or nil when none came in time.
  package func next(within limit: Duration = .seconds(10)) -> [String]? {
    let deadline = Deadline(after: limit)
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, deadline.millisecondsLeft) > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
    }
    guard count >= 0 else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
      .split(separator: "\n").map(String.init)
  }

  /// The next datagram with this line; others are passed over.
  package func next(having line: String, within limit: Duration = .seconds(10)) -> [String]? {
    let deadline = Deadline(after: limit)
    while !deadline.hasPassed {
      guard let lines = next(within: .milliseconds(Int64(deadline.millisecondsLeft))) else {
        return nil
      }
      if lines.contains(line) { return lines }
    }
    return nil
  }
}
