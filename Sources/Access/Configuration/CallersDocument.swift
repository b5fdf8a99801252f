import JSONText

/// The file of users, API keys, certificates and what callers without a credential may do, as JSON.
extension AccessConfiguration {
  /// Reads `{"users":[…],"api_keys":[…],"certificates":[…],"anonymous":{…}}` into the configuration.
  ///
  /// It throws the first thing that cannot be understood; `problems` has what is wrong with the values.
  package mutating func readCallers(_ json: [UInt8]) throws(ClaimError) {
    let root: JSONNode
    do { root = try JSONScanner.scan(json) } catch {
      throw ClaimError("", "the file cannot be understood: \(error)")
    }
    for (name, node) in try ClaimNode(root).members() {
      switch name {
      case "users": users = try Self.list(node) { (node) throws(ClaimError) in try User(node) }
      case "api_keys":
        apiKeys = try Self.list(node) { (node) throws(ClaimError) in try APIKey(node) }
      case "certificates":
        certificates = try Self.list(node) { (node) throws(ClaimError) in try Certificate(node) }
      case "anonymous": anonymous = try GrantObject(node)
      default: throw node.error("is not known; users, api_keys, certificates and anonymous are")
      }
    }
  }

  private static func list<Entry>(
    _ node: ClaimNode, _ read: (ClaimNode) throws(ClaimError) -> Entry
  ) throws(ClaimError) -> [Entry] {
    var entries: [Entry] = []
    for node in try node.elements(atMost: 100_000) { entries.append(try read(node)) }
    return entries
  }
}

/// What the callers in the file have in common.
private struct CallerEntry {
  var name = ""
  var secret = ""
  var grants = GrantObject()

  /// Every member must be there once, under its name.
  init(_ node: ClaimNode, secret secretName: String?) throws(ClaimError) {
    var missing: Set<String> = ["name", "grants"]
    if let secretName { missing.insert(secretName) }
    for (name, node) in try node.members() {
      guard missing.remove(name) != nil else {
        throw node.error("is not known here or is there twice")
      }
      switch name {
      case "name": self.name = try node.string()
      case "grants": grants = try GrantObject(node)
      default: secret = try node.string()
      }
    }
    if let name = missing.sorted().first { throw node.error("has no \(name)") }
  }
}

extension AccessConfiguration.User {
  fileprivate init(_ node: ClaimNode) throws(ClaimError) {
    let entry = try CallerEntry(node, secret: "password")
    self.init(name: entry.name, password: entry.secret, grants: entry.grants)
  }
}

extension AccessConfiguration.APIKey {
  fileprivate init(_ node: ClaimNode) throws(ClaimError) {
    let entry = try CallerEntry(node, secret: "hash")
    self.init(name: entry.name, hash: entry.secret, grants: entry.grants)
  }
}

extension AccessConfiguration.Certificate {
  fileprivate init(_ node: ClaimNode) throws(ClaimError) {
    let entry = try CallerEntry(node, secret: nil)
    self.init(name: entry.name, grants: entry.grants)
  }
}
