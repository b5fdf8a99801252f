/// What a session tells the broker about itself, and the bounds it keeps.
///
/// Descriptions, debug output and mirrors leave out the password.
public struct SessionOptions: Sendable {
  public var version: ProtocolVersion
  /// May be empty; an MQTT 5 broker then assigns one, which later connections keep.
  public var clientID: String
  /// False keeps the broker's session over connections.
  public var cleanStart: Bool
  /// In seconds, zero being off; the broker may overrule it in CONNACK.
  public var keepAlive: UInt16
  public var username: String?
  public var password: Bytes?
  public var will: Will?
  /// What MQTT 5 adds to CONNECT, such as Receive Maximum.
  ///
  /// Its Session Expiry Interval starts as "never", because without one an MQTT 5 broker ends the
  /// session with the connection.
  public var connect: Connect.Properties
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
  /// From PINGREQ to any packet from the broker.
  public var pingTimeout: Duration
  /// The longest the broker may take to acknowledge one packet before the link counts as dead.
  public var acknowledgementTimeout: Duration
  public var backoff: Backoff
  /// Subscribe again on its own when the broker lost the session.
  public var resubscribe: Bool
  /// Which retained messages the broker sends for such a new SUBSCRIBE; MQTT 5 only.
  public var resubscribeRetainHandling: Subscription.RetainHandling
  /// How packet identifiers are chosen.
  public var packetIDOrder = PacketIDOrder.reserving
  /// Hold each PUBREL back until `Session.receivedRecorded(key:at:_:)`.
  public var recordsReceived: Bool
  public var delivery: DeliveryOptions

  public init(clientID: String, version: ProtocolVersion = .v5) {
    self.version = version
    self.clientID = clientID
    self.cleanStart = false
    self.keepAlive = 60
    self.username = nil
    self.password = nil
    self.will = nil
    self.connect = Connect.Properties()
    self.connect.sessionExpiryInterval = .max
    self.inflightMaximum = 1024
    self.queuedPublishesMaximum = 10_000
    self.queuedFiltersMaximum = 100_000
    self.filtersPerPacketMaximum = 256
    self.connectTimeout = .seconds(10)
    self.pingTimeout = .seconds(10)
    self.acknowledgementTimeout = .seconds(30)
    self.backoff = Backoff()
    self.resubscribe = true
    self.resubscribeRetainHandling = .ignore
    self.recordsReceived = false
    self.delivery = DeliveryOptions()
  }
}

extension SessionOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    "SessionOptions(clientID: \(clientID), version: \(version), cleanStart: \(cleanStart), "
      + "keepAlive: \(keepAlive) s, username: \(username == nil ? "none" : "set"), "
      + "password: \(password == nil ? "none" : "hidden"))"
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: ["options": description]) }
}
