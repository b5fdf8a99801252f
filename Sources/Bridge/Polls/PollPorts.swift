import HTTPFront
import MQTTClient
import Metrics
import Store

/// What the polls ask of other threads.
struct PollPorts: Sendable {
  /// Subscribes to the filters; false when too much waits for the mqtt thread.
  var open: @Sendable (StreamRequest) -> Bool
  /// The filters are not needed any more.
  var close: @Sendable (StreamID) -> Void
  /// Runs a read on the thread `store-read`; false when too many wait.
  var read: @Sendable (@escaping @Sendable (EventReader) -> Void) -> Bool
  /// How far the log may be read.
  var head: @Sendable () -> LoggedEvent
  /// Counts what a poll is told that it has missed.
  var countGap: @Sendable (GapMark) -> Void
  /// Answers a parked request.
  var answer: @Sendable (RequestID, Response) -> Void
  /// Where a named subscription stands; nil when it is gone.
  var cursor: @Sendable (String) -> Int64? = { _ in nil }
  /// A poll lets go of the named subscription that it consumed.
  var leave: @Sendable (StreamID, String, PollLeave) -> Void = { _, _, _ in }
}

/// How far a poll is done with the named subscription that it consumed.
enum PollLeave: Equatable, Sendable {
  /// Its answer is made, and not written yet.
  case answered
  /// Its client has everything up to here.
  case sent(through: Int64)
  /// It has had nothing, or acknowledges it by itself.
  case done
}

extension PollPorts {
  init(_ wiring: Wiring, _ position: LogPosition) {
    self.init(
      open: { wiring.link?.send(.openStream($0)) == true },
      close: { id in
        wiring.ledger?.closed(id)
        wiring.link?.sendReserved(.closeStream(id))
      },
      read: { wiring.store?.read($0) ?? false },
      head: { position.last },
      countGap: { wiring.metrics.gaps[$0.reason].add() },
      answer: { wiring.server?.answer($0, with: $1) },
      cursor: { wiring.named?.cursor(of: $0) },
      leave: { id, name, end in
        switch end {
        case .answered: wiring.named?.leaves(id, from: name)
        case .sent(let through):
          _ = wiring.named?.written(id, of: name, through: through)
          _ = wiring.named?.detach(id, from: name)
        case .done: _ = wiring.named?.detach(id, from: name)
        }
      })
  }
}
