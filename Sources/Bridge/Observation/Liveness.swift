import EventLoop
import HTTPFront

/// Whether every thread that must turn still does.
struct Liveness: Sendable {
  static let limit = Duration.seconds(5)

  private let wiring: Wiring
  /// A thread that has not turned yet has had time since then.
  private let startedAt: Duration

  init(_ wiring: Wiring, since startedAt: Duration = MonotonicClock.now()) {
    self.wiring = wiring
    self.startedAt = startedAt
  }

  /// The names of those that have not turned for too long.
  ///
  /// The store is not among them: a slow disk is told as such, and another process would not be faster.
  var stuckThreads: [String] {
    let now = MonotonicClock.now()
    var stuck: [String] = []
    if now - wiring.status.snapshot.lastTick > Self.limit { stuck.append("mqtt") }
    guard let server = wiring.server else { return stuck }
    for shard in 0..<server.shardCount
    where now - max(startedAt, server.statistics(ofShard: shard).lastTurn) > Self.limit {
      stuck.append("http-\(shard)")
    }
    return stuck
  }
}
