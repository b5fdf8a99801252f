/// How the operating system treats the connections to the broker.
///
/// A setting that the system refuses fails the attempt with an error that names the setting. Unix
/// sockets take the buffer sizes only; a caller-supplied connector applies what it likes.
public struct NetworkOptions: Equatable, Sendable {
  /// TCP_NODELAY: small packets leave at once instead of waiting for company.
  public var noDelay = true
  /// TCP keep-alive: silence after which the system probes the peer; nil turns it off.
  public var keepAliveIdle: Duration? = .seconds(60)
  /// The time between two keep-alive probes, in whole seconds.
  public var keepAliveInterval: Duration = .seconds(10)
  /// Unanswered keep-alive probes after which the connection is dead.
  public var keepAliveProbes = 3
  /// TCP_USER_TIMEOUT: how long sent bytes may stay unconfirmed; nil leaves it to the system.
  public var userTimeout: Duration? = .seconds(30)
  /// SO_SNDBUF in bytes; nil leaves it to the system.
  public var sendBufferBytes: Int?
  /// SO_RCVBUF in bytes; nil leaves it to the system.
  public var receiveBufferBytes: Int?
  /// The IP address of this machine to connect from, in digits; nil lets the system choose.
  public var bindAddress: String?
  /// The port of this machine to connect from; zero lets the system choose.
  ///
  /// Two sockets cannot have one port, so with a port the addresses of a server are tried one after
  /// the other, each with an equal share of the time that is left.
  public var bindPort: UInt16 = 0
  /// SO_BINDTODEVICE: the network interface to use, such as `eth0`; needs a privilege on old kernels.
  public var bindDevice: String?
  /// Multipath TCP, or plain TCP where the kernel does not offer it.
  public var usesMultipathTCP = false
  /// The differentiated services code point of outgoing packets, from 0 to 63; nil leaves it.
  public var dscp: UInt8?
  /// SO_MARK: the firewall mark of outgoing packets, which needs a privilege; nil leaves it.
  public var mark: UInt32?

  /// The defaults.
  public init() {}
}
