import EventLoop

/// One publish from the call to its outcome.
///
///     queued ──handed──▶ handed ──sent──▶ sent ──▶ outcome
///       │ cancel           │ cancel        │ cancel
///       ▼                  ▼               ▼
///     .cancelled         the session     .maybeSent(.cancelled)
///                        decides
final class PublishOperation: Sendable {
  private enum Phase: Equatable {
    case queued
    case handed(UInt64)
    case sent, over
  }

  let message: Message
  let lane: Int
  /// On the clock of the link; nil for none.
  let deadline: Duration?
  let createdAt: Duration
  /// Whether it waits until there is room, because somebody waits for it.
  let waitsForRoom: Bool
  let completion = Completion<PublishOutcome>()
  /// Called once with the outcome, from any thread; it must not wait.
  private let finished: (@Sendable (PublishOutcome) -> Void)?
  private let phase = Locked(Phase.queued)

  init(
    _ message: Message, lane: Int, deadline: Duration?, createdAt: Duration, waitsForRoom: Bool,
    finished: (@Sendable (PublishOutcome) -> Void)? = nil
  ) {
    self.finished = finished
    self.message = message
    self.lane = lane
    self.deadline = deadline
    self.createdAt = createdAt
    self.waitsForRoom = waitsForRoom
  }

  var isOver: Bool { phase.withLock { $0 == .over } }

  var wasSent: Bool { phase.withLock { $0 == .sent } }

  /// The session gets it under this key; false when it was cancelled before.
  func handed(_ key: UInt64) -> Bool {
    phase.withLock { phase in
      guard phase != .over else { return false }
      phase = .handed(key)
      return true
    }
  }

  /// The session had no room; it waits again.
  func returned() {
    phase.withLock { phase in
      if case .handed = phase { phase = .queued }
    }
  }

  /// Its first bytes may have left.
  func sent() {
    phase.withLock { phase in
      if case .handed = phase { phase = .sent }
    }
  }

  /// Gives the outcome, unless there was one before.
  func finish(_ outcome: PublishOutcome) {
    phase.withLock { $0 = .over }
    resolve(outcome)
  }

  private func resolve(_ outcome: PublishOutcome) {
    if completion.resolve(outcome) { finished?(outcome) }
  }

  /// What must follow when a publish is taken back.
  enum Cancellation: Equatable {
    /// It has its outcome; it only takes up room where it waited.
    case over
    /// The session decides about what it has under this key.
    case undecided(UInt64)
    case nothing
  }

  /// Takes the message back as far as possible here.
  func cancel() -> Cancellation {
    let (outcome, cancellation): (PublishOutcome?, Cancellation) = phase.withLock { phase in
      switch phase {
      case .queued:
        phase = .over
        return (.cancelled, .over)
      case .sent:
        phase = .over
        return (.maybeSent(.cancelled), .nothing)
      case .handed(let key): return (nil, .undecided(key))
      case .over: return (nil, .nothing)
      }
    }
    if let outcome { resolve(outcome) }
    return cancellation
  }
}
