/// What stays of an item that leaves the outbox.
package enum Ending: Sendable, Equatable {
  /// Its outcome, and its key for as long as keys are kept.
  case remembered
  /// Nothing: whoever asked for the item was told so, and its key is free again.
  case forgotten
  /// All of it, among the dead letters, beside its outcome and its key.
  case deadLetter
}

/// An item that has left the outbox.
package struct EndedItem: Sendable, Equatable {
  package let sequence: Int64
  package let id: ItemID
  package let outcome: Outcome
  package let ending: Ending
  /// Milliseconds since 1970.
  package let storedAt: Int64
  /// Milliseconds since 1970.
  package let finishedAt: Int64
}
