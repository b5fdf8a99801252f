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

extension TopicFilter {
  /// No topic is empty, so `#` is the same as `+/#`, and `/#` the same as `/+/#`.
  private var levels: [Substring] {
    switch path {
    case "#": ["+", "#"]
    case "/#": ["", "+", "#"]
    case let path: path.split(separator: "/", omittingEmptySubsequences: false)
    }
  }

  /// Whether every topic that matches the other filter matches this one.
  ///
  /// A filter that begins with a wildcard matches no topic that begins with `$`. [MQTT-4.7.2-1]
  func includes(_ other: TopicFilter) -> Bool {
    let (mine, theirs) = (levels, other.levels)
    if mine.first == "+", theirs.first?.hasPrefix("$") == true { return false }
    for (index, level) in mine.enumerated() {
      if level == "#" { return true }
      guard index < theirs.count else { return false }
      if theirs[index] == "#" { return false }
      guard level == "+" || level == theirs[index] else { return false }
    }
    return mine.count == theirs.count
  }

  /// Whether some topic matches both filters.
  func meets(_ other: TopicFilter) -> Bool {
    let (mine, theirs) = (levels, other.levels)
    func isSystem(_ level: Substring?) -> Bool { level?.hasPrefix("$") == true }
    if mine.first == "+", isSystem(theirs.first) { return false }
    if theirs.first == "+", isSystem(mine.first) { return false }
    var index = 0
    while true {
      let a = index < mine.count ? mine[index] : nil
      let b = index < theirs.count ? theirs[index] : nil
      if a == "#" || b == "#" { return true }
      guard let a, let b else { return a == nil && b == nil }
      guard a == "+" || b == "+" || a == b else { return false }
      index += 1
    }
  }
}
