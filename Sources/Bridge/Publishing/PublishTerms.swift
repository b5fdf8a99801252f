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

  /// Applies the configuration, the preferences of the request and what the broker allows.
  ///
  /// The limits are those of the last connection; before the first one nothing is known, and the
  /// broker's refusal comes later, as the outcome of the message.
  init(
    _ draft: PublishDraft, _ head: RequestHead, _ configuration: BridgeConfiguration,
    limits: BrokerLimits?, at now: Int64
  ) throws(Problem) {
    guard let topic = draft.topic, TopicName.isValid(topic) else {
      throw Problem(
        .topicInvalid, detail: "'\(draft.topic ?? "")' is not a topic a message can have",
        hint: "not empty, no + or #, no NUL, at most 65,535 bytes")
    }
    guard draft.payload.count <= configuration.http.payloadBytes.bytes else {
      throw Self.tooLarge(limit: configuration.http.payloadBytes.bytes, by: "bridge")
    }
    let qos = draft.qos ?? configuration.publishing.defaultQoS
    var publish = Publish(
      topic: topic, payload: draft.payload[...], qos: qos, isRetained: draft.retain ?? false,
      properties: draft.properties)
    if configuration.mqtt.version == .v311 {
      guard !draft.needsMQTT5 || configuration.publishing.properties == .drop else {
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
    if let limits { try Self.check(publish, limits, configuration.mqtt.version) }
    self.publish = publish

    let preferences = Preferences(head.headers)
    let asked = draft.acknowledgement ?? (preferences.respondAsync ? .stored : .broker)
    guard asked != .none || qos == .atMostOnce else {
      throw Problem(
        .badParameter, detail: "'ack=none' is for QoS 0; QoS \(qos.rawValue) is always stored",
        hint: "use ack=stored to be answered as soon as the message is on disk")
    }
    acknowledgement = asked == .broker && qos == .atMostOnce ? .none : asked
    wait = preferences.wait ?? configuration.publishing.ackWait
    preferenceApplied = preferences.applied(acknowledgement, wasExplicit: draft.isGiven("ack"))
    let expiresIn =
      draft.expiresIn.map { Duration.seconds($0) } ?? configuration.publishing.expiresIn
    expiresAt = expiresIn > .zero ? now + Int64(expiresIn / .milliseconds(1)) : nil
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
