package import MQTTClient

/// The grants of the claim `mqtt`, and of users, API keys and anonymous callers in the configuration.
package struct GrantObject: Equatable, Sendable {
  package var publish: [String] = []
  package var subscribe: [String] = []
  /// Denied both ways, whatever else is granted.
  package var deny: [String] = []
  package var maximumQoS = QoS.exactlyOnce
  package var retain = false
  package var request = false
  package var history = false
  package var admin = false
  package var maximumConnections: Int?
  package var rate: Rate?

  package init() {}

  static let filtersMaximum = 1000

  /// The grants for one caller.
  ///
  /// `origin`: Where the object stands, such as `claim mqtt`.
  /// It throws which text is not a filter; its pointer begins with `pointer`.
  package func grants(
    for caller: Identity, origin: String, pointer: String
  ) throws(ClaimError) -> Grants {
    var rules: [GrantRule] = []
    for (index, text) in deny.enumerated() {
      let pattern = try Self.pattern(text, caller, .deny, "\(pointer)/deny/\(index)")
      rules.append(
        GrantRule(effect: .deny, actions: .all, pattern: pattern, origin: "\(origin).deny"))
    }
    let lists: [(String, GrantRule.Actions, [String])] = [
      ("publish", .publish, publish), ("subscribe", .subscribe, subscribe),
    ]
    for (name, actions, texts) in lists {
      for (index, text) in texts.enumerated() {
        let pattern = try Self.pattern(text, caller, .allow, "\(pointer)/\(name)/\(index)")
        rules.append(
          GrantRule(
            effect: .allow, actions: actions, pattern: pattern, qos: QoSSet(upTo: maximumQoS),
            retain: retain ? nil : false, origin: "\(origin).\(name)",
            qosOrigin: "\(origin).max_qos is \(maximumQoS.rawValue)",
            retainOrigin: "\(origin).retain is not true"))
      }
    }
    return Grants(
      rules, origin: origin, request: request, history: history, admin: admin,
      maximumConnections: maximumConnections, rate: rate)
  }

  private static func pattern(
    _ text: String, _ caller: Identity, _ effect: GrantRule.Effect, _ pointer: String
  ) throws(ClaimError) -> GrantPattern {
    do { return try GrantPattern(text, for: caller, effect: effect) } catch {
      throw ClaimError(pointer, error.words)
    }
  }
}

extension FilterTemplate.Invalid {
  var words: String {
    switch self {
    case .filter(let reason): "not a topic filter (\(reason))"
    case .placeholderUnknown(let name): "'${\(GrantWords.short(name))}' is not known"
    case .placeholderUnclosed: "'${' without '}'"
    }
  }
}
