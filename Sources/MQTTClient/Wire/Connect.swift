/// The first packet of a client. [MQTT 5.0, 3.1]
public struct Connect: Equatable, Sendable {
  /// The protocol that this connection speaks from here on. [MQTT 5.0, 3.1.2.2]
  public var version: ProtocolVersion
  /// Who the client is: the name of its session at the broker. [MQTT-3.1.3-2]
  ///
  /// Up to 65,535 bytes of UTF-8. Empty, the broker chooses one; 3.1.1 then needs a clean start.
  /// [MQTT 3.1.1, 3.1.3.1]
  public var clientID: String
  /// Whether the broker forgets an earlier session of this client first.
  ///
  /// Clean Session in 3.1.1, where it also ends the session with the connection; Clean Start in 5.
  /// [MQTT 5.0, 3.1.2.4]
  public var cleanStart: Bool
  /// The longest time between two packets of the client, in seconds; zero turns it off.
  ///
  /// [MQTT 5.0, 3.1.2.10]
  public var keepAlive: UInt16
  /// The user name, up to 65,535 bytes of UTF-8; nil leaves the field out. [MQTT 5.0, 3.1.3.5]
  public var username: String?
  /// The password or token, up to 65,535 bytes of any kind; nil leaves the field out.
  ///
  /// MQTT 3.1.1 has none without a user name. [MQTT 5.0, 3.1.3.6]
  public var password: Bytes?
  /// What the broker publishes when the client vanishes; nil for nothing. [MQTT 5.0, 3.1.2.5]
  public var will: Will?
  /// The highest bit of the protocol level, by which Mosquitto knows a bridge; MQTT 3.1.1 only.
  public var isBridge: Bool
  /// What only MQTT 5 has; must be empty in 3.1.1.
  public var properties: Properties

  /// Makes a CONNECT; every argument is the field of its name.
  public init(
    version: ProtocolVersion, clientID: String, cleanStart: Bool = true, keepAlive: UInt16 = 60,
    username: String? = nil, password: Bytes? = nil, will: Will? = nil, isBridge: Bool = false,
    properties: Properties = Properties()
  ) {
    self.version = version
    self.clientID = clientID
    self.cleanStart = cleanStart
    self.keepAlive = keepAlive
    self.username = username
    self.password = password
    self.will = will
    self.isBridge = isBridge
    self.properties = properties
  }

  /// What MQTT 5 adds to CONNECT. [MQTT 5.0, 3.1.2.11]
  public struct Properties: Equatable, Sendable {
    /// How long the broker keeps the session after the connection, in seconds.
    ///
    /// Nil and zero end it with the connection, `UInt32.max` never does. [MQTT 5.0, 3.1.2.11.2]
    public var sessionExpiryInterval: UInt32?
    /// How many QoS 1 and 2 messages the broker may send ahead of their acknowledgements.
    ///
    /// From 1; nil means 65,535. [MQTT 5.0, 3.1.2.11.3]
    public var receiveMaximum: UInt16?
    /// The largest packet that the client takes, in bytes with its fixed header.
    ///
    /// From 1; nil sets no limit. [MQTT 5.0, 3.1.2.11.4]
    public var maximumPacketSize: UInt32?
    /// The highest topic alias that the broker may use; nil and zero forbid them.
    ///
    /// [MQTT 5.0, 3.1.2.11.5]
    public var topicAliasMaximum: UInt16?
    /// Whether CONNACK should name a base for response topics; nil means no.
    ///
    /// [MQTT 5.0, 3.1.2.11.6]
    public var requestResponseInformation: Bool?
    /// Whether any packet may explain a failure by reason string and user properties.
    ///
    /// Nil means yes. [MQTT-3.1.2-29]
    public var requestProblemInformation: Bool?
    /// The application's own names and values, in order. [MQTT 5.0, 3.1.2.11.8]
    public var userProperties: [UserProperty] = []
    /// The name of the enhanced authentication to use; nil for none. [MQTT 5.0, 3.1.2.11.9]
    public var authenticationMethod: String?
    /// The first message of that authentication, up to 65,535 bytes.
    ///
    /// Only together with a method. [MQTT 5.0, 3.1.2.11.10]
    public var authenticationData: Bytes?

