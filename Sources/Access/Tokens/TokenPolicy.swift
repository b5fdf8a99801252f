import JSONText

/// What the claims of a token must say.
package struct TokenPolicy: Equatable, Sendable {
  /// Who may have issued it; empty is anyone whose key is known.
  package var issuers: [String] = []
  /// Whom it may be for; empty is anyone.
  package var audiences: [String] = ["mqtt-bridge"]
  /// How far clocks may differ, in seconds.
  package var leeway: Int64 = 30
  /// Claims that must be there.
  package var required: [String] = ["exp"]

  package init() {}

  static let subjectBytesMaximum = 1024
  /// The year 9999: later times are mistakes, such as milliseconds.
  private static let latest: Int64 = 253_402_300_799

  /// Who a token is for and until when, once its signature is checked.
  struct Outcome: Equatable, Sendable {
    var issuer: String?
    var identity = Identity()
    var expiry: Int64?
    var begin: Int64?
  }

  /// It throws what the token lacks; `now` is in seconds since 1970.
  func check(_ claims: ClaimNode, at now: Int64) throws(Refusal) -> Outcome {
    var outcome = Outcome()
    var audiences: [String] = []
    var names: Set<String> = []
    do throws(ClaimError) {
      for (name, node) in try claims.members() {
        names.insert(name)
        switch name {
        case "iss": outcome.issuer = try Self.text(node)
        case "aud": audiences = try Self.audience(node)
        case "exp": outcome.expiry = try Self.time(node)
        case "nbf": outcome.begin = try Self.time(node)
        case "sub": outcome.identity.subject = try Self.text(node)
        case "username": outcome.identity.username = try Self.text(node)
        case "clientid": outcome.identity.clientID = try Self.text(node)
        default: break
        }
      }
    } catch { throw error.refusal }
    if outcome.identity.username == nil { outcome.identity.username = outcome.identity.subject }
    for name in required where !names.contains(name) {
      throw SignedToken.invalid("claim \(name) is missing")
    }
    try check(issuer: outcome.issuer)
    try check(audiences: audiences)
    try check(outcome, at: now)
    return outcome
  }

  private func check(issuer: String?) throws(Refusal) {
    guard !issuers.isEmpty else { return }
    guard let issuer else { throw SignedToken.invalid("claim iss is missing") }
    guard issuers.contains(where: { $0.utf8.elementsEqual(issuer.utf8) }) else {
      throw SignedToken.invalid(
        "claim iss is '\(GrantWords.short(issuer))', not one that is configured")
    }
  }

  private func check(audiences given: [String]) throws(Refusal) {
    guard !audiences.isEmpty else { return }
    guard !given.isEmpty else { throw SignedToken.invalid("claim aud is missing") }
    let isOurs = given.contains { given in
      audiences.contains { $0.utf8.elementsEqual(given.utf8) }
    }
    guard isOurs else {
      throw SignedToken.invalid(
        "claim aud is '\(GrantWords.short(given.joined(separator: ", ")))', not one that is configured"
      )
    }
  }

  /// Whether the token is valid now; asked again whenever a verdict is used again.
  func check(_ outcome: Outcome, at now: Int64) throws(Refusal) {
    if let expiry = outcome.expiry, now >= expiry + leeway {
      throw Refusal(.tokenExpired, "expired \(now - expiry) s ago")
    }
    if let begin = outcome.begin, now + leeway < begin {
      throw SignedToken.invalid("it begins to be valid in \(begin - now) s")
    }
  }

  private static func text(_ node: ClaimNode) throws(ClaimError) -> String {
    let text = try node.string()
    guard text.utf8.count <= subjectBytesMaximum else { throw node.error("is too long") }
    return text
  }

  private static func audience(_ node: ClaimNode) throws(ClaimError) -> [String] {
    if case .string(let text) = node.value { return [text] }
    return try node.strings(atMost: 100).map(\.text)
  }

  /// Seconds since 1970, perhaps with a fraction, which is cut off. [RFC 7519, section 2]
  private static func time(_ node: ClaimNode) throws(ClaimError) -> Int64 {
    guard case .number(let text) = node.value else { throw node.error("a number is expected") }
    let parts = text.split(separator: ".", maxSplits: 1)
    let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    guard isPlain, let seconds = parts.first.flatMap({ Int64($0) }), seconds <= latest else {
      throw node.error("seconds since 1970 are expected")
    }
    return seconds
  }
}
