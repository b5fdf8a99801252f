/// Where a link connects to in place of the configured servers.
package struct RedirectTarget: Equatable, Sendable {
  /// The first first; never empty.
  package let references: [ServerReference]
  /// Whether the secrets that the application configured may go there.
  package let sendsCredentials: Bool
}

/// Whether the session follows its broker to another one, and for how long.
///
///     home ──referred──▶ away ──the link ends──▶ home
///                        away, permanently, and accepted ──the link ends──▶ away
///     home, away ──referred, and the application decides──▶ asking ──decided──▶ away, home
///
/// `home` are the configured servers. An address comes up once in a row of redirections; the row ends
/// with an accepted connection, and with an attempt that fails otherwise.
struct Redirection: ~Copyable {
  enum Verdict: Equatable { case stay, follow, ask }

  private enum Place {
    case home
    case away(RedirectTarget, isPermanent: Bool, wasAccepted: Bool)
  }

  private let policy: RedirectPolicy
  private var place = Place.home
  private var visited = Set<ServerReference>()
  private var followed = 0
  private var askedNumber: UInt64 = 0
  private var asked: RedirectRequest?

  init(_ policy: RedirectPolicy) { self.policy = policy }

  /// Whether user name, password and authentication data may go to the present server.
  var sendsCredentials: Bool {
    switch place {
    case .home: true
    case .away(let target, _, _): target.sendsCredentials
    }
  }

  var isAsking: Bool { asked != nil }

  /// The server accepted the client.
  mutating func accepted() {
    if case .away(let target, let isPermanent, _) = place {
      place = .away(target, isPermanent: isPermanent, wasAccepted: true)
    }
    rowEnded()
  }

  /// The link, or the attempt to open it, has ended: goes home unless the move was for good.
  mutating func linkEnded(_ actions: inout [SessionAction]) {
    switch place {
    case .home, .away(_, isPermanent: true, wasAccepted: true): break
    case .away: goHome(&actions)
    }
  }

  private mutating func goHome(_ actions: inout [SessionAction]) {
    if case .home = place { return }
    place = .home
    actions.append(.redirect(nil))
  }

  /// The end of a link led to no redirection.
  mutating func rowEnded() {
    visited.removeAll()
    followed = 0
  }

  /// The server names others; call it after `linkEnded`.
  mutating func referred(
    _ code: ReasonCode?, _ text: String?, _ actions: inout [SessionAction]
  ) -> Verdict {
    guard code == .serverMoved || code == .useAnotherServer, let text else { return .stay }
    let isPermanent = code == .serverMoved
    let named = ServerReference.list(text)
    guard !named.isEmpty else { return .stay }
    actions.append(
      .referred(RedirectRequest(references: named, isPermanent: isPermanent, followed: followed)))
    let references = unvisited(named)
    guard !references.isEmpty, followed < policy.maximum else { return .stay }
    switch policy.rule {
    case .ignore: return .stay
    case .follow(let sendsCredentials):
      let target = RedirectTarget(references: references, sendsCredentials: sendsCredentials)
      follow(target, isPermanent: isPermanent, &actions)
      return .follow
    case .ask:
      askedNumber += 1
      let request = RedirectRequest(
        references: references, isPermanent: isPermanent, followed: followed)
      asked = request
      actions.append(.askRedirect(number: askedNumber, request))
      return .ask
    }
  }

  /// Whether to follow now; nil for an answer that comes too late.
  mutating func decided(
    _ number: UInt64, _ decision: RedirectDecision, _ actions: inout [SessionAction]
  ) -> Bool? {
    guard number == askedNumber, let request = asked.take() else { return nil }
    guard case .follow(let references, let sendsCredentials) = decision else {
      rowEnded()
      return false
    }
    let wanted = unvisited(references)
    guard !wanted.isEmpty else {
      rowEnded()
      return false
    }
    let target = RedirectTarget(references: wanted, sendsCredentials: sendsCredentials)
    follow(target, isPermanent: request.isPermanent, &actions)
    return true
  }

  /// The application took too long, or the session ends.
  mutating func stopAsking() {
    asked = nil
    rowEnded()
  }

  private mutating func follow(
    _ target: RedirectTarget, isPermanent: Bool, _ actions: inout [SessionAction]
  ) {
    followed += 1
    visited.formUnion(target.references)
    place = .away(target, isPermanent: isPermanent, wasAccepted: false)
    actions.append(.redirect(target))
  }

  private func unvisited(_ references: [ServerReference]) -> [ServerReference] {
    references.filter { !visited.contains($0) }
  }
}
