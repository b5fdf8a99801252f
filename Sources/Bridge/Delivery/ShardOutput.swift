import HTTPFront
import MQTTClient
import Store

/// What one wake-up of the mqtt thread has for the streams, collected and sent as one batch.
///
/// When an http thread has no room, everything waits here, nothing more is read from the broker,
/// and the tokens of what waits are not acknowledged: the broker slows down instead of our memory
/// growing.
struct ShardOutput: ~Copyable {
  private static let retryInterval = Duration.milliseconds(2)

  private let wiring: Wiring
  private let epoch: String
  private var commands: [Int: [StreamCommand]] = [:]
  private var tokens: [AckToken] = []
  private var joined: [(stream: StreamID, through: Int64)] = []
  /// The last event that was given out, or is for nobody.
  private(set) var position: LoggedEvent
  private(set) var retryAt: Duration?

  init(_ wiring: Wiring, epoch: String, from position: LoggedEvent) {
    self.wiring = wiring
    self.epoch = epoch
    self.position = position
  }

  /// What is appended from here on comes after this event.
  mutating func advance(to event: LoggedEvent) { position = event }

  mutating func append(_ frame: Frame, _ target: StreamGroups.Target) {
    commands[target.shard, default: []].append(.append(frame, groups: target.groups))
  }

  mutating func send(_ frame: Frame, to streams: [StreamID]) {
    for (shard, streams) in Dictionary(grouping: streams, by: \.shard) {
      commands[shard, default: []].append(.private(frame, streams: streams))
    }
  }

  /// A stream begins with what comes from now on.
  mutating func open(_ stream: StreamID, _ group: GroupID, _ opening: StreamOpening) {
    var start = ReplayStart(cursor: position)
    if opening.forbidsHistory { start.gaps.append(GapMark(reason: "history_forbidden")) }
    commands[stream.shard, default: []] += [
      .join(stream, group, isHeld: false, through: position.sequence),
      .start(stream, StreamFrames.open(stream, opening, start, epoch: epoch)),
    ]
  }

  /// A stream that has read the log up to `cursor` goes on live; it is held when that is not all.
  mutating func join(_ stream: StreamID, _ group: GroupID, after cursor: Int64) {
    let isHeld = cursor < position.sequence
    commands[stream.shard, default: []].append(
      .join(stream, group, isHeld: isHeld, through: position.sequence))
    joined.append((stream, position.sequence))
  }

  /// A live stream takes what comes for other filters.
  mutating func move(_ stream: StreamID, _ group: GroupID) {
    commands[stream.shard, default: []].append(
      .move(stream, group, through: position.sequence))
  }

  /// A stream is told about filters for which nothing is read.
  mutating func tell(_ stream: StreamID, _ opening: StreamOpening) {
    let start = ReplayStart(cursor: position)
    let frame = StreamFrames.open(
      stream, opening, start, epoch: epoch, tellsPosition: false)
    commands[stream.shard, default: []].append(.private(frame, streams: [stream]))
  }

  /// A live stream goes on by reading the log.
  mutating func part(_ stream: StreamID) {
    commands[stream.shard, default: []].append(.part(stream))
  }

  mutating func refuse(_ stream: StreamID, _ opening: StreamOpening) {
    let start = ReplayStart(cursor: position)
    commands[stream.shard, default: []] += [
      .start(stream, StreamFrames.open(stream, opening, start, epoch: epoch)),
      .end(stream, last: StreamFrames.refused(as: opening.form)),
    ]
  }

  /// Lets idle streams tell where they are, so that they resume from there.
  mutating func tellPosition() {
    guard position.sequence > 0, let server = wiring.server else { return }
    let id = EventID(epoch: epoch, sequence: position.sequence, time: position.time)
    for form in [Representation.Form.events, .lines] {
      let frame = StreamFrames.heartbeat(at: id, as: form)
      for shard in 0..<server.shardCount {
        commands[shard, default: []].append(
          .position(frame, position.sequence, kind: form.heartbeatKind))
      }
    }
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

  mutating func takeJoined() -> [(stream: StreamID, through: Int64)] {
    exchange(&joined, with: [])
  }
}
