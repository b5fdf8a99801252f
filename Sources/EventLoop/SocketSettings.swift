import CLinux
import Glibc

/// Puts socket options on descriptors; an error names the option.
enum SocketSettings {
  static let multipathTCP: Int32 = 262

  static func apply(
    _ options: SocketOptions, to number: Int32, _ family: Int32
  ) throws(SystemError) {
    let tcp = Int32(IPPROTO_TCP)
    try set(number, tcp, TCP_NODELAY, options.noDelay ? 1 : 0, "TCP_NODELAY")
    if let idle = options.keepAliveIdle {
      try set(number, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE")
      try set(number, tcp, TCP_KEEPIDLE, seconds(idle), "TCP_KEEPIDLE")
      try set(number, tcp, TCP_KEEPINTVL, seconds(options.keepAliveInterval), "TCP_KEEPINTVL")
      let probes = Int32(min(max(options.keepAliveProbes, 1), 127))
      try set(number, tcp, TCP_KEEPCNT, probes, "TCP_KEEPCNT")
    }
    if let timeout = options.userTimeout {
      let milliseconds = PollTimeout.milliseconds(timeout)
      try set(number, tcp, TCP_USER_TIMEOUT, milliseconds, "TCP_USER_TIMEOUT")
    }
    try applyBuffers(options, to: number)
    try applyRouting(options, to: number, family)
  }

  static func applyBuffers(
    _ options: SocketOptions, to number: Int32
  ) throws(SystemError) {
    if let bytes = options.sendBufferBytes {
      try set(number, SOL_SOCKET, SO_SNDBUF, Int32(clamping: bytes), "SO_SNDBUF")
    }
    if let bytes = options.receiveBufferBytes {
      try set(number, SOL_SOCKET, SO_RCVBUF, Int32(clamping: bytes), "SO_RCVBUF")
    }
  }

  static func set(
    _ number: Int32, _ level: Int32, _ option: Int32, _ value: Int32, _ name: String
  ) throws(SystemError) {
    var value = value
    let length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe setsockopt(number, level, option, &value, length) == 0 else {
      throw SystemError("setsockopt(\(name))")
    }
  }

  private static func applyRouting(
    _ options: SocketOptions, to number: Int32, _ family: Int32
  ) throws(SystemError) {
    if let device = options.device {
      let result = unsafe device.withCString { name in
        unsafe setsockopt(number, SOL_SOCKET, SO_BINDTODEVICE, name, socklen_t(device.utf8.count))
      }
      guard result == 0 else { throw SystemError("setsockopt(SO_BINDTODEVICE)") }
    }
    if let dscp = options.dscp {
      let value = Int32(min(dscp, 63)) << 2
      if family == AF_INET6 {
        try set(number, Int32(IPPROTO_IPV6), IPV6_TCLASS, value, "IPV6_TCLASS")
      } else {
        try set(number, Int32(IPPROTO_IP), IP_TOS, value, "IP_TOS")
      }
    }
    if let mark = options.mark {
      try set(number, SOL_SOCKET, SO_MARK, Int32(bitPattern: mark), "SO_MARK")
    }
  }

  /// Whole seconds within what the kernel accepts.
  private static func seconds(_ duration: Duration) -> Int32 {
    Int32(clamping: min(max(duration.components.seconds, 1), 32_767))
  }
}
