/// The topics that the broker's topic aliases stand for, on one connection. [MQTT 5.0, 3.3.2.3.4]
struct InboundTopicAliases: ~Copyable {
  private let maximum: UInt16
  private var topics: [UInt16: String] = [:]

  init(maximum: UInt16) { self.maximum = maximum }

  /// Gives the message its full topic and takes the alias away.
  mutating func resolve(_ publish: inout Publish) throws(ProtocolViolation) {
    guard let alias = publish.properties.topicAlias else {
      guard !publish.topic.isEmpty else { throw ProtocolViolation(.protocolError) }
      return
    }
    guard alias != 0, alias <= maximum else { throw ProtocolViolation(.topicAliasInvalid) }
    publish.properties.topicAlias = nil
    if publish.topic.isEmpty {
      guard let topic = topics[alias] else { throw ProtocolViolation(.protocolError) }
      publish.topic = topic
    } else {
      topics[alias] = publish.topic
    }
  }
}
