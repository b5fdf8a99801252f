import CLinux
import EventLoop
import Glibc

/// What the loop does with a socket it has taken away from libmicrohttpd.
enum StreamSocket {
  /// What became of a write.
  enum Written: Equatable {
    case bytes(Int)
    case wouldBlock
    case failed

    /// Reads a result of `send`, with `errno` still untouched.
    init(_ result: Int) {
      if result >= 0 {
        self = .bytes(result)
      } else if errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS {
        self = .wouldBlock
      } else {
        self = .failed
      }
    }
  }

  /// What a read brought.
  enum Received: Equatable {
    case bytes(Int)
    case wouldBlock
    /// The peer will send nothing more.
    case end
    case failed
  }

  static let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)

  /// A second descriptor for the socket, so that the library may close its own.
  static func detach(_ socket: Int32) throws(SystemError) -> Int32 {
    let copy = fcntl(socket, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw SystemError("fcntl") }
    sendAtOnce(copy)
    return copy
  }

  /// Lets nothing that is written wait for more.
  static func sendAtOnce(_ socket: Int32) {
    set(socket, TCP_CORK, 0)
    set(socket, TCP_NODELAY, 1)
  }

  /// Two sockets connected with each other, each of which holds so many unread bytes.
  static func pair(bufferBytes: Int32) throws(SystemError) -> (Int32, Int32) {
    var sockets: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &sockets) == 0 else {
      throw SystemError("socketpair")
    }
    for socket in sockets {
      var size = bufferBytes
      unsafe setsockopt(
        socket, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }
    return (sockets[0], sockets[1])
  }

  /// Gives the peer up when it has acknowledged nothing for this long.
  static func setAcknowledgementLimit(_ limit: Duration, on socket: Int32) {
    let milliseconds = limit.components.seconds.multipliedReportingOverflow(by: 1000)
    guard !milliseconds.overflow, milliseconds.partialValue > 0 else { return }
    set(socket, TCP_USER_TIMEOUT, Int32(clamping: milliseconds.partialValue))
  }

  /// Writes as much as the socket takes now.
  static func send(_ bytes: [UInt8], to socket: Int32) -> Written {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe Written(Glibc.send(socket, bytes.baseAddress, bytes.count, flags))
    }
  }

  /// The next connection of a listening socket; nil when none waits.
  static func accept(from listener: Int32) -> Int32? {
    while true {
      let socket = Glibc.accept(listener, nil, nil)
      if socket >= 0 {
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        _ = fcntl(socket, F_SETFL, O_NONBLOCK)
        return socket
      }
      guard errno == EINTR || errno == ECONNABORTED else { return nil }
    }
  }

  /// Looks at what has arrived and leaves it there; empty for nothing, nil at the end.
  static func peek(_ socket: Int32, atMost limit: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = unsafe recv(socket, &bytes, limit, Int32(MSG_PEEK | MSG_DONTWAIT))
    if count > 0 { return Array(bytes[..<count]) }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
  }

  /// Throws away so many bytes that have been looked at.
  static func take(_ count: Int, from socket: Int32) {
    var bytes = [UInt8](repeating: 0, count: count)
    _ = unsafe recv(socket, &bytes, count, Int32(MSG_DONTWAIT))
  }

  /// Reads into the front of a buffer what has arrived.
  static func receive(from socket: Int32, into buffer: inout [UInt8]) -> Received {
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe recv(socket, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
    }
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? .wouldBlock : .failed
  }

  static func finishWriting(_ socket: Int32) { _ = shutdown(socket, Int32(SHUT_WR)) }

  static func cut(_ socket: Int32) { _ = shutdown(socket, Int32(SHUT_RDWR)) }

  /// Throws away what has arrived; false when the peer has closed.
  static func discardInput(of socket: Int32) -> Bool {
    unsafe withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
      for _ in 0..<16 {
        let count = unsafe recv(
          socket, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
        if count == 0 { return false }
        if count < 0 { return errno == EAGAIN || errno == EINTR }
      }
      return true
    }
  }

  static func close(_ socket: Int32) { _ = Glibc.close(socket) }

  private static func set(_ socket: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    unsafe setsockopt(
      socket, Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
