import JSONText
import MQTTClient

/// The claim `acl` as EMQX reads it: rules of which the first that speaks decides, or three lists.
///
/// EMQX lets a filter through when no earlier rule has that very filter, and then delivers messages of
/// topics that earlier rules deny. Here each message is asked for by itself.
enum AccessControlList {
  static let origin = "claim acl"

  static func grants(_ node: ClaimNode, for caller: Identity) throws(ClaimError) -> Grants {
    let rules: [GrantRule]
    if case .array = node.value {
      rules = try ruleList(node, for: caller)
    } else {
      rules = try lists(node, for: caller)
    }
    // EMQX knows no such rights: the rules say about topics all that is to say.
    return Grants(rules, origin: origin, request: true, history: true)
  }

  /// Reads three lists.
  ///
  ///     {"pub":[…],"sub":[…],"all":[…]}
  private static func lists(
    _ node: ClaimNode, for caller: Identity
  ) throws(ClaimError) -> [GrantRule] {
    var rules: [GrantRule] = []
    for (name, node) in try node.members() {
      let actions: GrantRule.Actions
      switch name {
      case "pub": actions = .publish
      case "sub": actions = .subscribe
      case "all": actions = .all
      default: throw node.error("not known")
      }
      for (text, node) in try node.strings(atMost: GrantObject.filtersMaximum) {
        rules.append(
          GrantRule(
            effect: .allow, actions: actions, pattern: try pattern(text, .allow, caller, node),
            plainCoversShared: true, origin: "\(origin).\(name)"))
      }
    }
    return rules
  }

  /// Reads a list of rules.
  private static func ruleList(
    _ node: ClaimNode, for caller: Identity
  ) throws(ClaimError) -> [GrantRule] {
    var rules: [GrantRule] = []
    for (index, node) in try node.elements(atMost: GrantObject.filtersMaximum).enumerated() {
      let line = try Line(node)
      for (text, node) in line.topics {
        rules.append(
          GrantRule(
            effect: line.effect, actions: line.actions,
            pattern: try pattern(text, line.effect, caller, node), qos: line.qos,
            retain: line.retain, plainCoversShared: true, origin: "\(origin)[\(index)]"))
      }
      guard rules.count <= GrantObject.filtersMaximum else { throw node.error("too many topics") }
    }
    return rules
  }

  private static func pattern(
    _ text: String, _ effect: GrantRule.Effect, _ caller: Identity, _ node: ClaimNode
  ) throws(ClaimError) -> GrantPattern {
    do {
      return try GrantPattern(text, for: caller, effect: effect, readsEquals: true)
    } catch { throw node.error(error.words) }
  }

  /// One rule of the list.
  private struct Line {
    let effect: GrantRule.Effect
    let actions: GrantRule.Actions
    var topics: [(text: String, node: ClaimNode)] = []
    var qos = QoSSet.all
    var retain: Bool?

    init(_ node: ClaimNode) throws(ClaimError) {
      var effect: GrantRule.Effect?
      var actions: GrantRule.Actions?
      for (name, node) in try node.members() {
        switch name {
        case "permission": effect = try Self.effect(node)
        case "action": actions = try Self.actions(node)
        case "topic": topics.append((try node.string(), node))
        case "topics": topics += try node.strings(atMost: GrantObject.filtersMaximum)
        case "qos": qos = try Self.qos(node)
        case "retain": retain = try Self.retain(node)
        default: throw node.error("not known")
        }
      }
      guard let effect else { throw node.error("'permission' is missing") }
      guard let actions else { throw node.error("'action' is missing") }
      guard !topics.isEmpty else { throw node.error("'topic' is missing") }
      self.effect = effect
      self.actions = actions
    }

    private static func effect(_ node: ClaimNode) throws(ClaimError) -> GrantRule.Effect {
      switch try node.string() {
      case "allow": .allow
      case "deny": .deny
      default: throw node.error("'allow' or 'deny' is expected")
      }
    }

    private static func actions(_ node: ClaimNode) throws(ClaimError) -> GrantRule.Actions {
      switch try node.string() {
      case "publish", "pub": .publish
      case "subscribe", "sub": .subscribe
      case "all": .all
      default: throw node.error("'publish', 'subscribe' or 'all' is expected")
      }
    }

    private static func qos(_ node: ClaimNode) throws(ClaimError) -> QoSSet {
      guard case .array = node.value else { return try QoSSet([level(node)]) }
      return QoSSet(try node.elements(atMost: 3).map(level))
    }

    private static func level(_ node: ClaimNode) throws(ClaimError) -> QoS {
      guard let level = QoS(rawValue: UInt8(try node.number(0...2))) else {
        throw node.error("a QoS is expected")
      }
      return level
    }

    private static func retain(_ node: ClaimNode) throws(ClaimError) -> Bool? {
      switch node.value {
      case .string("all"): nil
      case .bool(let flag): flag
      default: try node.number(0...1) == 1
      }
    }
  }
}
