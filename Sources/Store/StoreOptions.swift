/// Where the store keeps its files and how much it may hold.
package struct StoreOptions: Sendable {
  /// A bound on a number of items and on the sum of their bodies.
  package struct Limits: Sendable, Equatable {
    package var messages: Int
    package var bytes: Int

    package init(messages: Int, bytes: Int) {
      self.messages = messages
      self.bytes = bytes
    }
  }

  /// The directory of the database and the lock; created with mode 0700 when missing.
  package var directory: String
  /// What the outbox may hold on disk, items that wait for their commit included.
  package var outboxLimits = Limits(messages: 1_000_000, bytes: 1 << 30)
  /// What may wait in memory for its commit; one item of any size always may.
  package var waitingLimits = Limits(messages: 16_384, bytes: 64 << 20)
  /// What the consumer may hold unfinished; one row of any size always may.
  package var feedLimits = Limits(messages: 1024, bytes: 16 << 20)
  /// How many look-ups may wait.
  package var lookUpsWaitingMax = 16_384
  /// How many outcomes are remembered.
  package var outcomesMax = 100_000
  /// How long an outcome is remembered.
  package var outcomeAge = Duration.seconds(24 * 3600)
  /// How long an event is kept; a subscription can hold those after its cursor for longer.
  package var eventAge = Duration.seconds(24 * 3600)
  /// What the event log may hold: topics and bodies, and a little for each row.
  package var eventBytes = 1 << 30
  /// How many reads of the event log may wait.
  package var readsWaitingMax = 4096
  /// How many keys are kept; beyond that the oldest are forgotten.
  package var keysMax = 1_000_000
  /// How long a key is kept.
  package var keyAge = Duration.seconds(24 * 3600)
  /// How many dead letters are kept; beyond that the oldest are dropped.
  package var deadLetterLimits = Limits(messages: 10_000, bytes: 256 << 20)
  /// How many last values are kept; beyond that the ones that changed longest ago are dropped.
  package var lastValueLimits = Limits(messages: 100_000, bytes: 256 << 20)
  /// After how many pages the write-ahead log is copied into the database.
  package var checkpointPages = 1000
  /// The largest size of the database file; nil leaves that to the volume.
  package var databaseBytesMax: Int64?
  /// The pause before a failed write is tried again; it doubles up to `retryDelayMax`.
  package var retryDelay = Duration.milliseconds(100)
  package var retryDelayMax = Duration.seconds(5)

  package init(directory: String) { self.directory = directory }
}
