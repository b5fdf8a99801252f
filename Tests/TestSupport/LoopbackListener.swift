import Foundation
import Glibc

/// A listening TCP socket on 127.0.0.1, for tests that play a server by hand.
package final class LoopbackListener: Sendable {
  package let port: UInt16
  private let descriptor: Int32

  package convenience init() throws { try self.init(port: FreePort.next()) }

  package init(port: UInt16) throws {
    self.port = port
    descriptor = try LoopbackSocket.openDescriptor()
    guard FreePort.listens(descriptor, on: port) else {
      let number = errno
      close(descriptor)
      throw TestFailure("cannot listen on port \(port): errno \(number)")
    }
  }

  deinit { close(descriptor) }

  /// The next connection, or an error when none came in time.
  package func accept(within limit: Duration = .seconds(10)) throws -> LoopbackSocket {
    let deadline = Deadline(after: limit)
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, deadline.millisecondsLeft) > 0 else {
      throw TestFailure("nobody connected to port \(port)")
    }
    let accepted = Glibc.accept(descriptor, nil, nil)
    guard accepted >= 0 else { throw TestFailure("cannot accept: errno \(errno)") }
    return LoopbackSocket(owning: accepted)
  }

  /// Answers so many connections, one after the other, on a thread of its own.
  ///
  /// Each gets the bytes after it has sent something, and is then closed.
  package func answer(_ bytes: [UInt8], connections: Int = 1) {
    Thread.detachNewThread { [self] in
      for _ in 0..<connections {
        guard let peer = try? accept() else { return }
        _ = try? peer.receive(until: Deadline(after: .seconds(10)))
        try? peer.send(bytes)
      }
    }
  }
}
