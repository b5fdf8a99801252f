/// The sessions that brokers have offered to resume, kept over the attempts of one client.
///
/// It belongs to the thread that makes the attempts. A session is only given out to an attempt with
/// equal options and unchanged files: resuming one skips the check of the certificates.
final class TLSSessions {
  /// What must not have changed between two attempts.
  struct Key: Equatable {
    let host: String
    let options: TLSOptions
    /// Of what was read from files.
    let fingerprint: [UInt8]
  }

  /// One more takes the place of the oldest.
  static let countMax = 16

  private var kept: [(key: Key, session: [UInt8])] = []

  /// Keeps a session, in place of an earlier one with this key.
  func keep(_ session: [UInt8], for key: Key) {
    kept.removeAll { $0.key == key }
    if kept.count == Self.countMax { kept.removeFirst() }
    kept.append((key, session))
  }

  /// Gives out a session once: a ticket that is used twice could be linked by those who listen.
  func take(for key: Key) -> [UInt8]? {
    guard let index = kept.firstIndex(where: { $0.key == key }) else { return nil }
    return kept.remove(at: index).session
  }
}
