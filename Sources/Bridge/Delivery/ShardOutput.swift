import HTTPFront
import MQTTClient

/// What one wake-up of the mqtt thread has for the streams, collected and sent as one batch.
///
/// When an http thread has no room, everything waits here, nothing more is read from the broker,
/// and the tokens of what waits are not acknowledged: the broker slows down instead of our memory
/// growing.
struct ShardOutput: ~Copyable {
  private static let retryInterval = Duration.milliseconds(2)

  private let wiring: Wiring
  private var commands: [Int: [StreamCommand]] = [:]
  private var tokens: [AckToken] = []
  private(set) var retryAt: Duration?

  init(_ wiring: Wiring) { self.wiring = wiring }

  mutating func append(_ frame: Frame, _ target: StreamGroups.Target) {
    commands[target.shard, default: []].append(.append(frame, groups: target.groups))
  }

  mutating func send(_ frame: Frame, to streams: [StreamID]) {
    for (shard, streams) in Dictionary(grouping: streams, by: \.shard) {
      commands[shard, default: []].append(.private(frame, streams: streams))
    }
  }

  mutating func open(_ stream: StreamID, _ group: GroupID, _ opening: StreamOpening) {
    var batch: [StreamCommand] = [
      .join(stream, group), .start(stream, StreamFrames.open(stream, opening)),
    ]
    for filter in opening.filters where filter.reasonCode.isFailure {
      let error = StreamFrames.error(filter: filter.filter, filter.reasonCode)
      batch.append(.private(error, streams: [stream]))
    }
    if opening.wantsHistory {
      let gap = StreamFrames.gap(reason: "no_history", missed: nil)
      batch.append(.private(gap, streams: [stream]))
    }
    commands[stream.shard, default: []] += batch
  }

  mutating func refuse(_ stream: StreamID, _ opening: StreamOpening) {
    commands[stream.shard, default: []] += [
      .start(stream, StreamFrames.open(stream, opening)),
      .end(stream, last: StreamFrames.refused(opening)),
    ]
  }

  /// The message is safe once what was collected so far has been handed on.
  mutating func acknowledgeWhenFlushed(_ token: AckToken) { tokens.append(token) }

  /// Hands everything on; false when an http thread has no room, and `retryAt` says when again.
  mutating func flush(at now: Duration) -> Bool {
    for (shard, batch) in commands where wiring.server?.send(batch, toShard: shard) != false {
      commands[shard] = nil
    }
    retryAt = commands.isEmpty ? nil : now + Self.retryInterval
    return commands.isEmpty
  }

  mutating func takeSafeTokens() -> [AckToken] { exchange(&tokens, with: []) }
}
