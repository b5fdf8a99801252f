/// What the store reports, in order, on its own thread and under no lock.
package enum StoreEvent: Sendable, Equatable {
  /// These items are safe: their transaction is committed and synced.
  case stored([StoredItem])
  /// These accepted items were not kept; with `outcomeUnknown` nobody can tell.
  case refused([ItemID], StoreError)
  /// The next rows for the consumer, in order of their sequence.
  case feed([OutboxRow])
  /// The phases of these rows are safe; rows that had gone already are reported all the same.
  case advanced([Int64])
  /// These rows are gone and their outcomes are remembered.
  case finished([Int64])
  /// The answer to a look-up; nil for an item that is unknown or forgotten.
  case found(token: UInt64, ItemState?)
  case lookUpFailed(token: UInt64, StoreError)
  /// Writing fails; new items are refused until `recovered`.
  case failing(StoreError)
  case recovered
}
