import JSONText
import MQTTClient

/// The claim `authorization_details`. [RFC 9396]
///
/// An entry is ours when its type is `mqtt` or ends with `/mqtt`; others are for other servers.
enum AuthorizationDetails {
  static let origin = "claim authorization_details"

  /// The entries that are ours.
  static func entries(_ node: ClaimNode) throws(ClaimError) -> [ClaimNode] {
    var ours: [ClaimNode] = []
    for entry in try node.elements(atMost: GrantObject.filtersMaximum) {
      guard let type = try entry.members().first(where: { $0.name == "type" }) else {
        throw entry.error("'type' is missing")
      }
      let text = try type.node.string()
      if text == "mqtt" || text.hasSuffix("/mqtt") { ours.append(entry) }
    }
    return ours
  }

  static func grants(_ entries: [ClaimNode], for caller: Identity) throws(ClaimError) -> Grants {
    var rules: [GrantRule] = []
    var rights: Set<String> = []
    for entry in entries {
      let (actions, topics) = try contents(of: entry)
      rights.formUnion(actions)
      for (text, node) in topics {
        rules += try Self.rules(text, node, actions, caller)
      }
      guard rules.count <= GrantObject.filtersMaximum else { throw entry.error("too many topics") }
    }
    return Grants(
      rules, origin: origin, request: rights.contains("request"),
      history: rights.contains("history"))
  }

  private static func contents(
    of entry: ClaimNode
  ) throws(ClaimError) -> (actions: Set<String>, topics: [(text: String, node: ClaimNode)]) {
    var actions: Set<String> = []
    var topics: [(text: String, node: ClaimNode)] = []
    for (name, node) in try entry.members() {
      switch name {
      case "type": break
      case "actions":
        for (action, node) in try node.strings(atMost: 16) {
          guard ["publish", "subscribe", "retain", "request", "history"].contains(action) else {
            throw node.error("not known")
          }
          actions.insert(action)
        }
      case "topics": topics = try node.strings(atMost: GrantObject.filtersMaximum)
      default: throw node.error("not known")
      }
    }
    return (actions, topics)
  }

  private static func rules(
    _ text: String, _ node: ClaimNode, _ actions: Set<String>, _ caller: Identity
  ) throws(ClaimError) -> [GrantRule] {
    let pattern: GrantPattern
    do { pattern = try GrantPattern(text, for: caller, effect: .allow) } catch {
      throw node.error(error.words)
    }
    var rules: [GrantRule] = []
    if actions.contains("publish") {
      rules.append(
        GrantRule(
          effect: .allow, actions: .publish, pattern: pattern,
          retain: actions.contains("retain") ? nil : false, origin: origin,
          retainOrigin: "\(origin) has no action 'retain' for it"))
    }
    if actions.contains("subscribe") {
      rules.append(
        GrantRule(effect: .allow, actions: .subscribe, pattern: pattern, origin: origin))
    }
    return rules
  }
}
