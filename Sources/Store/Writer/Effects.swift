/// What a transaction will have done once it is committed.
struct Effects {
  /// The new rows, in order; their bodies are shared with the commands, not copied.
  var stored: [OutboxRow] = []
  var advanced: [(sequence: Int64, phase: UInt8)] = []
  var finished: [Int64] = []
  /// Those of the finished rows that were there.
  var ended: [EndedItem] = []
  /// What the finished rows held.
  var freed = StoreOptions.Limits(messages: 0, bytes: 0)
  /// Items that could not be kept for a reason of their own.
  var refused: [(item: OutboxItem, error: StoreError)] = []
  /// Items that were not stored, because earlier ones have their keys.
  var repeated: [(item: OutboxItem, repetition: RepeatedItem)] = []
  var totals = Totals()
  var events: EventEffects
  var deadLetters = DeadLetterTotals()
  /// How many commands wrote.
  var writes = 0
}

/// What a transaction does to the event log and what belongs to it.
struct EventEffects {
  var logged: [LoggedEvent] = []
  var forgottenReceipts: [Int64] = []
  var recorded: [RecordedName] = []
  var forgottenNames: [String] = []
  /// Answers to `keep` and `removeSubscription`, in order.
  var answers: [StoreEvent] = []
  var moved: [MovedCursor] = []
  /// The log as it will be.
  var bounds: EventBounds
  /// What the subscriptions hold then.
  var holds: EventHolds
  /// Counted bytes that were added.
  var addedBytes = 0
}

/// Why a transaction is not there, and whether that is certain.
struct WriteFailure: Error {
  let error: StoreError
  let isAtCommit: Bool

  /// The code of a commit that may show up after a crash although it was reported as failed.
  ///
  /// The log may hold all of it, only the sync failed. The next commit overwrites it.
  var uncertainCode: Int32? {
    guard isAtCommit, case .ioError(let code) = error else { return nil }
    return code
  }
}
