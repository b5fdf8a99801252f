/// How long packets will be on the wire, without encoding them.
enum PublishSize {
  /// The whole PUBLISH, fixed header included.
  static func bytes(_ publish: Publish, version: ProtocolVersion) -> Int {
    var rest = 2 + publish.topic.utf8.count + publish.payload.count
    if publish.qos != .atMostOnce { rest += 2 }
    if version == .v5 {
      let properties = bytes(publish.properties)
      rest += variableInteger(properties) + properties
    }
    return 1 + variableInteger(rest) + rest
  }

  static func bytes(_ properties: Publish.Properties) -> Int {
    var size = 0
    if properties.payloadIsUTF8 != nil { size += 2 }
    if properties.messageExpiryInterval != nil { size += 5 }
    if properties.topicAlias != nil { size += 3 }
    if let text = properties.responseTopic { size += 3 + text.utf8.count }
    if let data = properties.correlationData { size += 3 + data.count }
    if let text = properties.contentType { size += 3 + text.utf8.count }
    for identifier in properties.subscriptionIdentifiers {
      size += 1 + variableInteger(Int(identifier))
    }
    for property in properties.userProperties {
      size += 5 + property.name.utf8.count + property.value.utf8.count
    }
    return size
  }

  /// The length of a variable byte integer. [MQTT 5.0, 1.5.5]
  static func variableInteger(_ value: Int) -> Int {
    switch value {
    case ..<128: 1
    case ..<16_384: 2
    case ..<2_097_152: 3
    default: 4
    }
  }
}
