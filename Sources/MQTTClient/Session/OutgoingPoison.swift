/// What is known about messages over which the broker may end links.
struct PoisonWatch {
  /// The broker has answered nothing since the last QoS 1 or 2 PUBLISH.
  private(set) var isSilent = false
  /// A QoS 0 PUBLISH has left since then.
  private(set) var hasCompany = false
  /// The broker has acknowledged a publish on this link.
  private(set) var hasProgress = false
  /// Publishes before this sequence go out one at a time.
  var carefulBefore: UInt64?
  /// The broker has not answered all requests that are not publishes.
  var owesAnswers = false
  /// No message was taken out by suspicion since the broker has acknowledged one.
  var trustsSuspicion = true

  mutating func sentSuspect() {
    isSilent = true
    hasCompany = false
  }

  mutating func sentCompany() { hasCompany = true }
  mutating func heard() { isSilent = false }

  mutating func acknowledged() {
    hasProgress = true
    trustsSuspicion = true
  }

  mutating func linkAccepted() {
    isSilent = false
    hasCompany = false
    hasProgress = false
  }
}

/// Finds the message over which the broker ends one link after the other, and takes it out.
///
/// Evidence is only what cannot point at another message: the broker ended the link, this was the
/// one unacknowledged publish, and neither did the broker answer anything after it nor we ask for
/// anything else. What the broker delivers is no answer: a session that it kept begins with that on
/// every link. After a link that brought no progress at all the publishes go out one at a time, each
/// when the other requests are answered, until that is so. A code that only a message can cause
/// convicts at once, anything else when it came as often in a row as the options say. So that a
/// broker which is merely broken costs few messages, the next suspicion needs several times as many
/// links, unless the broker has acknowledged a message in between.
extension OutgoingPublishes {
  /// How many times as many links convict when nothing was acknowledged since the last conviction.
  private static let patience = 4

  /// Whether only one publish may be in flight.
  var isCareful: Bool {
    guard let end = poison.carefulBefore else { return false }
    let oldest = unacknowledged.first ?? sending.first
    return oldest.map { table[$0].sequence < end } ?? false
  }

  /// The link is about to be lost; `isQuiet` says that nothing but publishes was unanswered.
  mutating func judge(_ evidence: PoisonEvidence, isQuiet: Bool) {
    guard delivery.quarantineAfter > 0, limits != nil, let head = unacknowledged.first else {
      return
    }
    let isAlone =
      unacknowledged.count == 1 && poison.isSilent && !poison.hasCompany && isQuiet
    switch evidence {
    case .none: return
    case .certain(let code):
      if isAlone {
        table[head].verdict = .quarantined(code)
      } else {
        poison.carefulBefore = nextSequence
      }
    case .suspicious(let code):
      if isAlone {
        table[head].strikes += 1
        let needed = delivery.quarantineAfter * (poison.trustsSuspicion ? 1 : Self.patience)
        guard table[head].strikes >= needed else { return }
        table[head].verdict = .quarantined(code)
        poison.trustsSuspicion = false
      } else if !poison.hasProgress {
        poison.carefulBefore = nextSequence
      }
    }
  }
}
