/// What the store holds and does, for metrics; one consistent snapshot.
package struct StoreStatistics: Sendable, Equatable {
  /// Committed rows of the outbox and the bytes of their bodies.
  package var outboxMessages = 0
  package var outboxBytes = 0
  /// When the first row was stored, in milliseconds since 1970.
  package var oldestStoredAt: Int64?
  /// Items that wait for their commit.
  package var waitingMessages = 0
  package var waitingBytes = 0
  /// Rows that the consumer holds.
  package var fedMessages = 0
  package var fedBytes = 0
  /// Rows that were read back from disk for the feed.
  package var rowsPaged = 0
  package var commits = 0
  package var lastCommitWrites = 0
  package var lastCommitDuration = Duration.zero
  package var walBytes = 0
  package var checkpoints = 0
  /// Database pages read from disk since opening.
  package var pagesRead = 0
  package var outcomes = 0
  /// Events in the log, and what they count for in `StoreOptions.eventBytes`.
  package var events = 0
  package var eventBytes = 0
  /// Reads of the event log that wait, that are done, and that were refused.
  package var readsWaiting = 0
  package var reads = 0
  package var readsRefused = 0
  package var deadLetters = DeadLetterTotals()
  package var failure: StoreError?

  /// Of a store that holds nothing.
  package init() {}
}
