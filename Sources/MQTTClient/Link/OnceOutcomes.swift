/// What became of QoS 0 messages, which only the link can tell, until the driver reports it.
final class OnceOutcomes {
  private(set) var outcomes: [(key: UInt64, outcome: PublishOutcome)] = []

  /// The system has taken all bytes of these.
  func succeed(_ keys: [UInt64]) { add(keys, .sent) }

  /// No byte of these was given to the system.
  func fail(_ keys: [UInt64]) { add(keys, .notSent(.linkDown)) }

  /// Some bytes of these were given away, and nobody knows how far they came.
  func lose(_ keys: [UInt64]) { add(keys, .maybeSent(.linkDown)) }

  /// No packet can express these.
  func refuse(_ key: UInt64) { add([key], .notSent(.invalid)) }

  /// Hands out what has become known since the last time.
  func report(_ handle: (UInt64, PublishOutcome) -> Void) {
    guard !outcomes.isEmpty else { return }
    let known = exchange(&outcomes, with: [])
    for (key, outcome) in known { handle(key, outcome) }
    if outcomes.isEmpty {
      outcomes = known
      outcomes.removeAll(keepingCapacity: true)
    }
  }

  private func add(_ keys: [UInt64], _ outcome: PublishOutcome) {
    for key in keys { outcomes.append((key, outcome)) }
  }
}
