/// The first packet of a client. [MQTT 5.0, 3.1]
package struct Connect: Equatable, Sendable {
  package var version: ProtocolVersion
  package var clientID: String
  /// Clean Session in 3.1.1, Clean Start in 5.
  package var cleanStart: Bool
  /// In seconds; zero turns it off.
  package var keepAlive: UInt16
  package var username: String?
  package var password: Bytes?
  package var will: Will?
  package var properties: Properties

  package init(
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
  package struct Properties: Equatable, Sendable {
    /// In seconds; `UInt32.max` never expires.
    package var sessionExpiryInterval: UInt32?
    package var receiveMaximum: UInt16?
    package var maximumPacketSize: UInt32?
    package var topicAliasMaximum: UInt16?
    package var requestResponseInformation: Bool?
    package var requestProblemInformation: Bool?
    package var userProperties: [UserProperty] = []
    package var authenticationMethod: String?
    package var authenticationData: Bytes?

    package init() {}
  }
}

/// The message the broker publishes when the client vanishes. [MQTT 5.0, 3.1.3.2]
package struct Will: Equatable, Sendable {
  package var topic: String
  package var payload: Bytes
  package var qos: QoS
  package var isRetained: Bool
  /// In seconds. [MQTT 5.0, 3.1.3.2.2]
  package var delayInterval: UInt32?
  /// `topicAlias` and `subscriptionIdentifiers` do not exist here and must stay empty.
  package var properties: Publish.Properties

  package init(
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
package struct ConnectAck: Equatable, Sendable {
  package var sessionPresent: Bool
  /// For 3.1.1 the return codes 1 to 5 appear as the MQTT 5 reason codes of the same meaning.
  package var reasonCode: ReasonCode
  package var properties: Properties

  package init(
    sessionPresent: Bool, reasonCode: ReasonCode, properties: Properties = Properties()
  ) {
    self.sessionPresent = sessionPresent
    self.reasonCode = reasonCode
    self.properties = properties
  }

  /// What MQTT 5 adds to CONNACK. [MQTT 5.0, 3.2.2.3]
  package struct Properties: Equatable, Sendable {
    package var sessionExpiryInterval: UInt32?
    package var receiveMaximum: UInt16?
    package var maximumQoS: QoS?
    package var retainAvailable: Bool?
    package var maximumPacketSize: UInt32?
    package var assignedClientIdentifier: String?
    package var topicAliasMaximum: UInt16?
    package var reasonString: String?
    package var userProperties: [UserProperty] = []
    package var wildcardSubscriptionAvailable: Bool?
    package var subscriptionIdentifiersAvailable: Bool?
    package var sharedSubscriptionAvailable: Bool?
    package var serverKeepAlive: UInt16?
    package var responseInformation: String?
    package var serverReference: String?
    package var authenticationMethod: String?
    package var authenticationData: Bytes?

    package init() {}
  }
}

/// The last packet of a connection, from either side. [MQTT 5.0, 3.14]
package struct Disconnect: Equatable, Sendable {
  package var reasonCode: ReasonCode
  package var sessionExpiryInterval: UInt32?
  package var reasonString: String?
  package var userProperties: [UserProperty]
  package var serverReference: String?

  package init(
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
package struct Auth: Equatable, Sendable {
  package var reasonCode: ReasonCode
  package var authenticationMethod: String?
  package var authenticationData: Bytes?
  package var reasonString: String?
  package var userProperties: [UserProperty]

  package init(
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