    /// Makes properties of which none is set.
    public init() {}
  }
}

/// The message the broker publishes when the client vanishes. [MQTT 5.0, 3.1.3.2]
public struct Will: Equatable, Sendable {
  /// Where the broker publishes it: a topic name without wildcards. [MQTT-3.1.3-11]
  public var topic: String
  /// The message itself, up to 65,535 bytes. [MQTT 5.0, 3.1.3.4]
  public var payload: Bytes
  /// The QoS at which the broker publishes it. [MQTT-3.1.2-12]
  public var qos: QoS
  /// Whether the broker keeps it for later subscribers. [MQTT 5.0, 3.1.2.7]
  public var isRetained: Bool
  /// How long the broker waits with it for the client to come back, in seconds.
  ///
  /// Nil and zero mean not at all; the end of the session ends the wait. MQTT 5 only. [MQTT 5.0,
  /// 3.1.3.2.2]
  public var delayInterval: UInt32?
  /// What only MQTT 5 has.
  ///
  /// `topicAlias` and `subscriptionIdentifiers` do not exist here and must stay empty.
  public var properties: Publish.Properties

  /// Makes a will; every argument is the field of its name.
  public init(
    topic: String, payload: Bytes, qos: QoS = .atMostOnce, isRetained: Bool = false,
    delayInterval: UInt32? = nil, properties: Publish.Properties = Publish.Properties()
  ) {
    self.topic = topic
    self.payload = payload
    self.qos = qos
    self.isRetained = isRetained
    self.delayInterval = delayInterval
    self.properties = properties
  }
}

/// The broker's answer to CONNECT. [MQTT 5.0, 3.2]
public struct ConnectAck: Equatable, Sendable {
  /// Whether the broker goes on with a session it had of this client. [MQTT 5.0, 3.2.2.1.1]
  public var sessionPresent: Bool
  /// Success, or why the broker refuses the connection.
  ///
  /// For 3.1.1 the return codes 1 to 5 appear as the MQTT 5 reason codes of the same meaning.
  public var reasonCode: ReasonCode
  /// What only MQTT 5 has; must be empty in 3.1.1.
  public var properties: Properties

  /// Makes a CONNACK; every argument is the field of its name.
  public init(
    sessionPresent: Bool, reasonCode: ReasonCode, properties: Properties = Properties()
  ) {
    self.sessionPresent = sessionPresent
    self.reasonCode = reasonCode
    self.properties = properties
  }

  /// What MQTT 5 adds to CONNACK. [MQTT 5.0, 3.2.2.3]
  public struct Properties: Equatable, Sendable {
    /// How long the broker keeps the session, in seconds; nil means as the client asked.
    ///
    /// [MQTT 5.0, 3.2.2.3.2]
    public var sessionExpiryInterval: UInt32?
    /// How many unacknowledged QoS 1 and 2 publishes the broker takes; nil means 65,535.
    ///
    /// [MQTT 5.0, 3.2.2.3.3]
    public var receiveMaximum: UInt16?
    /// The highest QoS that the broker takes, 0 or 1; nil means 2. [MQTT-3.2.2-11]
    public var maximumQoS: QoS?
    /// Whether the broker keeps retained messages; nil means yes. [MQTT-3.2.2-14]
    public var retainAvailable: Bool?
    /// The largest packet that the broker takes, in bytes; nil sets no limit. [MQTT-3.2.2-15]
    public var maximumPacketSize: UInt32?
    /// The name that the broker gave a client which sent none. [MQTT-3.2.2-16]
    public var assignedClientIdentifier: String?
    /// The highest topic alias that the client may use; nil and zero forbid them.
    ///
    /// [MQTT-3.2.2-17] [MQTT-3.2.2-18]
    public var topicAliasMaximum: UInt16?
    /// An explanation for people; programs must not read it. [MQTT 5.0, 3.2.2.3.9]
    public var reasonString: String?
    /// The broker's own names and values, in order. [MQTT 5.0, 3.2.2.3.10]
    public var userProperties: [UserProperty] = []
    /// Whether filters may have wildcards; nil means yes. [MQTT 5.0, 3.2.2.3.11]
    public var wildcardSubscriptionAvailable: Bool?
    /// Whether subscriptions may have identifiers; nil means yes. [MQTT 5.0, 3.2.2.3.12]
    public var subscriptionIdentifiersAvailable: Bool?
    /// Whether subscriptions may be shared; nil means yes. [MQTT 5.0, 3.2.2.3.13]
    public var sharedSubscriptionAvailable: Bool?
    /// The keep-alive that counts in place of the client's, in seconds. [MQTT-3.2.2-21]
    public var serverKeepAlive: UInt16?
    /// A base for the client's response topics, if it asked. [MQTT 5.0, 3.2.2.3.15]
    public var responseInformation: String?
    /// Other brokers to use, separated by spaces, with a code that says so. [MQTT 5.0, 4.11]
    public var serverReference: String?
    /// The authentication method of CONNECT again. [MQTT-4.12.0-5]
    public var authenticationMethod: String?
    /// The broker's last message of that authentication. [MQTT 5.0, 3.2.2.3.18]
    public var authenticationData: Bytes?

