/// A reader of the event log with a durable cursor; the store never interprets `config`.
package struct StoredSubscription: Sendable, Equatable {
  package var name: String
  package var config: [UInt8]
  /// The newest event that the subscription has done with.
  package var cursor: Int64
  /// For how many milliseconds events after the cursor are kept, also when `eventAge` is less.
  ///
  /// The limit of the log's bytes wins all the same.
  package var holdAge: Int64
  /// Milliseconds since 1970.
  package var createdAt: Int64

  package init(name: String, config: [UInt8], cursor: Int64, holdAge: Int64, createdAt: Int64) {
    self.name = name
    self.config = config
    self.cursor = cursor
    self.holdAge = holdAge
    self.createdAt = createdAt
  }
}

/// How far a subscription is after a move.
package struct MovedCursor: Sendable, Equatable {
  package let name: String
  package let cursor: Int64

  package init(name: String, cursor: Int64) {
    self.name = name
    self.cursor = cursor
  }
}
