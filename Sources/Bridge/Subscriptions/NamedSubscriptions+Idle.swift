import EventLoop
import Store

/// Cursors of subscriptions whose topics are quiet: they move past the events of others.
///
/// Else such a cursor would hold the log back, and when the log drops what is old, its consumer would
/// be told of a gap although nothing for it is missing.
extension NamedSubscriptions {
  /// How many rows of the log one pass looks at; what is left is for the next one.
  static let passRowsMax = 16_000
  /// From how many events on a cursor is noted at once.
  static let passedNotedMin: Int64 = 100
  /// Every so many passes, what is less than that is noted too.
  static let passesPerNote = 12

  private struct Idle {
    let name: String
    let cursor: Int64
    let terms: SubscriptionTerms
    /// Marks up to here have been given to somebody.
    let dispatched: Int64
  }

  /// Moves cursors up to the next event that is for them; the cursors that the store should note.
  ///
  /// On the reader thread, every few seconds.
  func passOthers(_ reader: EventReader) throws(StoreError) -> [String: Int64] {
    let head = position.last.sequence
    var rows = Self.passRowsMax
    for idle in idle(before: head) where rows > 0 {
      let last = try reader.scan(after: idle.cursor, through: head, rowsMax: rows) { row in
        rows -= 1
        guard row.kind == EventKind.message.rawValue else { return row.sequence <= idle.dispatched }
        return row.message(countingFor: idle.terms.filters) == nil
      }
      passed(idle, through: last)
    }
    return unnoted()
  }

  /// Those behind the head, beginning where the pass before ended.
  private func idle(before head: Int64) -> [Idle] {
    state.withLock { state in
      let names = state.subscriptions.filter { $0.value.cursor < head }.keys.sorted()
      let begin = names.firstIndex { $0 > state.lastPassed } ?? 0
      return (names[begin...] + names[..<begin]).compactMap { name in
        state.subscriptions[name].map {
          Idle(
            name: name, cursor: $0.cursor, terms: $0.terms,
            dispatched: $0.shared?.dispatched ?? 0)
        }
      }
    }
  }

  private func passed(_ idle: Idle, through sequence: Int64) {
    state.withLock { state in
      state.lastPassed = idle.name
      // What was looked at says nothing about the filters that it may have by now.
      guard let subscription = state.subscriptions[idle.name],
        subscription.terms.filters == idle.terms.filters, sequence > subscription.cursor
      else { return }
      state.subscriptions[idle.name]?.cursor = sequence
    }
  }

  private func unnoted() -> [String: Int64] {
    state.withLock { state in
      state.passes += 1
      let isDue = state.passes % Self.passesPerNote == 0
      return state.subscriptions.mapValues { ($0.cursor, $0.cursor - $0.storedCursor) }
        .filter { $0.value.1 >= Self.passedNotedMin || (isDue && $0.value.1 > 0) }
        .mapValues(\.0)
    }
  }
}
