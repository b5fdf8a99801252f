/// How the operating system treats a TCP connection.
package struct SocketOptions: Equatable, Sendable {
  /// TCP_NODELAY: small packets leave at once instead of waiting for company.
  package var noDelay = true
  /// TCP keep-alive: silence after which the system probes the peer; nil turns it off.
  package var keepAliveIdle: Duration? = .seconds(60)
  /// The time between two keep-alive probes.
  package var keepAliveInterval: Duration = .seconds(10)
  /// Unanswered keep-alive probes after which the connection is dead.
  package var keepAliveProbes = 3
  /// TCP_USER_TIMEOUT: how long sent bytes may stay unconfirmed; nil leaves it to the system.
  package var userTimeout: Duration? = .seconds(30)
  /// SO_SNDBUF in bytes; nil leaves it to the system.
  package var sendBufferBytes: Int?
  /// SO_RCVBUF in bytes; nil leaves it to the system.
  package var receiveBufferBytes: Int?
  /// The address, and port unless zero, of this machine to connect from.
  package var localAddress: SocketAddress?
  /// SO_BINDTODEVICE: the network interface to use.
  package var device: String?
  /// Multipath TCP, or plain TCP where the kernel lacks it or one of the other options on it.
  package var usesMultipathTCP = false
  /// The differentiated services code point of outgoing packets.
  package var dscp: UInt8?
  /// SO_MARK: the firewall mark of outgoing packets.
  package var mark: UInt32?

  package init() {}
}
