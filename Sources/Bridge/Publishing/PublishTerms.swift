import HTTPFront
import MQTTClient

/// A publish request with every default filled in and every limit checked.
struct PublishTerms: Sendable {
  let publish: Publish
  let acknowledgement: AckLevel
  let wait: Duration
  /// In milliseconds since 1970; nil never gives up.
  let expiresAt: Int64?
  let preferenceApplied: String?

  /// Lets the message in only once; nil lets it in always.
  let key: IdempotencyKey?

  /// Applies the configuration, the preferences of the request and what the broker allows.
  ///
  /// The limits are those of the last connection; before the first one nothing is known, and the
  /// broker's refusal comes later, as the outcome of the message. `subject` is who sends it, and
  /// `id` what it will be called.
  init(
    _ draft: PublishDraft, _ head: RequestHead, _ configuration: SharedConfiguration,
    id: MessageID, subject: String = "", limits: BrokerLimits?, at now: Int64
  ) throws(Problem) {
    var publish = try Self.publish(draft, configuration, limits)
    if configuration.value.publishing.stamps, configuration.value.mqtt.version == .v5 {
      publish.properties.userProperties.append(UserProperty("bridge-message-id", id.description))
    }
    if configuration.value.publishing.carriesTrace, configuration.value.mqtt.version == .v5,
      let trace = TraceContext(head.headers)
    {
      trace.add(to: &publish.properties.userProperties)
    }
    if let limits { try Self.check(publish, limits, configuration.value.mqtt.version) }
    self.publish = publish

    let preferences = Preferences(head.headers)
    let asked = draft.acknowledgement ?? (preferences.respondAsync ? .stored : .broker)
    guard asked != .none || publish.qos == .atMostOnce else {
      throw Problem(
        .badParameter,
        detail: "'ack=none' is for QoS 0; QoS \(publish.qos.rawValue) is always stored",
        hint: "use ack=stored to be answered as soon as the message is on disk")
    }
    acknowledgement = asked == .broker && publish.qos == .atMostOnce ? .none : asked
    wait = preferences.wait ?? configuration.value.publishing.ackWait
    preferenceApplied = preferences.applied(acknowledgement, wasExplicit: draft.isGiven("ack"))
    let expiresIn =
      draft.expiresIn.map { Duration.seconds($0) } ?? configuration.value.publishing.expiresIn
    expiresAt = expiresIn > .zero ? now + Int64(expiresIn / .milliseconds(1)) : nil
    let isStored = publish.qos > .atMostOnce || acknowledgement == .stored
    key = try Self.key(draft, subject, isStored: isStored, configuration)
  }

  private static func publish(
    _ draft: PublishDraft, _ configuration: SharedConfiguration, _ limits: BrokerLimits?
  ) throws(Problem) -> Publish {
    guard let topic = draft.topic, TopicName.isValid(topic) else {
      throw Problem(
        .topicInvalid, detail: "'\(draft.topic ?? "")' is not a topic a message can have",
        hint: "not empty, no + or #, no NUL, at most 65,535 bytes")
    }
    guard draft.payload.count <= configuration.value.http.payloadBytes.bytes else {
      throw Self.tooLarge(limit: configuration.value.http.payloadBytes.bytes, by: "bridge")
    }
    // With a key QoS 2 makes it exactly once from the client to the broker.
    let usual =
      draft.idempotencyKey == nil
      ? configuration.value.publishing.defaultQoS : limits?.maximumQoS ?? .exactlyOnce
    var publish = Publish(
      topic: topic, payload: draft.payload[...], qos: draft.qos ?? usual,
      isRetained: draft.retain ?? false, properties: draft.properties)
    if configuration.value.mqtt.version == .v311 {
      guard !draft.needsMQTT5 || configuration.value.publishing.properties == .drop else {
        throw Problem(
          .mqtt5Required,
          detail: "the broker connection speaks MQTT 3.1.1, which has no properties",
          hint: "leave the properties out, or set properties=drop")
      }
      publish.properties = Publish.Properties()
    }
    if publish.properties.payloadIsUTF8 == true,
      String(validating: draft.payload, as: UTF8.self) == nil
    {
      throw Problem(
        .payloadFormatInvalid, detail: "payload_format_indicator is 1 and the payload is not UTF-8")
    }
    return publish
  }

  /// Only what is stored can be remembered: a key needs it, and only that can be made to need a key.
  private static func key(
    _ draft: PublishDraft, _ subject: String, isStored: Bool,
    _ configuration: SharedConfiguration
  ) throws(Problem) -> IdempotencyKey? {
    guard let key = draft.idempotencyKey else {
      guard isStored, configuration.value.publishing.requiresIdempotencyKey, !draft.needsNoKey
      else { return nil }
      throw Problem(
        .idempotencyKeyMissing, detail: "this bridge takes stored publishes with a key only",
        hint: "send a new random Idempotency-Key with every message, and the same with a retry")
    }
    guard isStored else {
      throw Problem(
        .badParameter, detail: "a QoS 0 publish is not stored, so its key could not be remembered",
        hint: "leave qos out, use qos=1 or qos=2, or add ack=stored")
    }
    return try IdempotencyKey(key, subject: subject, draft)
  }

  private static func check(
    _ publish: Publish, _ limits: BrokerLimits, _ version: ProtocolVersion
  ) throws(Problem) {
    guard publish.qos <= limits.maximumQoS else {
      throw Problem(
        .qosNotSupported, detail: "the broker takes QoS \(limits.maximumQoS.rawValue) at most")
    }
    guard !publish.isRetained || limits.retainAvailable else {
      throw Problem(.retainNotAvailable)
    }
    var packet = publish
    packet.packetID = publish.qos == .atMostOnce ? nil : 1
    let size = try? PacketEncoder.encodedSize(of: .publish(packet), version: version)
    guard let size, size <= limits.maximumPacketSize else {
      throw tooLarge(limit: limits.maximumPacketSize, by: "broker")
    }
  }

  private static func tooLarge(limit: Int, by party: String) -> Problem {
    Problem(
      .payloadTooLarge, detail: "the \(party) takes \(limit) bytes at most",
      members: [
        .init("max_bytes", .integer(limit)), .init("limited_by", .string(party)),
      ])
  }
}
