import Glibc

/// A TCP connection, or the attempt at one, that never blocks.
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
    let flags = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let number = socket(address.family, flags, 0)
    guard number >= 0 else { throw SystemError("socket") }
    owned = Descriptor(owning: number)
    try apply(options)
    let result = unsafe address.withSystemAddress { unsafe connect(number, $0, $1) }
    guard result == 0 || errno == EINPROGRESS else { throw SystemError("connect") }
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

  private func apply(_ options: SocketOptions) throws(SystemError) {
    try set(Int32(IPPROTO_TCP), TCP_NODELAY, options.noDelay ? 1 : 0)
    if let idle = options.keepAliveIdle {
      try set(SOL_SOCKET, SO_KEEPALIVE, 1)
      try set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, idle.socketSeconds)
      try set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, options.keepAliveInterval.socketSeconds)
      try set(Int32(IPPROTO_TCP), TCP_KEEPCNT, Int32(clamping: max(1, options.keepAliveProbes)))
    }
    if let timeout = options.userTimeout {
      try set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, PollTimeout.milliseconds(timeout))
    }
    if let bytes = options.sendBufferBytes {
      try set(SOL_SOCKET, SO_SNDBUF, Int32(clamping: bytes))
    }
    if let bytes = options.receiveBufferBytes {
      try set(SOL_SOCKET, SO_RCVBUF, Int32(clamping: bytes))
    }
  }

  private func set(_ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    let length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe setsockopt(owned.number, level, option, &value, length) == 0 else {
      throw SystemError("setsockopt")
    }
  }
}

extension Duration {
  /// Whole seconds within what the kernel accepts.
  fileprivate var socketSeconds: Int32 {
    Int32(clamping: min(max(components.seconds, 1), 32_767))
  }
}
