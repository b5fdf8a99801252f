package import MQTTClient

/// Which messages of granted filters a stream must not get; streams with equal ones can share a group.
///
/// It is made of the rules that bear on the filters, up to the last that denies. What none of them speaks
/// of was granted together with the filters.
package struct DeliveryGuard: Hashable, Sendable {
  private struct Rule: Hashable, Sendable {
    let effect: GrantRule.Effect
    let pattern: GrantPattern
  }

  private let rules: [Rule]
  /// Those of filters that were granted with other QoS, all of which must allow a message too.
  private var others: [[Rule]] = []

  /// Whether a message with this topic may go out; it allocates nothing.
  package func allows(_ topic: String) -> Bool {
    Self.allows(topic, rules) && others.allSatisfy { Self.allows(topic, $0) }
  }

  private static func allows(_ topic: String, _ rules: [Rule]) -> Bool {
    for rule in rules where rule.pattern.coversDelivery(of: topic, effect: rule.effect) {
      return rule.effect == .allow
    }
    return true
  }

  fileprivate func and(_ other: Self) -> Self {
    var both = self
    both.others.append(other.rules)
    both.others += other.others
    return both
  }

  fileprivate init?(_ candidates: [GrantRule], _ filters: [TopicFilter], _ qos: QoS) {
    let bearing = candidates.filter { rule in
      rule.qos.has(qos) && filters.contains { rule.pattern.meets($0) }
    }
    guard let last = bearing.lastIndex(where: { $0.effect == .deny }) else { return nil }
    rules = bearing[...last].map { Rule(effect: $0.effect, pattern: $0.pattern) }
  }
}

extension Grants {
  /// What must be left out of subscriptions that were granted with this QoS; nil is nothing.
  package func deliveryGuard(for filters: [TopicFilter], qos: QoS) -> DeliveryGuard? {
    deniesDeliveries ? DeliveryGuard(subscribingRules, filters, qos) : nil
  }

  /// What must be left out of subscriptions that were granted each with its QoS; nil is nothing.
  package func deliveryGuard(for filters: [(filter: TopicFilter, qos: QoS)]) -> DeliveryGuard? {
    guard deniesDeliveries else { return nil }
    var all: DeliveryGuard?
    for qos in [QoS.atMostOnce, .atLeastOnce, .exactlyOnce] {
      let same = filters.filter { $0.qos == qos }.map(\.filter)
      guard let one = DeliveryGuard(subscribingRules, same, qos) else { continue }
      all = all?.and(one) ?? one
    }
    return all
  }
}
