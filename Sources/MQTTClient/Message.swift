/// An application message: what is published, and what a subscription brings.
///
/// The payload is shared, not copied, when the message is passed around. Descriptions, debug output
/// and mirrors show its length only.
public struct Message: Equatable, Sendable {
  /// What MQTT 5 adds to a message; MQTT 3.1.1 leaves it out. [MQTT 5.0, 3.3.2.3]
  public typealias Properties = Publish.Properties

  /// The topic name, without wildcards. [MQTT-3.3.2-2]
  public var topic: String
  /// The content, at most what the broker's Maximum Packet Size leaves room for.
  public var payload: Bytes
  /// How often it arrives; in a received message, what the subscription and the broker made of it.
  public var qos: QoS
  /// Published, whether the broker shall keep it for later subscribers; received, whether it had.
  ///
  /// A subscription with `retainAsPublished` gets the publisher's flag instead. [MQTT-3.3.1-12]
  public var isRetained: Bool
  /// Whether the broker may have sent it before, on an earlier connection; never set it yourself.
  public internal(set) var isDuplicate: Bool
  /// What MQTT 5 adds.
  public var properties: Properties

  /// A message with bytes for content.
  public init(
    _ topic: String, payload: some Sequence<UInt8>, qos: QoS = .atLeastOnce,
    isRetained: Bool = false, properties: Properties = Properties()
  ) {
    self.topic = topic
    self.payload = payload as? Bytes ?? Bytes(payload)
    self.qos = qos
    self.isRetained = isRetained
    isDuplicate = false
    self.properties = properties
  }

  /// A message with text for content, in UTF-8.
  ///
  /// The property Payload Format Indicator stays as `properties` has it.
  public init(
    _ topic: String, text: String = "", qos: QoS = .atLeastOnce, isRetained: Bool = false,
    properties: Properties = Properties()
  ) {
    self.init(
      topic, payload: Bytes(text.utf8), qos: qos, isRetained: isRetained, properties: properties)
  }

  /// A message published by a reusable policy.
  public init(_ topic: String, payload: some Sequence<UInt8>, _ options: PublishOptions) {
    self.init(
      topic, payload: payload, qos: options.qos, isRetained: options.isRetained,
      properties: options.properties)
  }

  package init(_ publish: Publish) {
    topic = publish.topic
    payload = publish.payload
    qos = publish.qos
    isRetained = publish.isRetained
    isDuplicate = publish.isDuplicate
    properties = publish.properties
  }

  /// The content as text; nil when it is not UTF-8.
  public var text: String? { String(validating: payload, as: UTF8.self) }

  package var publish: Publish {
    Publish(
      topic: topic, payload: payload, qos: qos, isRetained: isRetained, properties: properties)
  }
}

extension Message {
  /// Whether the publisher says that the content is UTF-8 text.
  public var payloadIsUTF8: Bool {
    get { properties.payloadIsUTF8 ?? false }
    set { properties.payloadIsUTF8 = newValue }
  }

  /// How many seconds the message is good for, on the way and at the broker; nil for ever.
  ///
  /// The time that it waits in this client counts. [MQTT-3.3.2-5]
  public var expiry: UInt32? {
    get { properties.messageExpiryInterval }
    set { properties.messageExpiryInterval = newValue }
  }

  /// What kind of content this is, such as a MIME type.
  public var contentType: String? {
    get { properties.contentType }
    set { properties.contentType = newValue }
  }

  /// Where an answer shall go. [MQTT 5.0, 4.10]
  public var responseTopic: String? {
    get { properties.responseTopic }
    set { properties.responseTopic = newValue }
  }

  /// What tells the requester which request is answered.
  public var correlationData: Bytes? {
    get { properties.correlationData }
    set { properties.correlationData = newValue }
  }

  /// The application's own names and values, in order.
  public var userProperties: [UserProperty] {
    get { properties.userProperties }
    set { properties.userProperties = newValue }
  }

  /// The first user property of this name.
  public func userProperty(_ name: String) -> String? {
    properties.userProperties.first { $0.name == name }?.value
  }

  /// An answer to this request: addressed to its response topic, with its correlation data.
  ///
  /// Nil when the message asks for no answer, or names a topic that cannot be published to.
  public func reply(payload: some Sequence<UInt8>, qos: QoS = .atLeastOnce) -> Message? {
    guard let responseTopic, TopicName.isValid(responseTopic) else { return nil }
    var reply = Message(responseTopic, payload: payload, qos: qos)
    reply.correlationData = correlationData
    return reply
  }

  /// An answer with text to this request; nil as `reply(payload:qos:)` says.
  public func reply(text: String, qos: QoS = .atLeastOnce) -> Message? {
    reply(payload: Bytes(text.utf8), qos: qos)
  }
}

extension Message: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Topic, length of the payload, QoS and retain flag.
  public var description: String {
    "Message(\(topic), \(payload.count) bytes, QoS \(qos.rawValue)\(isRetained ? ", retained" : ""))"
  }

  /// The same as the description, so that no dump shows more.
  public var debugDescription: String { description }

  /// What a dump shows: the description, and no secret.
  public var customMirror: Mirror {
    Mirror(
      self,
      children: [
        "topic": topic, "payload": "\(payload.count) bytes", "qos": qos,
        "isRetained": isRetained, "isDuplicate": isDuplicate, "properties": properties,
      ], displayStyle: .struct)
  }
}
