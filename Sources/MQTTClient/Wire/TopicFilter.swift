/// A validated topic filter, ready for matching; also of a shared subscription. [MQTT 5.0, 4.7]
package struct TopicFilter: Equatable, Hashable, Sendable {
  /// As it goes to the broker, `$share/group/` included.
  package let text: String
}
