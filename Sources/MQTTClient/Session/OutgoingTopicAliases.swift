/// The topic aliases that we gave to topics, on one connection. [MQTT 5.0, 3.3.2.3.4]
struct OutgoingTopicAliases: ~Copyable {
  /// An alias is not shorter than a topic up to this length.
  private static let shortTopic = 3

  private let policy: TopicAliasPolicy
  private let maximum: UInt16
  private var aliases: [String: UInt16] = [:]
  private var topics: [UInt16: String] = [:]
  /// Every alias in use, the least recently used first; slot zero is alias one.
  private var uses = SlotList()
  private var links = SlotLinks()
  /// How many messages went out with an alias instead of their topic.
  private(set) var hits = 0

  init(_ policy: TopicAliasPolicy, maximum: UInt16) {
    self.policy = policy
    self.maximum = maximum
  }

  /// Puts the alias for the topic, or both where the alias is new and `fits` allows it.
  mutating func apply(to publish: inout Publish, fits: (Publish) -> Bool) {
    switch policy {
    case .disabled: applyManual(to: &publish, fits)
    case .monotonic, .leastRecentlyUsed:
      if !publish.properties.isEmpty { publish.properties.topicAlias = nil }
      guard maximum > 0, publish.topic.utf8.count > Self.shortTopic else { return }
      if let alias = aliases[publish.topic] {
        touch(alias)
        return replace(&publish, alias)
      }
      guard let alias = nextAlias else { return }
      publish.properties.topicAlias = alias
      guard fits(publish) else { return publish.properties.topicAlias = nil }
      assign(alias, publish.topic)
    }
  }

  /// An alias that this connection does not allow, or for which there is no room, is left out: the
  /// topic is there all the same.
  private mutating func applyManual(to publish: inout Publish, _ fits: (Publish) -> Bool) {
    guard let alias = publish.properties.topicAlias else { return }
    guard alias <= maximum else { return publish.properties.topicAlias = nil }
    if topics[alias] == publish.topic { return replace(&publish, alias) }
    guard fits(publish) else { return publish.properties.topicAlias = nil }
    topics[alias] = publish.topic
  }

  private mutating func replace(_ publish: inout Publish, _ alias: UInt16) {
    publish.topic = ""
    publish.properties.topicAlias = alias
    hits &+= 1
  }

  /// An alias for a new topic.
  private var nextAlias: UInt16? {
    if uses.count < Int(maximum) { return UInt16(uses.count + 1) }
    guard policy == .leastRecentlyUsed, let oldest = uses.first else { return nil }
    return UInt16(oldest + 1)
  }

  private mutating func assign(_ alias: UInt16, _ topic: String) {
    let slot = Int32(alias) - 1
    if let old = topics.updateValue(topic, forKey: alias) {
      aliases[old] = nil
      links.remove(slot, from: &uses)
    } else {
      _ = links.grow()
    }
    aliases[topic] = alias
    links.append(slot, to: &uses)
  }

  private mutating func touch(_ alias: UInt16) {
    guard policy == .leastRecentlyUsed else { return }
    let slot = Int32(alias) - 1
    links.remove(slot, from: &uses)
    links.append(slot, to: &uses)
  }
}
