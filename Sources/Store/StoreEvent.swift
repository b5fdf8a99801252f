/// What the store reports, in order, on its own thread and under no lock.
package enum StoreEvent: Sendable, Equatable {
  /// These items are safe: their transaction is committed and synced.
  case stored([StoredItem])
  /// These accepted items were not kept; with `outcomeUnknown` nobody can tell.
  case refused([ItemID], StoreError)
  /// These accepted items were not stored, because earlier ones have their keys.
  ///
  /// An original that is pending here is in a later `ended`.
  case repeated([RepeatedItem])
  /// The next rows for the consumer, in order of their sequence.
  case feed([OutboxRow])
  /// The phases of these rows are safe; rows that had gone already are reported all the same.
  case advanced([Int64])
  /// These rows are gone, and how; it comes just before `finished`.
  case ended([EndedItem])
  /// These rows are gone; rows that had gone already are reported all the same.
  case finished([Int64])
  /// The answer to a look-up; nil for an item that is unknown or forgotten.
  case found(token: UInt64, ItemState?)
  case lookUpFailed(token: UInt64, StoreError)
  /// These events are safe, one for each item in the order in which they were logged.
  case logged([LoggedEvent])
  /// These receipts are gone; also told of those that had gone already.
  case receiptsForgotten([Int64])
  /// These names are safe; one that was there before keeps its old `since`.
  case recorded([RecordedName])
  /// These names are no longer in the durable set.
  case forgotten([String])
  /// This subscription is safe, with the cursor that it got.
  case kept(token: UInt64, StoredSubscription)
  case removed(token: UInt64, existed: Bool)
  /// These cursors are safe, the newest place of each in the order of the moves.
  ///
  /// A move that went backwards reports where the cursor stayed, one of a subscription that is
  /// gone reports nothing.
  case cursorsMoved([MovedCursor])
  /// The events are safe among the dead letters, and the cursor of their subscription is moved.
  case buried(token: UInt64)
  /// The answer to a request about dead letters.
  case deadLetters(token: UInt64, DeadLetterAnswer)
  /// Writing fails; new items are refused until `recovered`.
  case failing(StoreError)
  case recovered
}
