import MQTTClient

/// One line of what a caller may and may not do.
package struct GrantRule: Equatable, Sendable {
  package enum Effect: Sendable { case allow, deny }

  package struct Actions: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let publish = Self(rawValue: 1)
    package static let subscribe = Self(rawValue: 2)
    package static let all: Self = [.publish, .subscribe]
  }

  let effect: Effect
  let actions: Actions
  var pattern: GrantPattern
  /// It says nothing about the other levels.
  var qos = QoSSet.all
  /// Whether it is only about messages with or without RETAIN.
  var retain: Bool?
  /// Whether a filter without `$share/` is also about shared subscriptions of its topics.
  ///
  /// Who joins a group takes messages away from the others in it, so that needs a grant of its own.
  /// EMQX looks at the topics only. A rule that denies is always about both.
  var plainCoversShared = false
  /// Where it stands, such as `claim mqtt.publish`.
  let origin: String
  /// What limits `qos` and `retain`, such as `claim mqtt.max_qos is 1`.
  var qosOrigin: String?
  var retainOrigin: String?

  /// Whether it speaks of a publish with this topic and what else it is about.
  func judgement(publish topic: String, qos level: QoS, retain flag: Bool) -> Judgement {
    guard pattern.covers(topic: topic) else { return .other }
    guard qos.has(level) else { return .otherQoS }
    guard retain == nil || retain == flag else { return .otherRetain }
    return .decides
  }

  /// Whether it speaks of all that a subscription could bring.
  func judgement(subscribe filter: TopicFilter, qos level: QoS) -> Judgement {
    guard pattern.covers(filter, plainCoversShared: plainCoversShared || effect == .deny) else {
      return .other
    }
    return qos.has(level) ? .decides : .otherQoS
  }

  /// Whether a rule decides; if not, whether its topics would have.
  enum Judgement: Equatable { case decides, other, otherQoS, otherRetain }
}
