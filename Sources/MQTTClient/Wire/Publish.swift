/// An application message on its way, in either direction. [MQTT 5.0, 3.3]
public struct Publish: Equatable, Sendable {
  /// What the message is about: a topic name without wildcards.
  ///
  /// Up to 65,535 bytes of UTF-8; empty only when a topic alias stands for it. [MQTT-3.3.2-1]
  /// [MQTT-3.3.2-2]
  public var topic: String
  /// The message itself: any bytes, as many as fit into the packet. [MQTT 5.0, 3.3.3]
  public var payload: Bytes
  /// How often the message arrives. [MQTT 5.0, 3.3.1.2]
  public var qos: QoS
  /// To the broker: keep it for later subscribers; from the broker: it was kept.
  ///
  /// [MQTT 5.0, 3.3.1.3]
  public var isRetained: Bool
  /// Whether the same PUBLISH went out before; never at QoS 0. [MQTT-3.3.1-1] [MQTT-3.3.1-2]
  public var isDuplicate: Bool
  /// What its acknowledgements name; present exactly when the QoS is 1 or 2. [MQTT-2.2.1-2]
  public var packetID: PacketID?
  /// What only MQTT 5 has; must be empty in 3.1.1.
  public var properties: Properties

  /// Makes a PUBLISH; every argument is the field of its name.
  public init(
    topic: String, payload: Bytes, qos: QoS = .atMostOnce, isRetained: Bool = false,
    isDuplicate: Bool = false, packetID: PacketID? = nil, properties: Properties = Properties()
  ) {
    self.topic = topic
    self.payload = payload
    self.qos = qos
    self.isRetained = isRetained
    self.isDuplicate = isDuplicate
    self.packetID = packetID
    self.properties = properties
  }

  /// What MQTT 5 adds to a message. [MQTT 5.0, 3.3.2.3]
  public struct Properties: Equatable, Sendable {
    /// Whether the payload is declared to be UTF-8 text; nil says nothing about it.
    ///
    /// [MQTT 5.0, 3.3.2.3.2]
    public var payloadIsUTF8: Bool? {
      get { values?.payloadIsUTF8 }
      set { change { $0.payloadIsUTF8 = newValue } }
    }
    /// How long the message is worth delivering, in seconds; nil means for ever.
    ///
    /// From a broker it is what is left of that. [MQTT 5.0, 3.3.2.3.3]
    public var messageExpiryInterval: UInt32? {
      get { values?.messageExpiryInterval }
      set { change { $0.messageExpiryInterval = newValue } }
    }
    /// A number that stands for the topic on this connection, from 1. [MQTT-3.3.2-8]
    public var topicAlias: UInt16? {
      get { values?.topicAlias }
      set { change { $0.topicAlias = newValue } }
    }
    /// Where an answer is expected: a topic name without wildcards. [MQTT-3.3.2-14]
    public var responseTopic: String? {
      get { values?.responseTopic }
      set { change { $0.responseTopic = newValue } }
    }
    /// What the answer must carry for its asker to know it, up to 65,535 bytes.
    ///
    /// [MQTT 5.0, 3.3.2.3.6]
    public var correlationData: Bytes? {
      get { values?.correlationData }
      set { change { $0.correlationData = newValue } }
    }
    /// The application's own names and values, in order. [MQTT-3.3.2-18]
    public var userProperties: [UserProperty] {
      get { values?.userProperties ?? [] }
      _modify {
        var values = take()
        defer { put(values) }
        yield &values.userProperties
      }
    }
    /// The subscriptions that the message matched; only from the broker. [MQTT-3.3.4-6]
    public var subscriptionIdentifiers: [UInt32] {
      get { values?.subscriptionIdentifiers ?? [] }
      _modify {
        var values = take()
        defer { put(values) }
        yield &values.subscriptionIdentifiers
      }
    }
    /// What the payload is, as a MIME type or any other text. [MQTT 5.0, 3.3.2.3.9]
    public var contentType: String? {
      get { values?.contentType }
      set { change { $0.contentType = newValue } }
    }

    /// Stored apart, because few messages have any, and a message is moved often.
    private enum Storage: Equatable, Sendable {
      case none
      indirect case some(PublishPropertyValues)
    }

    private var storage = Storage.none

    /// Makes properties of which none is set.
    public init() {}

    /// Whether none is set.
    var isEmpty: Bool {
      switch storage {
      case .none: true
      case .some: false
      }
    }

    private var values: PublishPropertyValues? {
      switch storage {
      case .none: nil
      case .some(let values): values
      }
    }

    private mutating func change(_ body: (inout PublishPropertyValues) -> Void) {
      var values = take()
      body(&values)
      put(values)
    }

    /// Leaves nothing behind, so that a long list grows in its place.
    private mutating func take() -> PublishPropertyValues {
      let values = values ?? PublishPropertyValues()
      storage = .none
      return values
    }

    private mutating func put(_ values: consuming PublishPropertyValues) {
      storage = values.isEmpty ? .none : .some(values)
    }
  }
}

/// What `Publish.Properties` stands for when any is set.
private struct PublishPropertyValues: Equatable, Sendable {
  var payloadIsUTF8: Bool?
  var messageExpiryInterval: UInt32?
  var topicAlias: UInt16?
  var responseTopic: String?
  var correlationData: Bytes?
  var userProperties: [UserProperty] = []
  var subscriptionIdentifiers: [UInt32] = []
  var contentType: String?

  var isEmpty: Bool {
    payloadIsUTF8 == nil && messageExpiryInterval == nil && topicAlias == nil
      && responseTopic == nil && correlationData == nil && userProperties.isEmpty
      && subscriptionIdentifiers.isEmpty && contentType == nil
  }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP. [MQTT 5.0, 3.4 to 3.7]
public struct PublishReply: Equatable, Sendable {
  /// The packet identifier of the PUBLISH. [MQTT-2.2.1-5]
  public var packetID: PacketID
  /// What became of the message; MQTT 3.1.1 has only success.
  public var reasonCode: ReasonCode
  /// An explanation for people; programs must not read it.
  public var reasonString: String?
  /// The sender's own names and values, in order.
  public var userProperties: [UserProperty]

  /// Makes an acknowledgement; every argument is the field of its name.
  public init(
    _ packetID: PacketID, _ reasonCode: ReasonCode = .success, reasonString: String? = nil,
    userProperties: [UserProperty] = []
  ) {
    self.packetID = packetID
    self.reasonCode = reasonCode
    self.reasonString = reasonString
    self.userProperties = userProperties
  }
}
