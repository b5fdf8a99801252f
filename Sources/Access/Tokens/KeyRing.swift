/// The keys that tokens are checked with; replaced as a whole when they change.
package struct KeyRing: Sendable {
  /// So many keys are tried for a token that does not name one.
  static let triedMaximum = 8

  package let keys: [VerificationKey]

  package init(_ keys: [VerificationKey]) { self.keys = keys }

  /// What a look for the keys of a token finds.
  enum Found {
    case keys([VerificationKey])
    /// Nobody has this name; a newer key set may know it.
    case unknown(String)
    /// The named key is for other algorithms.
    case otherAlgorithm([JWSAlgorithm])
    case none
    case tooMany
  }

  func find(_ token: SignedToken) -> Found {
    let fitting = keys.filter { $0.algorithm == token.algorithm }
    guard let name = token.keyID else {
      if fitting.isEmpty { return .none }
      return fitting.count > Self.triedMaximum ? .tooMany : .keys(fitting)
    }
    func isNamed(_ key: VerificationKey) -> Bool { key.id?.utf8.elementsEqual(name.utf8) ?? false }
    let named = fitting.filter { isNamed($0) }
    if !named.isEmpty { return .keys(named) }
    let others = keys.filter { isNamed($0) }
    if !others.isEmpty { return .otherAlgorithm(others.map(\.algorithm)) }
    let nameless = fitting.filter { $0.id == nil }
    if nameless.isEmpty { return .unknown(name) }
    return nameless.count > Self.triedMaximum ? .tooMany : .keys(nameless)
  }
}
