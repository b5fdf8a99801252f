/// Which last messages are kept to be read, and how retained ones are asked for.
struct LastValueConfiguration: Sendable {
  /// The topics whose newest message is kept; they stay subscribed at the broker.
  var kept = TopicFilterList.none
  /// Topics with a value; beyond that those that changed longest ago are dropped.
  var topics = 100_000
  /// Bytes of values; beyond that those that changed longest ago are dropped.
  var bytes = ByteCount.mebibytes(256)
  /// How long a retained message may take after SUBACK: the protocol does not say that there is none.
  var retainedWait: Duration = .milliseconds(500)
}
