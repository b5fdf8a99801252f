import HTTPFront
import MQTTClient

/// A message's MQTT 5 properties as the `properties` member of an envelope.
enum EnvelopeProperties {
  /// Nil when the message has none that a subscriber can see.
  static func json(_ properties: Publish.Properties) -> JSONValue? {
    var members: [JSONValue.Member] = []
    if let isUTF8 = properties.payloadIsUTF8 {
      members.append(.init("payload_format_indicator", .integer(isUTF8 ? 1 : 0)))
    }
    if let seconds = properties.messageExpiryInterval {
      members.append(.init("message_expiry_interval", .integer(Int(seconds))))
    }
    if let type = properties.contentType { members.append(.init("content_type", .string(type))) }
    if let topic = properties.responseTopic {
      members.append(.init("response_topic", .string(topic)))
    }
    if let data = properties.correlationData {
      members.append(.init("correlation_data", .string(Base64.encode(data))))
    }
    if !properties.userProperties.isEmpty {
      let pairs = properties.userProperties.map {
        JSONValue.array([.string($0.name), .string($0.value)])
      }
      members.append(.init("user_properties", .array(pairs)))
    }
    return members.isEmpty ? nil : .object(members)
  }
}
