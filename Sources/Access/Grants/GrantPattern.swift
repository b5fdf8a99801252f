import MQTTClient

/// What a rule of a grant is about: the topics of a filter, for one caller.
package struct GrantPattern: Hashable, Sendable {
  enum Scope: Hashable {
    case everything
    case filter(TopicFilter)
    /// Only a subscription with exactly this filter; EMQX writes it as `eq a/#`.
    case exactly(TopicFilter)
    case nothing(why: String)
  }

  /// As it was written.
  let text: String
  let scope: Scope
  /// What it is made of again where the client identifier of a connection is known.
  private var unbound: Unbound?

  private struct Unbound: Hashable {
    let caller: Identity
    let effect: GrantRule.Effect
    let readsEquals: Bool
  }

  static let everything = Self(text: "every topic", scope: .everything)

  private init(text: String, scope: Scope) {
    self.text = text
    self.scope = scope
  }

  init(_ filter: TopicFilter) {
    self.init(text: filter.text, scope: .filter(filter))
  }

  init(exactly filter: TopicFilter) {
    self.init(text: filter.text, scope: .exactly(filter))
  }

  /// Reads a filter that may have placeholders, and `eq ` before it where that means something.
  init(
    _ text: String, for caller: Identity, effect: GrantRule.Effect, readsEquals: Bool = false
  ) throws(FilterTemplate.Invalid) {
    let isExact = readsEquals && text.utf8.starts(with: "eq ".utf8)
    let template = try FilterTemplate(isExact ? String(text.dropFirst(3)) : text)
    self.text = text
    if template.hasClientID, caller.clientID == nil {
      unbound = Unbound(caller: caller, effect: effect, readsEquals: readsEquals)
    }
    switch template.filter(for: caller) {
    case .success(let filter):
      // Without a wildcard, a filter is one topic, and that is the same either way.
      scope = isExact && filter.isWildcard ? .exactly(filter) : .filter(filter)
    case .failure(let missing):
      switch effect {
      case .allow: scope = .nothing(why: "\(missing)")
      case .deny: scope = template.filterForEveryone().map { .filter($0) } ?? .everything
      }
    }
  }

  /// Whether `${clientid}` stands in it and is not known.
  var lacksClientID: Bool { unbound != nil }

  /// The same for a connection with this client identifier.
  func bound(toClientID clientID: String) -> Self {
    guard let unbound else { return self }
    var caller = unbound.caller
    caller.clientID = clientID
    let bound = try? Self(
      text, for: caller, effect: unbound.effect, readsEquals: unbound.readsEquals)
    return bound ?? self
  }

  /// Whether a message with this topic is meant, when it is published.
  func covers(topic: String) -> Bool {
    switch scope {
    case .everything: true
    case .filter(let filter): !filter.isShared && filter.matches(topic: topic)
    case .exactly, .nothing: false
    }
  }

  /// Whether all that this subscription could bring is meant.
  func covers(_ wanted: TopicFilter, plainCoversShared: Bool) -> Bool {
    switch scope {
    case .everything: true
    case .filter(let filter):
      if filter.isShared {
        wanted.isShared && filter.shareGroup.isSameText(as: wanted.shareGroup)
          && filter.includes(wanted)
      } else {
        (plainCoversShared || !wanted.isShared) && filter.includes(wanted)
      }
    case .exactly(let filter): filter == wanted
    case .nothing: false
    }
  }

  /// Whether some topics of this subscription are meant.
  func meets(_ wanted: TopicFilter) -> Bool {
    switch scope {
    case .everything: true
    case .filter(let filter), .exactly(let filter): filter.meets(wanted)
    case .nothing: false
    }
  }

  /// Whether a message with this topic is meant, when a subscription brings it.
  ///
  /// A rule that allows exactly one filter allows what that brings. One that denies exactly one filter,
  /// or a group of a shared subscription, denies that subscription, not the messages.
  func coversDelivery(of topic: String, effect: GrantRule.Effect) -> Bool {
    switch (scope, effect) {
    case (.everything, _): true
    case (.filter(let filter), .deny): !filter.isShared && filter.matches(topic: topic)
    case (.filter(let filter), .allow), (.exactly(let filter), .allow):
      filter.matches(topic: topic)
    case (.exactly, .deny), (.nothing, _): false
    }
  }
}

extension String? {
  /// Byte by byte: nothing is normalized, as in topics.
  fileprivate func isSameText(as other: String?) -> Bool {
    guard let self, let other else { return false }
    return self.utf8.elementsEqual(other.utf8)
  }
}
