/// What a session tells the broker about itself, and the bounds it keeps.
///
/// Descriptions, debug output and mirrors leave out the password.
package struct SessionOptions: Sendable {
  package var version: ProtocolVersion
  /// May be empty; an MQTT 5 broker then assigns one, which later connections keep.
  package var clientID: String
  /// False keeps the broker's session over connections.
  package var cleanStart: Bool
  /// In seconds, zero being off; the broker may overrule it in CONNACK.
  package var keepAlive: UInt16
  package var username: String?
  package var password: Bytes?
  package var will: Will?
  /// What MQTT 5 adds to CONNECT, such as Receive Maximum.
  ///
  /// Its Session Expiry Interval starts as "never", because without one an MQTT 5 broker ends the
  /// session with the connection.
  package var connect: Connect.Properties
  /// At most this many QoS 1 and 2 publishes are unacknowledged; the broker may want fewer.
  package var inflightMaximum: Int
  /// At most this many QoS 1 and 2 publishes wait to be sent; more finish as `.queueFull`.
  package var queuedPublishesMaximum: Int
  /// At most this many topic filters wait in SUBSCRIBE and UNSUBSCRIBE requests; more are answered
  /// with the reason code "quota exceeded".
  package var queuedFiltersMaximum: Int
  /// At most this many topic filters go into one SUBSCRIBE or UNSUBSCRIBE.
  package var filtersPerPacketMaximum: Int
  /// From the wish for a link to CONNACK, over all steps together.
  package var connectTimeout: Duration
  /// From PINGREQ to any packet from the broker.
  package var pingTimeout: Duration
  /// The longest the broker may take to acknowledge one packet before the link counts as dead.
  package var acknowledgementTimeout: Duration
  package var backoff: Backoff
  /// Subscribe again on its own when the broker lost the session.
  package var resubscribe: Bool
  /// Which retained messages the broker sends for such a new SUBSCRIBE; MQTT 5 only.
  package var resubscribeRetainHandling: Subscription.RetainHandling
  /// Hold each PUBREL back until `Session.receivedRecorded(key:at:_:)`.
  package var recordsReceived: Bool

  package init(clientID: String, version: ProtocolVersion = .v5) {
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
  }
}

extension SessionOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String {
    "SessionOptions(clientID: \(clientID), version: \(version), cleanStart: \(cleanStart), "
      + "keepAlive: \(keepAlive) s, username: \(username == nil ? "none" : "set"), "
      + "password: \(password == nil ? "none" : "hidden"))"
  }

  package var debugDescription: String { description }

  package var customMirror: Mirror { Mirror(self, children: ["options": description]) }
}
