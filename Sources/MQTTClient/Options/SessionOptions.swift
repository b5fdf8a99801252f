/// What a session tells the broker about itself, and the bounds it keeps.
///
/// Descriptions, debug output and mirrors leave out user name, password and will.
public struct SessionOptions: Sendable {
  /// The protocol version; the client never changes it by itself.
  public var version: ProtocolVersion
  /// May be empty; an MQTT 5 broker then assigns one, which later connections keep.
  public var clientID: String
  /// False keeps the broker's session over connections.
  public var cleanStart: Bool
  /// What to do when the broker has a session of which this client knows nothing.
  public var unknownSession: UnknownSession
  /// In seconds, zero being off; the broker may overrule it in CONNACK.
  public var keepAlive: UInt16
  /// Says in CONNECT that this client is a bridge between brokers; MQTT 3.1.1 only.
  ///
  /// Mosquitto then does not send it its own messages back. In MQTT 5 a subscription's "no local"
  /// does that, so the flag is left out.
  public var isBridge: Bool
  /// The name for the broker to check; nil sends none.
  public var username: String?
  /// Any bytes, even none; nil sends no password.
  ///
  /// MQTT 3.1.1 allows one only with a user name.
  public var password: Bytes?
  /// The message the broker publishes if the client vanishes.
  public var will: Will?
  /// What MQTT 5 adds to CONNECT, such as Receive Maximum.
  ///
  /// Its Session Expiry Interval starts as "never", because without one an MQTT 5 broker ends the
  /// session with the connection. An `authenticator` takes the place of its authentication method
  /// and data, which by themselves do for methods of a single message.
  public var connect: Connect.Properties
  /// What to do when the broker exceeds the Receive Maximum of `connect`; MQTT 5 only.
  public var receiveMaximumExcess: ReceiveMaximumExcess
  /// Proves the client's identity by an exchange with the broker; MQTT 5 only.
  public var authenticator: (any Authenticator)?
  /// The longest that one exchange of the authenticator may take; while connecting, the connect
  /// time-out bounds it too.
  public var authenticationTimeout: Duration
  /// Lets the broker begin a re-authentication, which MQTT reserves for clients.
  ///
  /// Otherwise it is a protocol error, which ends the connection.
  public var allowsBrokerReauthentication: Bool
  /// At most this many QoS 1 and 2 publishes are unacknowledged; the broker may want fewer.
  public var inflightMaximum: Int
  /// At most this many QoS 1 and 2 publishes wait to be sent; more finish as `.queueFull`.
  public var queuedPublishesMaximum: Int
  /// At most this many topic filters wait in SUBSCRIBE and UNSUBSCRIBE requests; more are answered
  /// with the reason code "quota exceeded".
  public var queuedFiltersMaximum: Int
  /// At most this many topic filters go into one SUBSCRIBE or UNSUBSCRIBE.
  public var filtersPerPacketMaximum: Int
  /// From the wish for a link to CONNACK, over all steps together.
  public var connectTimeout: Duration
  /// PINGREQ goes out when for this share of the keep-alive interval nothing was sent, or nothing
  /// received; from 0.1 to 1.
  public var pingFraction: Double
  /// From the wish to send PINGREQ to any packet from the broker.
  public var pingTimeout: Duration
  /// The longest the broker may take to acknowledge one packet before the link counts as dead.
  public var acknowledgementTimeout: Duration
  /// Whether and when to connect again.
  public var reconnect: ReconnectPolicy
  /// What to do when the broker names another server; MQTT 5 only.
  public var redirect: RedirectPolicy
  /// Subscribe again on its own when the broker lost the session.
  public var resubscribe: Bool
  /// Which retained messages the broker sends for such a new SUBSCRIBE; MQTT 5 only.
  public var resubscribeRetainHandling: Subscription.RetainHandling
  /// How packet identifiers are chosen.
  public var packetIDOrder = PacketIDOrder.reserving
  /// Hold each PUBREL back until `Session.receivedRecorded(key:at:_:)`, and each PUBLISH that begins
  /// again after its PUBREC until `Session.restartRecorded(key:at:_:)`.
  public var recordsReceived: Bool
  /// Hold each PUBCOMP back until `LinkContext.releasedRecorded`, so that an application that keeps
  /// the identifiers of QoS 2 deliveries itself forgets them first.
  package var recordsReleased = false
  /// How publishes wait, leave and end.
  public var delivery: DeliveryOptions

  /// Makes the options of a client whose session outlives its connections.
  public init(clientID: String, version: ProtocolVersion = .v5) {
    self.version = version
    self.clientID = clientID
    self.cleanStart = false
    self.unknownSession = .use
    self.keepAlive = 60
    self.isBridge = false
    self.username = nil
    self.password = nil
    self.will = nil
    self.connect = Connect.Properties()
    self.connect.sessionExpiryInterval = .max
    self.receiveMaximumExcess = .tolerate
    self.authenticator = nil
    self.authenticationTimeout = .seconds(10)
    self.allowsBrokerReauthentication = false
    self.inflightMaximum = 1024
    self.queuedPublishesMaximum = 10_000
    self.queuedFiltersMaximum = 100_000
    self.filtersPerPacketMaximum = 256
    self.connectTimeout = .seconds(10)
    self.pingFraction = 0.75
    self.pingTimeout = .seconds(10)
    self.acknowledgementTimeout = .seconds(30)
    self.reconnect = ReconnectPolicy()
    self.redirect = .ignore
    self.resubscribe = true
    self.resubscribeRetainHandling = .ignore
    self.recordsReceived = false
    self.delivery = DeliveryOptions()
  }

  /// What a client does on its first connection if the broker already has a session for it.
  public enum UnknownSession: Equatable, Sendable {
    /// Goes on with the broker's session, since an earlier process may have begun it.
    case use
    /// Ends the connection with "protocol error", which is the letter of the protocol for a client
    /// that keeps nothing itself. [MQTT-3.2.2-4]
    case refuse
  }
}

/// What a client does with messages of QoS 1 and 2 beyond the Receive Maximum that it announced.
public enum ReceiveMaximumExcess: Equatable, Sendable {
  /// Takes and acknowledges them like any others, counts them, and tells once per connection.
  ///
  /// Mosquitto 2.0 with `max_inflight_messages 0` sends the whole backlog of a resumed session at
  /// once: a client that leaves for that is sent the same again and never catches up. What can be
  /// unacknowledged is then bounded by the 65,535 packet identifiers, beyond which the connection
  /// ends all the same.
  case tolerate
  /// Ends the connection with the reason code "receive maximum exceeded". [MQTT-3.3.4-9]
  case disconnect
}

extension SessionOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The most important options, without secrets.
  public var description: String {
    "SessionOptions(clientID: \(clientID), version: \(version), cleanStart: \(cleanStart), "
      + "keepAlive: \(keepAlive) s, username: \(username == nil ? "none" : "set"), "
      + "password: \(password == nil ? "none" : "hidden"), "
      + "authentication: \(authenticationMethod ?? "none"))"
  }

  /// The same as `description`.
  public var debugDescription: String { description }

  /// Shows what `description` says.
  public var customMirror: Mirror { Mirror(self, children: ["options": description]) }
}

extension SessionOptions {
  /// The method that CONNECT names.
  var authenticationMethod: String? {
    version == .v5 ? authenticator?.method ?? connect.authenticationMethod : nil
  }
}
