/// A stored item as the feed gives it to the consumer.
package struct OutboxRow: Sendable, Equatable {
  package let sequence: Int64
  package let id: ItemID
  package let body: [UInt8]
  /// 0 for a new row, afterwards what the consumer said with `advance`.
  package let phase: UInt8
  /// Milliseconds since 1970.
  package let storedAt: Int64
  /// Milliseconds since 1970.
  package let expiresAt: Int64?
  /// Whether an earlier run of the process stored it.
  package let wasLoaded: Bool
}

/// The place in the outbox that an item got.
package struct StoredItem: Sendable, Equatable {
  package let sequence: Int64
  package let id: ItemID
  /// Milliseconds since 1970.
  package let storedAt: Int64
}
