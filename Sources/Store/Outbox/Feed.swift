/// Which rows the consumer holds, and whether the next ones come from memory or from disk.
///
///     stored ─room─▶ given ─finished─▶ gone
///        └─no room─▶ behind (on disk only) ─room, paged─▶ given
///
/// Every row is given once per run, in the order of the sequence. Pure: the writer performs the
/// reads and hands over the rows.
struct Feed: ~Copyable {
  private let limits: StoreOptions.Limits
  private var isStarted = false
  private var given: [Int64: RowSummary] = [:]
  private(set) var givenBytes = 0
  /// Every row up to here was given or has gone.
  private(set) var lastGiven: Int64 = 0
  private var lastStored: Int64
  /// The size of the next row, once it was found not to fit.
  private var nextRowBytes = 0

  /// Starts behind an outbox whose last row is `lastStored`, or 0 when it is empty.
  init(limits: StoreOptions.Limits, lastStored: Int64) {
    self.limits = limits
    self.lastStored = lastStored
  }

  var givenCount: Int { given.count }

  /// What is known of a row that the consumer holds.
  subscript(sequence: Int64) -> RowSummary? { given[sequence] }

  /// The consumer is ready.
  mutating func start() { isStarted = true }

  /// Whether rows should be read from disk now.
  var wantsPage: Bool { isStarted && lastGiven < lastStored && hasRoom(for: nextRowBytes) }

  /// Takes a row that was just committed; true when the consumer gets it from memory.
  mutating func stored(_ row: OutboxRow) -> Bool {
    let keepsUp = isStarted && lastGiven == lastStored
    lastStored = row.sequence
    return keepsUp && offer(row)
  }

  /// Takes the next row in order; false, and the row stays on disk, when there is no room for it.
  mutating func offer(_ row: OutboxRow) -> Bool {
    guard hasRoom(for: row.body.count) else {
      nextRowBytes = row.body.count
      return false
    }
    nextRowBytes = 0
    given[row.sequence] = RowSummary(
      id: row.id, bytes: row.body.count, storedAt: row.storedAt, phase: row.phase)
    givenBytes += row.body.count
    lastGiven = row.sequence
    return true
  }

  /// Whether the consumer may hold one more row at all.
  var isFull: Bool { given.count >= limits.messages }

  /// A page was read to the end of the outbox: nothing is behind.
  mutating func pageEnded() {
    lastGiven = lastStored
    nextRowBytes = 0
  }

  mutating func advanced(_ sequence: Int64, to phase: UInt8) {
    given[sequence]?.phase = phase
  }

  mutating func finished(_ sequence: Int64) {
    if let row = given.removeValue(forKey: sequence) { givenBytes -= row.bytes }
  }

  private func hasRoom(for bytes: Int) -> Bool {
    given.isEmpty || (given.count < limits.messages && bytes <= limits.bytes - givenBytes)
  }
}
