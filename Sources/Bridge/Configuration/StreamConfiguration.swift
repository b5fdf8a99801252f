/// The limits of event streams.
struct StreamConfiguration: Sendable {
  /// Open streams of the whole process.
  var limit = 10_000
  /// Topic filters of one stream.
  var topicsPerStream = 64
  /// Silence after which a comment is sent, below the usual 30 s and 60 s limits of proxies.
  var heartbeat: Duration = .seconds(15)
  /// Messages kept in memory, per HTTP thread, for subscribers that are behind.
  var ringBytes = ByteCount.mebibytes(64)
  /// How long a subscriber may take nothing before its stream is closed.
  var writeStall: Duration = .seconds(60)
  /// How long the broker's subscription stays after its last subscriber left: for so long a client
  /// can be away and miss nothing.
  var unsubscribeLinger: Duration = .seconds(300)
}
