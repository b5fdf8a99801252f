extension Publish {
  /// Whether a client may put this into a packet at all.
  ///
  /// A broker ends the connection over a message that it may not accept, and would do so again at
  /// every attempt; so such a message must end before it is sent. Outgoing topic aliases do not
  /// outlive a connection and are no part of a request.
  var isExpressible: Bool {
    let longest = 65_535
    guard Self.isTopicName(topic), properties.topicAlias == nil,
      properties.subscriptionIdentifiers.isEmpty,
      properties.responseTopic.map(Self.isTopicName) ?? true,
      (properties.correlationData?.count ?? 0) <= longest,
      (properties.contentType?.utf8.count ?? 0) <= longest
    else { return false }
    return properties.userProperties.allSatisfy {
      $0.name.utf8.count <= longest && $0.value.utf8.count <= longest
    }
  }

  /// Not empty, not too long, and without wildcards and NUL. [MQTT-4.7.0-1] [MQTT-4.7.3-1]
  private static func isTopicName(_ topic: String) -> Bool {
    (1...65_535).contains(topic.utf8.count)
      && !topic.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }
  }
}
