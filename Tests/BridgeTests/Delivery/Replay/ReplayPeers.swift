import EventLoop
import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

/// Replays of a real log, and what they ask of the threads beside them, which nobody does by itself.
final class ReplayPeers: Sendable {
  private let log: TestLog
  private let reads = Locked<[@Sendable (EventReader) -> Void]>([])
  private let commands = Locked<[StreamCommand]>([])

  init(_ log: TestLog) { self.log = log }

  /// Replays that know the log up to `head`.
  func replays(upTo head: LoggedEvent) -> Replays {
    let ports = ReplayPorts(
      read: { [weak self] body in
        self?.reads.withLock { $0.append(body) }
        return true
      },
      deliver: { [weak self] commands, _ in self?.commands.withLock { $0 += commands } },
      tell: { _ in })
    let position = LogPosition(head)
    let resolver = ReplayResolver(
      epoch: TestLog.epoch, coverage: CoverageTable(),
      history: HistoryFilter(kept: .all, except: .none))
    return Replays(
      ports, resolver, position,
      NamedSubscriptions(Wiring(), epoch: TestLog.epoch, position: position))
  }

  /// Does the reads that were asked for; the frames that streams were given by them.
  func read() throws -> [Frame] {
    let bodies = reads.withLock { exchange(&$0, with: []) }
    try log.read { reader in for body in bodies { body(reader) } }
    var frames: [Frame] = []
    for case .replay(_, let new) in commands.withLock({ exchange(&$0, with: []) }) { frames += new }
    return frames
  }
}
