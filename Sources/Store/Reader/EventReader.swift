/// Reads the event log on its own connection, beside the thread that writes.
///
/// It lives on the thread `store-read`, inside the closures given to `Store.read`. Every call is one
/// short read: a long one would keep the write-ahead log from starting again.
package final class EventReader {
  private let path: String
  private let shared: SharedState
  private let onDamage: () -> Void
  private var opened: ReaderStatements?

  init(path: String, _ shared: SharedState, onDamage: @escaping () -> Void) {
    self.path = path
    self.shared = shared
    self.onDamage = onDamage
  }

  /// The event log as the last commit left it; its beginning may go while it is read.
  package var bounds: EventBounds { shared.eventBounds }

  /// The time of an event; nil when it is not there or no longer kept.
  package func time(of sequence: Int64) throws(StoreError) -> Int64? {
    try attempt { (statements) throws(StoreError) in
      guard let found = try statements.next(from: sequence), found.sequence == sequence
      else { return nil }
      return found.time
    }
  }

  /// The newest event that is older than `time`; the one before the first when there is none.
  ///
  /// Times never decrease, so it finds its way in steps of half the distance.
  package func position(before time: Int64) throws(StoreError) -> Int64 {
    try attempt { (statements) throws(StoreError) in
      try statements.inOneView { () throws(StoreError) in
        guard let first = try statements.next(from: 0), let last = try statements.newest() else {
          return bounds.last
        }
        guard first.time < time else { return first.sequence - 1 }
        // `low` is older than `time`, `high` and everything after it is not.
        var (low, high) = (first.sequence, last + 1)
        while high - low > 1 {
          let middle = low + (high - low) / 2
          guard let found = try statements.next(from: middle), found.time < time else {
            high = middle
            continue
          }
          low = found.sequence
        }
        return low
      }
    }
  }

  /// Shows events in ascending order and returns the last one looked at.
  ///
  /// It looks at `rowsMax` rows at most. `visit` returns false to stop, and that row counts as not
  /// looked at. At the end the result is `through`, or the newest event when that is less. Events
  /// that are no longer kept are passed over: compare with `bounds.first`.
  package func scan(
    after: Int64, through: Int64, rowsMax: Int, _ visit: (EventRow) -> Bool
  ) throws(StoreError) -> Int64 {
    // Whatever is committed later must not count as looked at.
    let end = min(through, bounds.last)
    guard after < end, rowsMax > 0 else { return after }
    return try attempt { (statements) throws(StoreError) in
      let rows = statements.ascending
      defer { rows.reset() }
      try rows.bind(after, at: 1)
      try rows.bind(end, at: 2)
      try rows.bind(Int64(rowsMax), at: 3)
      var (last, count) = (after, 0)
      while try rows.step() {
        let row = EventRow(rows)
        guard visit(row) else { return last }
        last = row.sequence
        count += 1
      }
      return count < rowsMax ? end : last
    }
  }

  /// Shows events in descending order, from `from` on, and returns the lowest one looked at.
  ///
  /// `from + 1` when it looked at none. `rowsMax` and `visit` are as in `scan`.
  package func scanBackward(
    from: Int64, rowsMax: Int, _ visit: (EventRow) -> Bool
  ) throws(StoreError) -> Int64 {
    let start = min(from, bounds.last)
    guard rowsMax > 0 else { return start + 1 }
    return try attempt { (statements) throws(StoreError) in
      let rows = statements.descending
      defer { rows.reset() }
      try rows.bind(start, at: 1)
      try rows.bind(Int64(rowsMax), at: 2)
      var lowest = start + 1
      while try rows.step() {
        let row = EventRow(rows)
        guard visit(row) else { break }
        lowest = row.sequence
      }
      return lowest
    }
  }

  /// The rows of the outbox after a sequence, in order, without their bodies.
  package func outbox(after sequence: Int64, limit: Int) throws(StoreError) -> [OutboxSummary] {
    try attempt { (statements) throws(StoreError) in
      try statements.outbox(after: sequence, limit: limit)
    }
  }

  /// Runs `body` with the connection, which is opened when it is first needed.
  func attempt<Value>(
    _ body: (ReaderStatements) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    do throws(StoreError) {
      if let opened { return try body(opened) }
      let statements = try ReaderStatements(path: path)
      opened = statements
      return try body(statements)
    } catch {
      if error == .corrupt { onDamage() }
      throw error
    }
  }
}
