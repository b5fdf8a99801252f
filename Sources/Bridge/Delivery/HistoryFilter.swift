import MQTTClient

/// Which topics the event log keeps.
struct HistoryFilter: Equatable, Sendable {
  var kept: TopicFilterList
  var except: TopicFilterList

  /// Whether messages of this topic are logged.
  func keeps(_ topic: String) -> Bool {
    kept.filters.contains { $0.matches(topic: topic) }
      && !except.filters.contains { $0.matches(topic: topic) }
  }

  /// Whether every message that the filter can bring is logged.
  func keepsAll(of filter: TopicFilter) -> Bool {
    kept.filters.contains { $0.includes(filter) } && !except.filters.contains { $0.meets(filter) }
  }
}
