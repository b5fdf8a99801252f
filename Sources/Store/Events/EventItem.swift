/// What a caller gives to the event log; the store never interprets `kind` and `body`.
package struct EventItem: Sendable, Equatable {
  package var topic: String
  package var kind: UInt8
  package var body: [UInt8]
  /// A number that is remembered in the same transaction, until it is forgotten.
  package var receipt: Int64?
  /// What is remembered beside the receipt.
  package var receiptMark: Int64?
  /// What it changes about the last value of its topic, in the same transaction.
  package var lastValue: LastValueChange?
  /// Whether it is an event at all; without it only its last value counts, and its place is 0.
  package var isLogged = true

  package init(
    topic: String, kind: UInt8, body: [UInt8], receipt: Int64? = nil, receiptMark: Int64? = nil
  ) {
    self.topic = topic
    self.kind = kind
    self.body = body
    self.receipt = receipt
    self.receiptMark = receiptMark
  }

  /// What the event counts for in `StoreOptions.eventBytes`: roughly what it takes on disk.
  var countedBytes: Int { topic.utf8.count + body.count + EventTable.rowOverheadBytes }
}

/// A number that came with an event and has not been forgotten.
package struct Receipt: Sendable, Equatable {
  package let number: Int64
  /// Of the last event with this number; nil when it came with none.
  package let mark: Int64?

  package init(number: Int64, mark: Int64? = nil) {
    self.number = number
    self.mark = mark
  }
}

/// The place in the event log that an item got.
package struct LoggedEvent: Sendable, Equatable {
  package let sequence: Int64
  /// Milliseconds since 1970; never less than the time of an earlier event.
  package let time: Int64

  package init(sequence: Int64, time: Int64) {
    self.sequence = sequence
    self.time = time
  }
}

/// Where the event log begins and ends.
package struct EventBounds: Sendable, Equatable {
  /// The oldest event that is kept; `last + 1` when the log is empty.
  package var first: Int64
  /// The newest event, 0 before the first one; it stays when the event itself goes.
  package var last: Int64
  /// The time of the newest event, in milliseconds since 1970; 0 before the first one.
  package var lastTime: Int64

  package init(first: Int64, last: Int64, lastTime: Int64) {
    self.first = first
    self.last = last
    self.lastTime = lastTime
  }
}
