/// What the event log keeps, and for how long.
struct HistoryConfiguration: Sendable {
  /// The topics whose messages are logged.
  var kept = TopicFilterList.all
  /// Topics of those that are not.
  var except = TopicFilterList.none
  /// Filters that stay subscribed at the broker, so that their history has no holes.
  var record = TopicFilterList.none
  var age: Duration = .seconds(24 * 3600)
  var bytes = ByteCount.gibibytes(1)

  var filter: HistoryFilter { HistoryFilter(kept: kept, except: except) }
}
