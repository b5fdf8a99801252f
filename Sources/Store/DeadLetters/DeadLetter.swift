/// An item that nobody could deliver, kept for a person to decide about.
package struct DeadLetter: Sendable, Equatable {
  /// Grows with each dead letter; where a listing goes on.
  package let number: Int64
  package let id: ItemID
  package let body: [UInt8]
  package let outcome: Outcome
  /// The subscription whose events it holds; nil for an item of the outbox.
  package let owner: String?
  /// Milliseconds since 1970.
  package let storedAt: Int64
  /// Milliseconds since 1970.
  package let diedAt: Int64
}

/// What a subscription could not deliver.
package struct UndeliveredEvents: Sendable, Equatable {
  /// The same events have the same identifier, so that they are kept once.
  package var id: ItemID
  package var body: [UInt8]
  package var outcome: Outcome
  /// When the first of the events was logged, in milliseconds since 1970.
  package var storedAt: Int64

  package init(id: ItemID, body: [UInt8], outcome: Outcome, storedAt: Int64) {
    self.id = id
    self.body = body
    self.outcome = outcome
    self.storedAt = storedAt
  }
}

/// How much the dead letters are, and how many were dropped for want of room.
package struct DeadLetterTotals: Sendable, Equatable {
  package var messages = 0
  package var bytes = 0
  package var dropped = 0

  static func + (left: Self, right: Self) -> Self {
    Self(
      messages: left.messages + right.messages, bytes: left.bytes + right.bytes,
      dropped: left.dropped + right.dropped)
  }
}

/// What a person asks of the dead letters.
package enum DeadLetterRequest: Sendable, Equatable {
  /// The newest ones before this number, or of all; fewer than `limit` where their bytes are many.
  case list(before: Int64?, limit: Int)
  case find(ItemID)
  /// Back into the outbox, behind everything in it, under the same identifier.
  ///
  /// Its time begins again: it expires as late as it would if it had just come. What a subscription
  /// could not deliver is handed over instead, and stays until `settle` says how that ended.
  case retry(ItemID)
  case delete(ItemID)
  case deleteAll
}

/// What came of it.
package enum DeadLetterAnswer: Sendable, Equatable {
  /// `next` is where the listing goes on, if there are more.
  case page([DeadLetter], next: Int64?)
  case found(DeadLetter)
  case retried
  /// Its subscription must try again.
  case handedOver(DeadLetter)
  case deleted(Int)
  /// There is no such dead letter.
  case unknown
  /// The outbox has no room.
  case full
  case failed(StoreError)
}
