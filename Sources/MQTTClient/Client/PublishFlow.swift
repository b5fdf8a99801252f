import DequeModule

/// The publishes of a client between its tasks and the session; on the link's thread.
///
/// The session bounds what it takes. A publish for which it has no room waits here, in order, as long
/// as its task waits: so the number of those is the number of waiting tasks.
final class PublishFlow {
  private struct Open {
    let operation: PublishOperation
    let order: UInt64
  }

  /// Somebody waits until everything up to here has its outcome.
  private final class Barrier {
    let order: UInt64
    let reached: () -> Void
    var remaining: Int

    init(order: UInt64, remaining: Int, _ reached: @escaping () -> Void) {
      self.order = order
      self.remaining = remaining
      self.reached = reached
    }
  }

  private let port: ClientPort
  private var open: [UInt64: Open] = [:]
  private var waiting: Deque<Open> = []
  private var barriers: [Barrier] = []
  /// About how many of the waiting ones are over already.
  private var cancelledWaiting = 0
  private var lastKey: UInt64 = 0
  private var lastOrder: UInt64 = 0
  /// The client ends: nothing new is taken.
  var isClosed = false

  init(_ port: ClientPort) { self.port = port }

  var isWaiting: Bool { !waiting.isEmpty }
  var openCount: Int { open.count + waiting.count }

  func publish(_ operation: PublishOperation, _ link: LinkContext) {
    guard !isClosed else { return over(operation, .notSent(.stopped)) }
    lastOrder += 1
    let publish = Open(operation: operation, order: lastOrder)
    guard waiting.isEmpty || !operation.waitsForRoom else { return waiting.append(publish) }
    hand(publish, link)
  }

  /// The deadline of a publish has passed; one that the session has is the session's to end.
  func deadlinePassed(_ operation: PublishOperation) {
    guard let index = waiting.firstIndex(where: { $0.operation === operation }) else { return }
    let publish = waiting.remove(at: index)
    finish(publish, .notSent(.deadlinePassed))
  }

  private func hand(_ publish: Open, _ link: LinkContext) {
    let operation = publish.operation
    if let deadline = operation.deadline, link.now >= deadline {
      return finish(publish, .notSent(.deadlinePassed))
    }
    lastKey += 1
    guard operation.handed(lastKey) else { return finish(publish, .cancelled) }
    open[lastKey] = publish
    link.publish(
      PublishRequest(
        key: lastKey, publish: operation.message.publish,
        deadline: operation.deadline.map { $0 - link.now },
        age: max(.zero, link.now - operation.createdAt), lane: operation.lane))
  }

  func sent(_ key: UInt64) { open[key]?.operation.sent() }

  func finished(_ key: UInt64, _ outcome: PublishOutcome, _ link: LinkContext) {
    guard let publish = open.removeValue(forKey: key) else { return }
    let operation = publish.operation
    if outcome == .notSent(.queueFull), operation.waitsForRoom, !operation.isOver, !open.isEmpty {
      operation.returned()
      return waiting.prepend(publish)
    }
    finish(publish, outcome)
    // One that ended makes room for one, or for several smaller ones.
    for _ in 0..<2 {
      guard let next = waiting.popFirst() else { return }
      hand(next, link)
    }
  }

  private func finish(_ publish: Open, _ outcome: PublishOutcome) {
    over(publish.operation, outcome)
    guard !barriers.isEmpty else { return }
    for barrier in barriers where publish.order <= barrier.order {
      barrier.remaining -= 1
      if barrier.remaining == 0 { barrier.reached() }
    }
    barriers.removeAll { $0.remaining == 0 }
  }

  private func over(_ operation: PublishOperation, _ outcome: PublishOutcome) {
    if !operation.waitsForRoom { port.givePlaceBack() }
    operation.finish(outcome)
  }

  /// Somebody no longer wants a publish.
  func cancel(_ operation: PublishOperation, _ link: LinkContext) {
    switch operation.cancel() {
    case .undecided(let key): link.cancel(key: key, answersSent: true)
    case .over, .nothing:
      cancelledWaiting += 1
      if cancelledWaiting > waiting.count / 2 { removeCancelled() }
    }
  }

  /// Cancelled ones would otherwise take up room for as long as the session has none.
  private func removeCancelled() {
    cancelledWaiting = 0
    let cancelled = waiting.filter { $0.operation.isOver }
    waiting.removeAll { $0.operation.isOver }
    for publish in cancelled { finish(publish, .cancelled) }
  }

  /// Calls back once every publish that was accepted before has its outcome.
  func flush(_ reached: @escaping () -> Void) {
    removeCancelled()
    guard openCount > 0 else { return reached() }
    barriers.append(Barrier(order: lastOrder, remaining: openCount, reached))
  }

  /// Nobody will answer any more.
  func stopped() {
    isClosed = true
    for publish in waiting { finish(publish, .notSent(.stopped)) }
    waiting.removeAll()
    for publish in open.values {
      finish(publish, publish.operation.wasSent ? .maybeSent(.stopped) : .notSent(.stopped))
    }
    open.removeAll()
  }
}
