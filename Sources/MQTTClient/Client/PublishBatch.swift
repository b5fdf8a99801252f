import EventLoop

/// Many messages that are published together, from the call to their outcomes.
///
///     queued ──begun, on the link's thread──▶ begun ──▶ the outcomes
///       │ cancel                                │ cancel
///       ▼                                       ▼
///     all .cancelled                          cancelled: the link's thread decides about each
///
/// The whole costs what one publish costs on its way to the link's thread and back.
final class PublishBatch: Sendable {
  private enum Phase { case queued, begun, cancelled, over }

  let messages: [Message]
  let lane: Int
  /// On the clock of the link; nil for none.
  let deadline: Duration?
  let createdAt: Duration
  let completion = Completion<[PublishOutcome]>()
  private let phase = Locked(Phase.queued)

  init(_ messages: [Message], lane: Int, deadline: Duration?, createdAt: Duration) {
    self.messages = messages
    self.lane = lane
    self.deadline = deadline
    self.createdAt = createdAt
  }

  var isOver: Bool { phase.withLock { $0 == .over } }

  /// Nobody wants what of it was not sent.
  var isCancelled: Bool { phase.withLock { $0 == .cancelled } }

  /// The link's thread takes the messages; false when they were cancelled before.
  func begin() -> Bool {
    phase.withLock { phase in
      guard phase == .queued else { return false }
      phase = .begun
      return true
    }
  }

  /// Gives the outcomes, in the order of the messages.
  func finish(_ outcomes: [PublishOutcome]) {
    phase.withLock { $0 = .over }
    completion.resolve(outcomes)
  }

  /// Gives all the same outcome.
  func finish(_ outcome: PublishOutcome) {
    finish(Array(repeating: outcome, count: messages.count))
  }

  /// Takes the messages back as far as possible here; true when the link's thread must do the rest.
  func cancel() -> Bool {
    let before = phase.withLock { phase in
      let before = phase
      switch phase {
      case .queued: phase = .over
      case .begun: phase = .cancelled
      case .cancelled, .over: break
      }
      return before
    }
    if before == .queued { finish(.cancelled) }
    return before == .begun
  }
}

/// How far a batch is; on the link's thread.
final class BatchProgress {
  let batch: PublishBatch
  /// Of the batch among all that was accepted.
  let order: UInt64
  private var outcomes: [PublishOutcome]
  private var next = 0
  /// What the session had no room for, in order.
  private var returned: [Int] = []
  private var unfinished: Int

  init(_ batch: PublishBatch, order: UInt64) {
    self.batch = batch
    self.order = order
    outcomes = Array(repeating: .cancelled, count: batch.messages.count)
    unfinished = batch.messages.count
  }

  /// How many messages the session does not have and that have no outcome.
  var waitingCount: Int { outcomes.count - next + returned.count }

  /// That of what `take` brings next.
  var nextQoS: QoS? {
    let index = returned.first ?? next
    return index < outcomes.count ? batch.messages[index].qos : nil
  }

  /// The next message for the session.
  func take() -> Int? {
    if !returned.isEmpty { return returned.removeFirst() }
    guard next < outcomes.count else { return nil }
    next += 1
    return next - 1
  }

  /// The session had no room for this one.
  func takeBack(_ index: Int) {
    returned.insert(index, at: returned.firstIndex { $0 > index } ?? returned.count)
  }

  /// One message has its outcome; with the last one the batch is over.
  func finish(_ index: Int, _ outcome: PublishOutcome) {
    outcomes[index] = outcome
    unfinished -= 1
    if unfinished == 0 { batch.finish(outcomes) }
  }
}
