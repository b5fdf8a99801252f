import MQTTClient

/// Says which rule refused what.
struct GrantWords {
  let origin: String

  enum Act: String { case publish, subscribe }

  private static let patternsShown = 8
  private static let bytesShown = 200

  func notATopic(_ topic: String) -> Refusal {
    Refusal(.topicForbidden, "'\(Self.short(topic))' is not a topic name")
  }

  func readsOnly(_ topic: String) -> Refusal {
    Refusal(.topicForbidden, "publish to '\(Self.short(topic))' needs a token: a ticket only reads")
  }

  func outside(_ filter: TopicFilter, _ bounds: [TopicFilter]) -> Refusal {
    Refusal(
      .filterForbidden,
      "subscribe to '\(Self.short(filter.text))' is not covered by the ticket "
        + Self.list(bounds.map(\.text)))
  }

  func denied(_ act: Act, _ text: String, by rule: GrantRule) -> Refusal {
    Refusal(
      Self.code(act),
      "\(act) to '\(Self.short(text))' is denied by \(rule.origin) \(Self.list([rule]))")
  }

  func retain(_ topic: String, by rule: GrantRule) -> Refusal {
    let reason = rule.retainOrigin ?? "\(rule.origin) is only for RETAIN \(rule.retain == true)"
    return Refusal(
      .retainForbidden, "publish to '\(Self.short(topic))' with this RETAIN is refused: \(reason)")
  }

  func qos(_ act: Act, _ text: String, _ qos: QoS, by rule: GrantRule) -> Refusal {
    let reason = rule.qosOrigin ?? "\(rule.origin) is only for QoS \(rule.qos)"
    return Refusal(
      .qosForbidden,
      "\(act) to '\(Self.short(text))' with QoS \(qos.rawValue) is refused: \(reason)",
      hint: rule.qos.isEmpty ? nil : "use QoS \(rule.qos)")
  }

  /// No rule speaks of it.
  func notCovered(_ act: Act, _ text: String, _ rules: [GrantRule]) -> Refusal {
    Refusal(
      Self.code(act), "\(act) to '\(Self.short(text))' is not covered by \(what(act, rules))",
      hint: hint(act, text, rules))
  }

  /// No rule speaks of all its topics.
  func notCovered(_ filter: TopicFilter, _ rules: [GrantRule]) -> Refusal {
    let allowing = rules.filter { $0.effect == .allow }
    if filter.isShared,
      allowing.contains(where: { $0.pattern.covers(filter, plainCoversShared: true) })
    {
      return Refusal(
        .filterForbidden,
        "subscribe to '\(Self.short(filter.text))' is not covered by \(what(.subscribe, rules)): "
          + "a shared subscription needs a filter with its group",
        hint: "ask for a right to subscribe to '\(Self.short(filter.text))' in \(origin)")
    }
    let refusal = notCovered(.subscribe, filter.text, rules)
    guard let part = allowing.first(where: { $0.pattern.meets(filter) }) else { return refusal }
    return Refusal(
      refusal.code, refusal.detail,
      hint: "only part of it is granted, such as '\(Self.short(part.pattern.text))'")
  }

  private func what(_ act: Act, _ rules: [GrantRule]) -> String {
    let allowing = rules.filter { $0.effect == .allow }
    guard !allowing.isEmpty else { return "\(origin), which grants no \(act)" }
    let origins = Set(allowing.map(\.origin))
    guard origins.count == 1, let only = origins.first else {
      return "\(origin) \(Self.list(allowing))"
    }
    return "\(only) \(Self.list(allowing))"
  }

  private func hint(_ act: Act, _ text: String, _ rules: [GrantRule]) -> String {
    for rule in rules where rule.effect == .allow {
      if case .nothing(let why) = rule.pattern.scope {
        return "'\(Self.short(rule.pattern.text))' grants nothing to this caller: \(why)"
      }
    }
    return "ask for a right to \(act) to '\(Self.short(text))' in \(origin)"
  }

  private static func code(_ act: Act) -> Refusal.Code {
    switch act {
    case .publish: .topicForbidden
    case .subscribe: .filterForbidden
    }
  }

  private static func list(_ rules: [GrantRule]) -> String { list(rules.map(\.pattern.text)) }

  private static func list(_ texts: [String]) -> String {
    var shown = texts.prefix(patternsShown).map { "'\(short($0))'" }
    if texts.count > patternsShown { shown.append("and \(texts.count - patternsShown) more") }
    return "[\(shown.joined(separator: ", "))]"
  }

  /// Without control characters, and not longer than anyone reads.
  static func short(_ text: String) -> String {
    var shown = ""
    for scalar in text.unicodeScalars {
      if shown.utf8.count >= bytesShown { return shown + "…" }
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      shown.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
    }
    return shown
  }
}
