/// What a new connection to the broker means for messages of the time before it.
struct ConnectionGap: Equatable, Sendable {
  /// The first one of this process.
  var isFirst: Bool
  /// The broker still has our session.
  var sessionPresent: Bool
  /// Filters are or were subscribed for somebody.
  var hasFilters: Bool
  /// No earlier process had events or subscriptions in this data directory.
  var isNew: Bool

  /// Nil when nobody can miss anything.
  var mark: GapMark? {
    if isFirst, isNew { return nil }
    guard hasFilters || (isFirst && !sessionPresent) else { return nil }
    guard sessionPresent else { return GapMark(reason: "broker_session_lost") }
    return GapMark(
      reason: isFirst ? "bridge_restarted" : "broker_connection_lost", isQoS0Only: true)
  }
}
