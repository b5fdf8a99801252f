import EventLoop

/// A message on its way to a consumer, with what the consumer owes for it.
struct QueuedMessage: Sendable {
  let message: Message
  let settlement: Settlement

  /// What counts against the bound in bytes.
  var bytes: Int { message.topic.utf8.count + message.payload.count }
}

/// The bounded queue of one subscription, between the link's thread and its consumers.
final class MessageQueue: Sendable {
  typealias Room = WaitingRoom<QueuedMessage>

  /// What became of a batch of messages.
  struct Report {
    /// Messages that nobody will see: acknowledge them, or the broker would wait for ever.
    var dropped: [Settlement] = []
    /// Dropping began with this batch; so many were dropped.
    var becameSlow = false
    /// The connection shall not be read until `resumed` is called.
    var mustPause = false
    /// The policy ended the subscription.
    var isFinished = false
  }

  /// What taking a message changed.
  struct Relief {
    /// The queue was slow and is not any more; so many messages were dropped meanwhile.
    var dropped: Int?
    var mustResume = false
  }

  private struct State: Sendable {
    var room = Room()
    var bytes = 0
    var droppedSinceSlow = 0
    var isSlow = false
    var isPausing = false
    var droppedInAll = 0
  }

  let limits: MessageBuffering
  private let state = Locked(State())

  init(_ limits: MessageBuffering) { self.limits = limits }

  /// How many messages were dropped because the queue was full.
  var droppedCount: Int { state.withLock { $0.droppedInAll } }

  /// How many messages were dropped since the queue began to be too slow.
  var slowCount: Int { state.withLock { $0.droppedSinceSlow } }

  var isEnded: Bool { state.withLock { $0.room.ending != nil } }

  /// How many messages wait.
  var count: Int { state.withLock { $0.room.elements.count } }

  /// Adds messages in order, as far as the policy lets them in.
  func add(_ batch: [QueuedMessage]) -> Report {
    var served: [(Room.Consumer, QueuedMessage)] = []
    var report = Report()
    let ended = state.withLock { state in
      for message in batch { add(message, &state, &served, &report) }
      return report.isFinished ? state.room.end(.failed(.overflow)) : []
    }
    for (consumer, message) in served { consumer.resume(returning: .element(message)) }
    for consumer in ended { consumer.resume(returning: .ended(.failed(.overflow))) }
    return report
  }

  private func add(
    _ message: QueuedMessage, _ state: inout State,
    _ served: inout [(Room.Consumer, QueuedMessage)], _ report: inout Report
  ) {
    guard state.room.ending == nil, !report.isFinished else {
      return report.dropped.append(message.settlement)
    }
    if !state.room.hasConsumers, !hasRoom(for: message, state) {
      switch limits.overflow {
      case .suspend:
        if message.message.qos == .atMostOnce { return drop(message, &state, &report) }
      case .pauseReading:
        report.mustPause = !state.isPausing || report.mustPause
        state.isPausing = true
      case .dropOldest:
        while !hasRoom(for: message, state), let oldest = state.room.removeOldest() {
          state.bytes -= oldest.bytes
          drop(oldest, &state, &report)
        }
      case .dropNewest: return drop(message, &state, &report)
      case .finish:
        report.isFinished = true
        return report.dropped.append(message.settlement)
      }
    }
    if let consumer = state.room.add(message) {
      served.append((consumer, message))
    } else {
      state.bytes += message.bytes
    }
  }

  /// A message longer than the bound still fits into an empty queue.
  private func hasRoom(for message: QueuedMessage, _ state: borrowing State) -> Bool {
    let count = state.room.elements.count
    return count == 0
      || (count < limits.messages && state.bytes + message.bytes <= limits.bytes)
  }

  private func drop(_ message: QueuedMessage, _ state: inout State, _ report: inout Report) {
    report.dropped.append(message.settlement)
    state.droppedInAll += 1
    state.droppedSinceSlow += 1
    guard !state.isSlow else { return }
    state.isSlow = true
    report.becameSlow = true
  }

  /// Waits for the next message or the end; a cancelled task sees the end at once.
  func next() async -> (Room.Taken, Relief) {
    if Task.isCancelled { return (.ended(.finished), Relief()) }
    if let now = state.withLock({ takeNow(&$0) }) { return now }
    let id = state.withLock { $0.room.nextID() }
    var relief = Relief()
    let taken = await withTaskCancellationHandler {
      await withCheckedContinuation { (consumer: Room.Consumer) in
        let now: (Room.Taken, Relief)? = state.withLock { state in
          // The handler below runs before or after this; in both orders somebody sees the other.
          if Task.isCancelled { return (.ended(.finished), Relief()) }
          if let now = takeNow(&state) { return now }
          state.room.wait(id, consumer)
          return nil
        }
        guard let now else { return }
        relief = now.1
        consumer.resume(returning: now.0)
      }
    } onCancel: {
      let consumer = state.withLock { $0.room.leave(id) }
      consumer?.resume(returning: .ended(.finished))
    }
    return (taken, relief)
  }

  /// What was taken first, with what waits behind it now: at most `limit` messages.
  func more(after first: QueuedMessage, atMost limit: Int) -> ([QueuedMessage], Relief) {
    state.withLock { state in
      var messages = [first]
      messages.reserveCapacity(min(limit, state.room.elements.count + 1))
      while messages.count < limit, let message = state.room.removeOldest() {
        state.bytes -= message.bytes
        messages.append(message)
      }
      return (messages, messages.count == 1 ? Relief() : relief(&state))
    }
  }

  private func takeNow(_ state: inout State) -> (Room.Taken, Relief)? {
    guard let taken = state.room.take() else { return nil }
    guard case .element(let message) = taken else { return (taken, Relief()) }
    state.bytes -= message.bytes
    return (taken, relief(&state))
  }

  private func relief(_ state: inout State) -> Relief {
    var relief = Relief()
    let count = state.room.elements.count
    guard count <= limits.messages / 2, state.bytes <= limits.bytes / 2 else { return relief }
    if state.isSlow {
      state.isSlow = false
      relief.dropped = exchange(&state.droppedSinceSlow, with: 0)
    }
    if state.isPausing {
      state.isPausing = false
      relief.mustResume = true
    }
    return relief
  }

  /// Nothing more will come; what waits can still be taken.
  func end(_ ending: Room.Ending) {
    let consumers = state.withLock { state in
      state.isPausing = false
      return state.room.end(ending)
    }
    for consumer in consumers { consumer.resume(returning: .ended(ending)) }
  }

  /// Gives up what waits, which nobody will take; returns what is owed for it.
  func abandon() -> [Settlement] {
    state.withLock { state in
      state.bytes = 0
      return state.room.removeAll().map(\.settlement)
    }
  }
}
