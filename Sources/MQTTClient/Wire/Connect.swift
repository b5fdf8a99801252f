/// The first packet of a client. [MQTT 5.0, 3.1]
public struct Connect: Equatable, Sendable {
  public var version: ProtocolVersion
  public var clientID: String
  /// Clean Session in 3.1.1, Clean Start in 5.
  public var cleanStart: Bool
  /// In seconds; zero turns it off.
  public var keepAlive: UInt16
  public var username: String?
  public var password: Bytes?
  public var will: Will?
  public var properties: Properties

  public init(
    version: ProtocolVersion, clientID: String, cleanStart: Bool = true, keepAlive: UInt16 = 60,
    username: String? = nil, password: Bytes? = nil, will: Will? = nil,
    properties: Properties = Properties()
  ) {
    self.version = version
    self.clientID = clientID
    self.cleanStart = cleanStart
    self.keepAlive = keepAlive
    self.username = username
    self.password = password
    self.will = will
    self.properties = properties
  }

  /// What MQTT 5 adds to CONNECT. [MQTT 5.0, 3.1.2.11]
  public struct Properties: Equatable, Sendable {
    /// In seconds; `UInt32.max` never expires.
    public var sessionExpiryInterval: UInt32?
    public var receiveMaximum: UInt16?
    public var maximumPacketSize: UInt32?
    public var topicAliasMaximum: UInt16?
    public var requestResponseInformation: Bool?
    public var requestProblemInformation: Bool?
    public var userProperties: [UserProperty] = []
    public var authenticationMethod: String?
    public var authenticationData: Bytes?

    public init() {}
  }
}

/// The message the broker publishes when the client vanishes. [MQTT 5.0, 3.1.3.2]
public struct Will: Equatable, Sendable {
  public var topic: String
  public var payload: Bytes
  public var qos: QoS
  public var isRetained: Bool
  /// In seconds. [MQTT 5.0, 3.1.3.2.2]
  public var delayInterval: UInt32?
  /// `topicAlias` and `subscriptionIdentifiers` do not exist here and must stay empty.
  public var properties: Publish.Properties

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
  public var sessionPresent: Bool
  /// For 3.1.1 the return codes 1 to 5 appear as the MQTT 5 reason codes of the same meaning.
  public var reasonCode: ReasonCode
  public var properties: Properties

  public init(
    sessionPresent: Bool, reasonCode: ReasonCode, properties: Properties = Properties()
  ) {
    self.sessionPresent = sessionPresent
    self.reasonCode = reasonCode
    self.properties = properties
  }

  /// What MQTT 5 adds to CONNACK. [MQTT 5.0, 3.2.2.3]
  public struct Properties: Equatable, Sendable {
    public var sessionExpiryInterval: UInt32?
    public var receiveMaximum: UInt16?
    public var maximumQoS: QoS?
    public var retainAvailable: Bool?
    public var maximumPacketSize: UInt32?
    public var assignedClientIdentifier: String?
    public var topicAliasMaximum: UInt16?
    public var reasonString: String?
    public var userProperties: [UserProperty] = []
    public var wildcardSubscriptionAvailable: Bool?
    public var subscriptionIdentifiersAvailable: Bool?
    public var sharedSubscriptionAvailable: Bool?
    public var serverKeepAlive: UInt16?
    public var responseInformation: String?
    public var serverReference: String?
    public var authenticationMethod: String?
    public var authenticationData: Bytes?

    public init() {}
  }
}

/// The last packet of a connection, from either side. [MQTT 5.0, 3.14]
public struct Disconnect: Equatable, Sendable {
  public var reasonCode: ReasonCode
  public var sessionExpiryInterval: UInt32?
  public var reasonString: String?
  public var userProperties: [UserProperty]
  public var serverReference: String?

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
  public var reasonCode: ReasonCode
  public var authenticationMethod: String?
  public var authenticationData: Bytes?
  public var reasonString: String?
  public var userProperties: [UserProperty]

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
