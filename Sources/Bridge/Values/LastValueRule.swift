import MQTTClient
import Store

/// Which messages change the last value of their topic, and how.
///
/// Live messages do not say whether they were published as retained, because we subscribe without
/// Retain As Published. So each of them is the last value, and an empty one removes it. A retained
/// message that a SUBSCRIBE brings only fills in what we cannot know: where there is no value, or
/// one from before the broker lost our session.
struct LastValueRule: Equatable, Sendable {
  let filters: [TopicFilter]
  /// Values from before this time may be out of date; in milliseconds since 1970.
  var staleBefore: Int64 = 0

  init(_ list: TopicFilterList) { filters = list.filters }

  /// Whether the last value of this topic is kept.
  func keeps(_ topic: String) -> Bool { filters.contains { $0.matches(topic: topic) } }

  /// Whether the last values of all topics of a filter are kept.
  func keepsAll(of filter: TopicFilter) -> Bool { filters.contains { $0.includes(filter) } }

  func change(by publish: Publish) -> LastValueChange? {
    guard keeps(publish.topic) else { return nil }
    guard !publish.payload.isEmpty else { return publish.isRetained ? nil : .remove }
    let body = Self.encode(publish)
    return publish.isRetained ? .fill(body, olderThan: staleBefore) : .set(body)
  }

  /// The message without its topic, which the store has beside it.
  static func encode(_ publish: Publish) -> [UInt8] {
    var bare = publish
    bare.topic = ""
    return StoredMessage.encode(bare)
  }
}
