import Glibc

/// A listening TCP socket that never blocks.
package final class TCPListener {
  private let owned: Descriptor
  /// Where it listens, with the port that the system chose if it was asked to.
  package let address: SocketAddress

  /// For the owner's poller; readable while connections wait.
  package var descriptor: Int32 { owned.number }

  /// Listens at once; a port of zero lets the system choose a free one.
  package init(at wanted: SocketAddress, backlog: Int32 = 128) throws(SystemError) {
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let number = socket(wanted.family, flags, 0)
    guard number >= 0 else { throw SystemError("socket") }
    owned = Descriptor(owning: number)
    var yes: Int32 = 1
    let length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, length) == 0 else {
      throw SystemError("setsockopt")
    }
    guard unsafe wanted.withSystemAddress({ unsafe bind(number, $0, $1) }) == 0 else {
      throw SystemError("bind")
    }
    guard listen(number, backlog) == 0 else { throw SystemError("listen") }
    guard let bound = Self.boundAddress(of: number) else { throw SystemError("getsockname") }
    address = bound
  }

  /// The next connection, or nil when none waits.
  package func accept() throws(SystemError) -> TCPSocket? {
    while true {
      let number = Glibc.accept(descriptor, nil, nil)
      if number >= 0 {
        // The C overlay has no accept4, so a child that is spawned right now may inherit it.
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        _ = fcntl(number, F_SETFL, O_NONBLOCK)
        return TCPSocket(Descriptor(owning: number))
      }
      switch errno {
      case EINTR, ECONNABORTED: continue
      case EAGAIN, EWOULDBLOCK: return nil
      default: throw SystemError("accept")
      }
    }
  }

  private static func boundAddress(of number: Int32) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        guard unsafe getsockname(number, raw, &length) == 0 else { return nil }
        return unsafe SocketAddress(raw, length: length)
      }
    }
  }
}
