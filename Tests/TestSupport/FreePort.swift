import EventLoop
import Glibc

/// Finds TCP ports of the loopback interface that nobody listens on.
package enum FreePort {
  private static let given = Locked<Set<UInt16>>([])

  /// A port that is free now and that this process has not been given before.
  ///
  /// It lies below the range from which the kernel picks ports for outgoing connections, so that it
  /// stays free until the test uses it.
  package static func next() throws -> UInt16 {
    for _ in 0..<200 {
      let port = UInt16.random(in: 12_000...31_000)
      guard given.withLock({ $0.insert(port).inserted }) else { continue }
      if try isFree(port) { return port }
    }
    throw TestFailure("no free port was found")
  }

  /// Whether a listener could be opened on this port of 127.0.0.1.
  package static func isFree(_ port: UInt16) throws -> Bool {
    let descriptor = try LoopbackSocket.openDescriptor()
    defer { close(descriptor) }
    return listens(descriptor, on: port)
  }

  /// Binds the socket to this port of 127.0.0.1 and listens; false when the port is taken.
  static func listens(_ descriptor: Int32, on port: UInt16) -> Bool {
    var on: Int32 = 1
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, 4)
    var address = LoopbackSocket.address(port: port)
    let bound = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return bound == 0 && listen(descriptor, 64) == 0
  }
}
