package import EventLoop

/// Where a link connects to, as whom, and within which bounds.
package struct ClientOptions: Sendable {
  package var broker: BrokerURL
  /// The connect time-out in here bounds everything from the name lookup to CONNACK together.
  package var session: SessionOptions
  package var socket = SocketOptions()
  /// The head start of each address of the broker before the next one is tried too.
  package var dialStagger: Duration = .milliseconds(250)
  /// A broker that takes no byte for this long, while bytes wait for it, is given up.
  package var writeStallTimeout: Duration = .seconds(20)
  /// A connection whose last bytes, such as DISCONNECT, do not get on for this long is cut.
  package var closeTimeout: Duration = .seconds(2)
  /// While this many bytes wait for the socket, messages stay in the mailbox.
  ///
  /// Reading, acknowledging and pinging go on. The bound is soft: what the session sends by itself,
  /// as after a reconnect, is limited by its in-flight maximum.
  package var outgoingBytesMax = 1 << 20
  /// Messages that may wait for the application; `Link.send` refuses more.
  package var mailboxCapacity = 16_384
  /// Messages handled before the sockets get their turn again.
  package var messagesPerTurn = 1024
  /// Bytes of one read.
  package var readBytes = 64 << 10
  /// Reads before the mailbox gets its turn again.
  package var readsPerTurn = 4
  /// Sees every packet; nil costs nothing.
  package var trace: PacketTrace?
  /// Seeds the jitter of the reconnect back-off.
  package var jitterSeed: UInt64 = .random(in: 1 ... .max)

  /// User name and password of the URL count unless the session options have their own.
  package init(broker: BrokerURL, session: SessionOptions) {
    self.broker = broker
    self.session = session
    if session.username == nil, session.password == nil {
      self.session.username = broker.username
      self.session.password = broker.password
    }
  }
}
