import HTTPFront
import JSONText
import MQTTClient

/// A publish request while its fields are collected from path, query, headers and body.
///
/// A field may be given once: two places that could disagree are refused rather than ranked.
struct PublishDraft {
  /// Where a field was given, for the error text.
  enum Source: String {
    case path = "the path"
    case query = "the query"
    case header = "a header"
    case body = "the body"
  }

  var topic: String?
  var payload: [UInt8] = []
  var qos: QoS?
  var retain: Bool?
  var properties = Publish.Properties()
  var acknowledgement: AckLevel?
  /// In seconds; zero never gives up.
  var expiresIn: Int?
  var idempotencyKey: String?
  /// What the key is bound to beside the message: all messages of a batch that has one key.
  var batchDigest: [UInt8] = []
  /// Whether it may be stored without a key although the configuration wants keys.
  var needsNoKey = false
  /// Fields that are not of the message, as they were given; which there are says the route.
  var extras: [String: String] = [:]
  var extraNames: Set<String> = []
  /// A field that only MQTT 5 carries was asked for in so many words.
  private(set) var needsMQTT5 = false
  /// Few, so that looking through them is quicker than hashing.
  private var sources: [(field: String, source: Source)] = []

  /// Every field that text can set, in the order of the alphabet.
  static var fieldNames: [String] { setters.keys.sorted() }

  /// Every field that text can set here.
  var names: [String] { (Self.fieldNames + extraNames).sorted() }

  func isGiven(_ field: String) -> Bool { source(of: field) != nil }

  private func source(of field: String) -> Source? {
    for given in sources where given.field == field { return given.source }
    return nil
  }

  /// Notes that the field is given here, or says where it was given before.
  mutating func claim(_ field: String, _ source: Source) throws(Problem) {
    if let earlier = self.source(of: field) {
      let places =
        earlier == source
        ? "twice in \(source.rawValue)" : "in \(earlier.rawValue) and in \(source.rawValue)"
      throw Problem(
        .badParameter, detail: "'\(field)' is given \(places)", hint: "give '\(field)' once")
    }
    if sources.isEmpty { sources.reserveCapacity(8) }
    sources.append((field, source))
  }

  /// Sets a field from text; false when there is no such field.
  mutating func set(_ field: String, _ text: String, _ source: Source) throws(Problem) -> Bool {
    guard let setter = Self.setters[field] else {
      guard extraNames.contains(field) else { return false }
      try claim(field, source)
      extras[field] = text
      return true
    }
    try claim(field, source)
    try setter(&self, text)
    return true
  }

  private typealias Setter = @Sendable (inout PublishDraft, String) throws(Problem) -> Void

  private static let setters: [String: Setter] = [
    "topic": { (draft, text) throws(Problem) in draft.topic = text },
    "qos": { (draft, text) throws(Problem) in draft.qos = try FieldText.qos(text) },
    "retain": { (draft, text) throws(Problem) in draft.retain = try FieldText.flag("retain", text)
    },
    "ack": { (draft, text) throws(Problem) in draft.acknowledgement = try FieldText.ack(text) },
    "expires_in": { (draft, text) throws(Problem) in
      draft.expiresIn = try FieldText.number("expires_in", text, 0...Int(UInt32.max))
    },
    "idempotency_key": { (draft, text) throws(Problem) in
      draft.idempotencyKey = try IdempotencyKey.read(field: text)
    },
    "content_type": { (draft, text) throws(Problem) in
      draft.properties.contentType = try FieldText.mqttString("content_type", text)
      draft.needsMQTT5 = true
    },
    "message_expiry_interval": { (draft, text) throws(Problem) in
      let seconds = try FieldText.number("message_expiry_interval", text, 0...Int(UInt32.max))
      draft.properties.messageExpiryInterval = UInt32(seconds)
      draft.needsMQTT5 = true
    },
    "response_topic": { (draft, text) throws(Problem) in
      guard TopicName.isValid(text) else {
        throw Problem(
          .topicInvalid, detail: "the response topic is not a valid topic name",
          hint: "no wildcard, no NUL, at most 65,535 bytes")
      }
      draft.properties.responseTopic = text
      draft.needsMQTT5 = true
    },
    "correlation_data": { (draft, text) throws(Problem) in
      let data = try FieldText.base64("correlation_data", text)
      guard data.count <= 65_535 else {
        throw Problem(.badParameter, detail: "'correlation_data' must have at most 65,535 bytes")
      }
      draft.properties.correlationData = data[...]
      draft.needsMQTT5 = true
    },
    "payload_format_indicator": { (draft, text) throws(Problem) in
      let value = try FieldText.number("payload_format_indicator", text, 0...1)
      draft.properties.payloadIsUTF8 = value == 1
      draft.needsMQTT5 = true
    },
    "user_properties": { (draft, text) throws(Problem) in
      try draft.setUserProperties(FieldText.json(text))
    },
  ]

  /// The canonical array of pairs, an object, or an array of objects with one member each.
  mutating func setUserProperties(_ node: JSONNode) throws(Problem) {
    needsMQTT5 = true
    properties.userProperties += try UserPropertiesField.read(node)
  }

  /// Adds one user property; the header that carries it may be repeated.
  mutating func addUserProperty(_ name: String, _ value: String) throws(Problem) {
    needsMQTT5 = true
    properties.userProperties.append(
      UserProperty(
        try FieldText.mqttString("user_properties", name),
        try FieldText.mqttString("user_properties", value)))
  }
}
