package import MQTTClient

/// What a caller may do: rules of which the first that speaks decides; nothing is granted without one.
///
/// A subscription is granted when the first rule that speaks of *all* its topics allows it. Rules that
/// speak of some of its topics decide message by message (`mayReceive`), each by the first that matches.
/// So a filter may be granted although some of its topics are denied, and no message gets through that
/// its own topic is not granted for.
package struct Grants: Equatable, Sendable {
  package let rules: [GrantRule]
  /// Whether a publish may wait for replies.
  package var request: Bool
  /// Whether messages may be read that came before the subscription.
  package var history: Bool
  package var admin: Bool
  /// How many streams may be open at once; nil is as configured.
  package var maximumConnections: Int?
  /// How fast the caller may publish; nil is as configured.
  package var rate: Rate?
  /// Where all this stands, such as `claim mqtt`.
  package let origin: String

  /// The only filters that may be subscribed to, beside the rules; nil is no such bound.
  package private(set) var bounds: [TopicFilter]?

  /// Whether a granted filter can bring messages that `mayReceive` refuses; if not, that need not be
  /// asked.
  package let deniesDeliveries: Bool

  private let publishing: [GrantRule]
  private let subscribing: [GrantRule]

  package init(
    _ rules: [GrantRule], origin: String, request: Bool = false, history: Bool = false,
    admin: Bool = false, maximumConnections: Int? = nil, rate: Rate? = nil
  ) {
    self.rules = rules
    self.origin = origin
    self.request = request
    self.history = history
    self.admin = admin
    self.maximumConnections = maximumConnections
    self.rate = rate
    publishing = rules.filter { $0.actions.contains(.publish) }
    subscribing = rules.filter { $0.actions.contains(.subscribe) }
    deniesDeliveries = subscribing.contains { $0.effect == .deny }
  }

  /// No right at all.
  package static func nothing(origin: String) -> Self { Self([], origin: origin) }

  /// Every right, also for topics that begin with `$`: for a bridge that asks nobody who they are.
  package static let everything = Self(
    [
      GrantRule(
        effect: .allow, actions: .all, pattern: .everything, plainCoversShared: true,
        origin: "setting open")
    ],
    origin: "setting open", request: true, history: true, admin: true)

  /// Whether some rule has `${clientid}`, which only a connection with one can fill.
  package var lackClientID: Bool { rules.contains { $0.pattern.lacksClientID } }

  /// The same for a connection with this client identifier.
  package func bound(toClientID clientID: String) -> Self {
    let bound = rules.map { rule in
      var rule = rule
      rule.pattern = rule.pattern.bound(toClientID: clientID)
      return rule
    }
    var grants = Self(
      bound, origin: origin, request: request, history: history, admin: admin,
      maximumConnections: maximumConnections, rate: rate)
    grants.bounds = bounds
    return grants
  }

  /// Whether a message may be published.
  package func mayPublish(topic: String, qos: QoS, retain: Bool) -> Decision {
    guard TopicName.isValid(topic) else { return .refused(words.notATopic(topic)) }
    guard bounds == nil else { return .refused(words.readsOnly(topic)) }
    var near: (rule: GrantRule, judgement: GrantRule.Judgement)?
    for rule in publishing {
      let judgement = rule.judgement(publish: topic, qos: qos, retain: retain)
      switch (judgement, rule.effect) {
      case (.decides, .allow): return .granted
      case (.decides, .deny): return .refused(words.denied(.publish, topic, by: rule))
      case (.otherQoS, .allow), (.otherRetain, .allow): near = near ?? (rule, judgement)
      case (.otherQoS, .deny), (.otherRetain, .deny), (.other, _): break
      }
    }
    return switch near {
    case (let rule, .otherRetain)?: .refused(words.retain(topic, by: rule))
    case (let rule, _)?: .refused(words.qos(.publish, topic, qos, by: rule))
    case nil: .refused(words.notCovered(.publish, topic, publishing))
    }
  }

  /// Whether a subscription may be made; its messages must pass `mayReceive` one by one.
  package func maySubscribe(_ filter: TopicFilter, qos: QoS) -> Decision {
    if let bounds,
      !bounds.contains(where: { GrantPattern($0).covers(filter, plainCoversShared: false) })
    {
      return .refused(words.outside(filter, bounds))
    }
    var near: GrantRule?
    for rule in subscribing {
      switch (rule.judgement(subscribe: filter, qos: qos), rule.effect) {
      case (.decides, .allow): return .granted
      case (.decides, .deny): return .refused(words.denied(.subscribe, filter.text, by: rule))
      case (.otherQoS, .allow): near = near ?? rule
      case (.otherQoS, .deny), (.otherRetain, _), (.other, _): break
      }
    }
    if let near { return .refused(words.qos(.subscribe, filter.text, qos, by: near)) }
    return .refused(words.notCovered(filter, subscribing))
  }

  /// Whether a subscription of this QoS may bring a message with this topic; it allocates nothing.
  package func mayReceive(topic: String, qos: QoS) -> Bool {
    for rule in subscribing where rule.qos.has(qos) {
      if rule.pattern.coversDelivery(of: topic, effect: rule.effect) {
        return rule.effect == .allow
      }
    }
    return false
  }

  /// The rules that subscriptions and their messages are judged by.
  var subscribingRules: [GrantRule] { subscribing }

  /// The same rules for reading only, and only within these filters.
  package func bounded(to filters: [TopicFilter]) -> Self {
    var grants = Self(
      subscribing, origin: origin, history: history, maximumConnections: maximumConnections)
    grants.bounds = filters
    return grants
  }

  private var words: GrantWords { GrantWords(origin: origin) }
}
