extension Publish {
  /// Whether a client may put this into a packet at all, once its topic is known.
  ///
  /// A broker ends the connection over a message that it may not accept, and would do so again at
  /// every attempt; so such a message must end before it is sent.
  var isExpressible: Bool {
    let longest = 65_535
    guard TopicName.isValid(topic) else { return false }
    if properties.isEmpty { return true }
    guard properties.topicAlias != 0,
      properties.subscriptionIdentifiers.isEmpty,
      properties.responseTopic.map(TopicName.isValid) ?? true,
      (properties.correlationData?.count ?? 0) <= longest,
      properties.contentType.map({ Self.isText($0, atMost: longest) }) ?? true
    else { return false }
    return properties.userProperties.allSatisfy {
      Self.isText($0.name, atMost: longest) && Self.isText($0.value, atMost: longest)
    }
  }

  private static func isText(_ text: String, atMost longest: Int) -> Bool {
    text.utf8.count <= longest && !text.utf8.contains(0)
  }

  /// Whether the payload is what the message says it is. [MQTT 5.0, 3.3.2.3.2]
  var isPayloadHonest: Bool {
    guard properties.payloadIsUTF8 == true else { return true }
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: payload.span)
      return true
    } catch {
      return false
    }
  }

  /// About how much memory its contents take.
  var contentBytes: Int {
    var count = topic.utf8.count + payload.count
    if properties.isEmpty { return count }
    count += properties.responseTopic?.utf8.count ?? 0
    count += properties.correlationData?.count ?? 0
    count += properties.contentType?.utf8.count ?? 0
    for property in properties.userProperties {
      count += property.name.utf8.count + property.value.utf8.count
    }
    return count
  }
}
