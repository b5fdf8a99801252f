import HTTPFront
import MQTTClient
import Metrics
import Store

/// What the replays ask of other threads.
struct ReplayPorts: Sendable {
  /// Runs a read on the thread `store-read`; false when too many wait.
  let read: @Sendable (@escaping @Sendable (EventReader) -> Void) -> Bool
  /// Tells the streams of one http thread.
  let deliver: @Sendable ([StreamCommand], _ shard: Int) -> Void
  /// Tells the mqtt thread.
  let tell: @Sendable (BrokerMessage) -> Void
  /// Counts what a stream is told that it has missed.
  let countGap: @Sendable (GapMark) -> Void

  init(_ wiring: Wiring) {
    read = { wiring.store?.read($0) ?? false }
    deliver = { wiring.server?.deliver($0, toShard: $1) }
    tell = { wiring.link?.sendReserved($0) }
    countGap = { wiring.metrics.gaps[$0.reason].add() }
  }

  init(
    read: @escaping @Sendable (@escaping @Sendable (EventReader) -> Void) -> Bool,
    deliver: @escaping @Sendable ([StreamCommand], Int) -> Void,
    tell: @escaping @Sendable (BrokerMessage) -> Void
  ) {
    self.read = read
    self.deliver = deliver
    self.tell = tell
    countGap = { _ in }
  }
}
