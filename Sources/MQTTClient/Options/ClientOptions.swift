/// Everything a client can be told: which servers, as whom, through what, and within which bounds.
///
/// Descriptions, debug output and mirrors show neither credentials nor URLs with secrets.
public struct ClientOptions: Sendable {
  /// In which order the servers of `servers` are tried.
  public enum ServerOrder: String, Equatable, Sendable, CaseIterable {
    /// As listed; every new connection begins with the first one again.
    case inOrder = "in_order"
    /// In a new random order for every new connection.
    case shuffled
  }

  /// Where the broker may be; not empty.
  ///
  /// One attempt to connect goes through the list until a server answers; each server that is not
  /// the last one left gets an equal share of the time that remains. A server that refuses by CONNACK
  /// ends the attempt, and the next attempt begins with the server after it. Once a connection was
  /// accepted, the next one begins at the front. Only scheme, host, port, path, user name and
  /// password of a URL count here; its query items were applied by the initialiser.
  public var servers: [BrokerURL]
  /// In which order `servers` are tried.
  public var serverOrder = ServerOrder.inOrder
  /// What the session tells the broker, and its bounds.
  ///
  /// The connect time-out in here bounds everything together from the preparing hook to CONNACK.
  /// User name and password in here count before those of a server's URL.
  public var session: SessionOptions
  /// How the operating system treats the connections.
  public var network = NetworkOptions()
  /// How connections are secured, for servers with `mqtts` and `wss`.
  ///
  /// An HTTPS proxy has options of its own for the way to it.
  public var tls = TLSOptions()
  /// How MQTT goes over a WebSocket, for servers with `ws` and `wss`.
  public var webSocket = WebSocketOptions()
  /// The proxy in front of every server that is no Unix socket; nil connects directly.
  public var proxy: ProxyOptions?
  /// Makes the connections instead of the library; nil lets the library do it.
  public var connector: Connector?
  /// Runs before each attempt to connect and may change what it uses; nil changes nothing.
  ///
  /// The connect time-out covers it, and it is cancelled together with its attempt. An error fails
  /// the attempt.
  public var prepareAttempt: (@Sendable (ConnectAttempt) async throws -> ConnectAttempt)?
  /// The head start of each address of a server before the next one is tried too. [RFC 8305]
  public var dialStagger: Duration = .milliseconds(250)
  /// A broker that takes no byte for this long, while bytes wait for it, is given up.
  public var writeStallTimeout: Duration = .seconds(20)
  /// A connection whose last bytes, such as DISCONNECT, do not get on for this long is cut.
  public var closeTimeout: Duration = .seconds(2)
  /// While this many bytes wait for the socket, requests stay in their queue.
  ///
  /// Reading, acknowledging and pinging go on. The bound is soft: what the session sends by itself,
  /// as after a reconnect, is limited by its in-flight maximum.
  public var outgoingBytesMax = 1 << 20
  /// Requests that may wait for the client's thread; more are refused at once.
  public var mailboxCapacity = 16_384
  /// Requests handled before the sockets get their turn again.
  public var messagesPerTurn = 1024
  /// Bytes of one read.
  public var readBytes = 64 << 10
  /// Reads before the requests get their turn again.
  public var readsPerTurn = 4
  /// Keeps unfinished publishes and deliveries over the end of the process; nil keeps nothing.
  ///
  /// For one client at a time.
  public var sessionStore: (any SessionStore)?
  /// The identifiers of the QoS 2 deliveries that an earlier process kept, acknowledged or not, and
  /// that were not released; for an application without a `sessionStore`.
  ///
  /// A repetition of them is answered and not delivered. What comes under one of them all the same is
  /// another message of a younger session, whose identifier takes the place of the kept one.
  package var restoredInbound: [RestoredDelivery] = []
  /// Sees every packet, without passwords and payloads; nil costs nothing.
  public var trace: PacketTrace?
  /// Seeds the jitter of the reconnect back-off and the order of servers; nil draws a seed.
  package var jitterSeed: UInt64?

  /// Options for a broker given as a URL, whose query items may set most of the options.
  ///
  /// `mqtts://user:secret@broker.example?client_id=meter-7&keep_alive=30s`. See `BrokerURL` for the
  /// forms and `URLOption.all` for the items. Without the item `client_id` the identifier is empty, so
  /// that an MQTT 5 broker assigns one.
  public init(_ url: String) throws(BrokerURLError) {
    self.init(servers: [try BrokerURL(url)], session: SessionOptions(clientID: ""))
  }

  /// Options for one broker; the URL's query items are applied to them.
  public init(broker: BrokerURL, session: SessionOptions) {
    self.init(servers: [broker], session: session)
  }

  /// Options for servers that all serve the same clients.
  ///
  /// The query items of all URLs are applied in order, so of two the later one counts.
  public init(servers: [BrokerURL], session: SessionOptions) {
    self.servers = servers
    self.session = session
    for server in servers { server.apply(to: &self) }
  }
}

extension ClientOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The servers and the session, without secrets.
  public var description: String {
    "ClientOptions(servers: \(servers.map(\.description)), session: \(session), "
      + "proxy: \(proxy?.description ?? "none"), "
      + "connector: \(connector == nil ? "none" : "set"), "
      + "prepareAttempt: \(prepareAttempt == nil ? "none" : "set"))"
  }

  /// The same as `description`.
  public var debugDescription: String { description }

  /// Shows the description only.
  public var customMirror: Mirror { Mirror(self, children: ["options": description]) }
}
