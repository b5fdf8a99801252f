import MQTTClient

/// For whom a copy of a message counts.
///
/// A broker may send a message once for each of our overlapping subscriptions. Of all copies, the
/// one of the filter that has been at the broker for longest counts, for every reader whose filters
/// match, live or later; the others are not kept. So a filter that comes or goes changes nothing
/// while an older one stays, whatever its SUBSCRIBE or UNSUBSCRIBE overtakes on the way.
///
/// What a shared subscription brings, no other one brings: that is for its own readers only. Logs of
/// earlier versions have every copy, with the filters of each.
struct Origin: Equatable, Sendable {
  /// The filters of the copy.
  var through: [TopicFilter] = []
  /// The filters that the broker served and that match the topic, the oldest first.
  var served: [TopicFilter] = []
  /// Nobody can tell what brought the copy: MQTT 3.1.1 has no subscription identifiers.
  var isAnonymous = false

  init(through: [TopicFilter] = [], served: [TopicFilter] = [], isAnonymous: Bool = false) {
    self.through = through
    self.served = served
    self.isAnonymous = isAnonymous
  }

  /// A copy through shared subscriptions, and through the oldest filter unless that is nil.
  init(shared: [TopicFilter], counting oldest: TopicFilter?) {
    through = shared
    guard !shared.isEmpty, let oldest else { return }
    through.append(oldest)
    served = [oldest]
  }

  /// Whether there is nothing to tell apart: at most one filter served the topic, and it brought it.
  ///
  /// A shared subscription is never plain: what it brings, no other subscription brings.
  var isPlain: Bool {
    guard !isAnonymous, served.count <= 1, through.count <= 1 else { return false }
    guard served.isEmpty || through.isEmpty || through == served else { return false }
    return !served.contains(where: \.isShared) && !through.contains(where: \.isShared)
  }

  /// Whether this copy is the one that counts for a reader with these filters.
  func counts(for filters: [TopicFilter], topic: String) -> Bool {
    if isAnonymous { return filters.contains { $0.matches(topic: topic) } }
    if isPlain { return filters.contains { !$0.isShared && $0.matches(topic: topic) } }
    if filters.contains(where: { $0.isShared && through.contains($0) }) { return true }
    var isWanted = false
    for filter in filters where !filter.isShared && filter.matches(topic: topic) {
      if served.contains(filter) || through.contains(filter) { return through.contains(filter) }
      isWanted = true
    }
    // None of the reader's filters was at the broker then: any one copy will do, always the same.
    guard isWanted, let oldest = (served + through).first(where: { !$0.isShared }) else {
      return false
    }
    return through.contains(oldest)
  }
}