    /// Makes properties of which none is set.
    public init() {}
  }
}

/// The last packet of a connection, from either side. [MQTT 5.0, 3.14]
public struct Disconnect: Equatable, Sendable {
  /// Why the connection ends; MQTT 3.1.1 has only success. [MQTT 5.0, 3.14.2.1]
  public var reasonCode: ReasonCode
  /// How long the broker shall keep the session from now on, in seconds.
  ///
  /// Only a client may send it, and none that began with zero. [MQTT 5.0, 3.14.2.2.2]
  public var sessionExpiryInterval: UInt32?
  /// An explanation for people; programs must not read it. [MQTT 5.0, 3.14.2.2.3]
  public var reasonString: String?
  /// The sender's own names and values, in order. [MQTT 5.0, 3.14.2.2.4]
  public var userProperties: [UserProperty]
  /// Other brokers to use, separated by spaces; only from a broker. [MQTT 5.0, 4.11]
  public var serverReference: String?

  /// Makes a DISCONNECT; every argument is the field of its name.
  public init(
    _ reasonCode: ReasonCode = .success, sessionExpiryInterval: UInt32? = nil,
    reasonString: String? = nil, userProperties: [UserProperty] = [],
    serverReference: String? = nil
  ) {
    self.reasonCode = reasonCode
    self.sessionExpiryInterval = sessionExpiryInterval
    self.reasonString = reasonString
    self.userProperties = userProperties
    self.serverReference = serverReference
  }
}

/// One step of enhanced authentication; MQTT 5 only. [MQTT 5.0, 3.15]
public struct Auth: Equatable, Sendable {
  /// Success, continue, or begin again. [MQTT 5.0, 3.15.2.1]
  public var reasonCode: ReasonCode
  /// The method that CONNECT named; always there on the wire. [MQTT-4.12.0-5]
  public var authenticationMethod: String?
  /// One message of the method, up to 65,535 bytes. [MQTT 5.0, 3.15.2.2.3]
  public var authenticationData: Bytes?
  /// An explanation for people; programs must not read it. [MQTT 5.0, 3.15.2.2.4]
  public var reasonString: String?
  /// The sender's own names and values, in order. [MQTT 5.0, 3.15.2.2.5]
  public var userProperties: [UserProperty]

  /// Makes an AUTH; every argument is the field of its name.
  public init(
    _ reasonCode: ReasonCode = .success, authenticationMethod: String? = nil,
    authenticationData: Bytes? = nil, reasonString: String? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.reasonCode = reasonCode
    self.authenticationMethod = authenticationMethod
    self.authenticationData = authenticationData
    self.reasonString = reasonString
    self.userProperties = userProperties
  }
}
