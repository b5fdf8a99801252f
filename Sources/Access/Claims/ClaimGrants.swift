import JSONText

/// The grants of a token, in the one of three forms that it has.
enum ClaimGrants {
  /// It throws what cannot be understood.
  ///
  /// A token with two forms is refused, because taking one of them
  /// could lose what the other denies.
  static func grants(_ claims: ClaimNode, for caller: Identity) throws(ClaimError) -> Grants {
    var forms: [String] = []
    var grants = Grants.nothing(
      origin: "the token, which has no claim mqtt, acl or authorization_details")
    for (name, node) in try claims.members() {
      switch name {
      case "mqtt":
        grants = try GrantObject(node).grants(
          for: caller, origin: "claim mqtt", pointer: node.pointer)
      case "acl": grants = try AccessControlList.grants(node, for: caller)
      case "authorization_details":
        let entries = try AuthorizationDetails.entries(node)
        if entries.isEmpty { continue }
        grants = try AuthorizationDetails.grants(entries, for: caller)
      default: continue
      }
      forms.append(name)
    }
    guard forms.count < 2 else {
      throw claims.error("'\(forms[0])' and '\(forms[1])' both say what is granted; give one")
    }
    return grants
  }
}
