import MQTTClient

/// Which of our filters at the broker a copy of a message stands for, and which served its topic.
///
/// A broker may send a message once for each of our overlapping subscriptions. All copies are
/// logged, and this decides for each reader, live or later, which one counts: the copy of the first
/// of its filters that the broker served. Both ways of reading use the same rule on the same facts,
/// so that what replays and what comes live fit together without a hole or a repeat.
struct Origin: Equatable, Sendable {
  /// The filters of the copy.
  var through: [TopicFilter] = []
  /// The filters that the broker served and that match the topic, the oldest first.
  var served: [TopicFilter] = []
  /// Nobody can tell what brought the copy: MQTT 3.1.1 has no subscription identifiers.
  var isAnonymous = false

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
