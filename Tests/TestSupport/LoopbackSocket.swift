import Glibc

/// A blocking TCP connection of a test to a port of 127.0.0.1, with a deadline on every wait.
package final class LoopbackSocket {
  private let descriptor: Int32
  private var isOpen = true
  private var tls: TestTLS?

  init(owning descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Connects, or throws when nobody listens there.
  package init(port: UInt16) throws {
    descriptor = try Self.openDescriptor()
    var address = Self.address(port: port)
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      let number = errno
      Glibc.close(descriptor)
      isOpen = false
      throw TestFailure("cannot connect to port \(port): errno \(number)")
    }
    var on: Int32 = 1
    unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
  }

  /// Connects and speaks TLS.
  package convenience init(port: UInt16, tls options: TestTLSOptions) throws {
    try self.init(port: port)
    tls = try TestTLS(descriptor, options)
  }

  /// The common name in the server's certificate.
  package var serverName: String? { tls?.serverName }

  deinit { close() }

  /// Closes the connection; with `reset` the peer sees a reset instead of a clean end.
  package func close(reset: Bool = false) {
    guard isOpen else { return }
    isOpen = false
    if reset {
      var lingering = linger(l_onoff: 1, l_linger: 0)
      unsafe setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
    }
    Glibc.close(descriptor)
  }

  /// Tells the peer that nothing more will be sent; reading goes on.
  package func shutdownSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  package func send(_ text: String) throws {
    try send(Array(text.utf8))
  }

  package func send(_ bytes: [UInt8], within limit: Duration = .seconds(10)) throws {
    if let tls {
      guard tls.send(bytes) else { throw TestFailure("cannot send over TLS") }
      return
    }
    let deadline = Deadline(after: limit)
    var sent = 0
    while sent < bytes.count {
      guard wait(for: POLLOUT, until: deadline) else {
        throw TestFailure("the peer did not take \(bytes.count - sent) bytes in time")
      }
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.send(
          descriptor, UnsafeRawBufferPointer(rebasing: buffer[sent...]).baseAddress,
          bytes.count - sent, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      guard count >= 0 || errno == EAGAIN || errno == EINTR else {
        throw TestFailure("cannot send: errno \(errno)")
      }
      sent += max(0, count)
    }
  }

  /// What has arrived, at most `limit` bytes; empty at the end of the stream, nil when nothing came in time.
  package func receive(atMost limit: Int = 65_536, until deadline: Deadline) throws -> [UInt8]? {
    if let tls {
      guard tls.hasPending || wait(for: POLLIN, until: deadline) else { return nil }
      guard let bytes = tls.receive(atMost: limit) else { throw TestFailure("TLS has ended") }
      return bytes
    }
    guard wait(for: POLLIN, until: deadline) else { return nil }
    var count = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
      count = unsafe recv(descriptor, buffer.baseAddress, limit, 0)
      initialized = max(0, count)
    }
    guard count >= 0 else { throw TestFailure("cannot receive: errno \(errno)") }
    return bytes
  }

  /// Exactly so many bytes, or an error when the stream ends or the deadline passes first.
  package func receive(exactly count: Int, within limit: Duration = .seconds(10)) throws -> [UInt8]
  {
    let deadline = Deadline(after: limit)
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard let part = try receive(atMost: count - bytes.count, until: deadline), !part.isEmpty
      else { throw TestFailure("only \(bytes.count) of \(count) bytes arrived") }
      bytes += part
    }
    return bytes
  }

  private func wait(for event: Int32, until deadline: Deadline) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    while true {
      let count = unsafe poll(&entry, 1, deadline.millisecondsLeft)
      if count > 0 { return true }
      if count == 0 || errno != EINTR { return false }
    }
  }

  static func openDescriptor() throws -> Int32 {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { throw TestFailure("cannot open a socket: errno \(errno)") }
    return descriptor
  }

  static func address(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
