import Glibc

/// A stream connection by TCP or a Unix socket, or the attempt at one, that never blocks.
///
/// Every call belongs to the owning thread; the connection closes with the last reference.
package final class TCPSocket {
  /// What one read brought.
  package enum Received: Equatable {
    case bytes(Int)
    case nothingYet
    case end
  }

  private let owned: Descriptor

  /// For the owner's poller.
  package var descriptor: Int32 { owned.number }

  /// Takes an open, non-blocking, connected socket, as `accept` returns it.
  package init(_ descriptor: consuming Descriptor) {
    owned = descriptor
  }

  /// Starts to connect; writable once that succeeded or failed, which `connectError` tells.
  package init(connectingTo address: SocketAddress, _ options: SocketOptions) throws(SystemError) {
    owned = try Self.open(address.family, options)
    if let local = options.localAddress { try Self.bind(owned.number, to: local) }
    let number = owned.number
    let result = unsafe address.withSystemAddress { unsafe connect(number, $0, $1) }
    guard result == 0 || errno == EINPROGRESS else { throw SystemError("connect") }
  }

  /// Connects to a Unix socket, which succeeds or fails at once.
  package init(connectingTo address: UnixAddress, _ options: SocketOptions) throws(SystemError) {
    owned = try Self.open(AF_UNIX, protocol: 0)
    let number = owned.number
    try SocketSettings.applyBuffers(options, to: number)
    let result = unsafe address.withSystemAddress { unsafe connect(number, $0, $1) }
    guard result == 0 else { throw SystemError("connect") }
  }

  /// Takes a connected stream socket from somebody else and makes it non-blocking.
  package init(adopting descriptor: consuming Descriptor) throws(SystemError) {
    let number = descriptor.number
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) == 0 else {
      throw SystemError("fcntl")
    }
    owned = descriptor
  }

  /// Whether connecting has succeeded already, as it does at once on the same machine.
  package var isConnected: Bool {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getpeername(descriptor, $0, &length) == 0
      }
    }
  }

  /// Why connecting failed; nil when it succeeded.
  package var connectError: SystemError? {
    var number: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length) == 0 else {
      return SystemError("getsockopt")
    }
    return number == 0 ? nil : SystemError("connect", number)
  }

  /// Reads what has arrived into the front of `buffer`.
  package func receive(into buffer: inout [UInt8]) throws(SystemError) -> Received {
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      restarting { unsafe recv(owned.number, bytes.baseAddress, bytes.count, 0) }
    }
    if count > 0 { return .bytes(count) }
    if count == 0 { return .end }
    guard errno == EAGAIN || errno == EWOULDBLOCK else { throw SystemError("recv") }
    return .nothingYet
  }

  /// Hands bytes to the system and returns how many it took, zero when its buffer is full.
  package func send(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
    guard !bytes.isEmpty else { return 0 }
    let count = unsafe bytes.withUnsafeBytes { bytes in
      restarting {
        unsafe Glibc.send(owned.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
    }
    if count >= 0 { return count }
    guard errno == EAGAIN || errno == EWOULDBLOCK else { throw SystemError("send") }
    return 0
  }

  /// Tells the peer that nothing more will come; reading goes on.
  package func shutDownSending() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Makes the close cut the connection with a reset, which forgets bytes on their way.
  package func resetOnClose() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    let length = socklen_t(MemoryLayout<Glibc.linger>.size)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, length)
  }

  /// How many bytes have arrived and wait to be read.
  package var unreadBytes: Int {
    var count: Int32 = 0
    guard unsafe ioctl(descriptor, UInt(FIONREAD), &count) == 0 else { return 0 }
    return Int(count)
  }

  private func restarting(_ call: () -> Int) -> Int {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  private static func open(
    _ family: Int32, _ options: SocketOptions
  ) throws(SystemError) -> Descriptor {
    if options.usesMultipathTCP,
      let descriptor = try? open(family, protocol: SocketSettings.multipathTCP),
      (try? SocketSettings.apply(options, to: descriptor.number, family)) != nil
    {
      return descriptor
    }
    let descriptor = try open(family, protocol: 0)
    try SocketSettings.apply(options, to: descriptor.number, family)
    return descriptor
  }

  private static func open(_ family: Int32, protocol: Int32) throws(SystemError) -> Descriptor {
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let number = socket(family, flags, `protocol`)
    guard number >= 0 else { throw SystemError("socket") }
    return Descriptor(owning: number)
  }

  private static func bind(_ number: Int32, to address: SocketAddress) throws(SystemError) {
    // A port of our own choice may still be in the system's memory of the last connection.
    if address.port != 0 {
      try SocketSettings.set(number, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR")
    }
    let result = unsafe address.withSystemAddress { unsafe Glibc.bind(number, $0, $1) }
    guard result == 0 else { throw SystemError("bind to \(address)") }
  }
}
