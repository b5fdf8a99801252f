import DequeModule

/// The publishes of a client between its tasks and the session; on the link's thread.
///
/// The session bounds what it takes. A publish for which it has no room waits here, in order, as long
/// as its task waits: so the number of those is the number of waiting tasks. Of a batch the session
/// gets as many messages at a time as it can use, and the rest waits here.
final class PublishFlow {
  enum Source {
    case operation(PublishOperation)
    case batch(BatchProgress, Int)
  }

  /// What the session has.
  private struct Open {
    let source: Source
    let order: UInt64
    var wasSent = false

    var isSent: Bool {
      switch source {
      case .operation(let operation): operation.wasSent
      case .batch: wasSent
      }
    }
  }

  private enum Waiting {
    case operation(PublishOperation, order: UInt64)
    case batch(BatchProgress)

    var order: UInt64 {
      switch self {
      case .operation(_, let order): order
      case .batch(let progress): progress.order
      }
    }
  }

  /// Messages of batches that the session has beyond those in flight while it cannot send, or must
  /// record first.
  private static let stock = 1024

  private let port: ClientPort
  private let inflightMaximum: Int
  private let stock: Int
  private let isRecorded: Bool
  /// The session gets no more of batches while it has so many of their messages of QoS 1 and 2: as
  /// many as it can send, so that none waits there, or some more than that.
  private var takenMaximum: Int
  private var open = KeyedSlots<Open>()
  /// How many of the open ones are of batches, and of QoS 1 or 2.
  private var taken = 0
  private var waiting: Deque<Waiting> = []
  private var barriers: [PublishBarrier] = []
  /// About how many of the waiting ones are over already.
  private var cancelledWaiting = 0
  private var lastOrder: UInt64 = 0
  /// The link was told to take what waits.
  private var isFeeding = false
  /// The session refused a message, and nothing has ended since.
  private var isFull = false
  /// The client ends: nothing new is taken.
  var isClosed = false

  init(_ port: ClientPort, _ options: SessionOptions, isRecorded: Bool) {
    self.port = port
    self.isRecorded = isRecorded
    inflightMaximum = min(max(1, options.inflightMaximum), 65_535)
    stock = min(max(1, options.queuedPublishesMaximum), Self.stock)
    takenMaximum = inflightMaximum + stock
  }

  var isWaiting: Bool { !waiting.isEmpty }

  var openCount: Int {
    waiting.reduce(open.count) { count, waiting in
      switch waiting {
      case .operation: count + 1
      case .batch(let progress): count + progress.waitingCount
      }
    }
  }

  func publish(_ operation: PublishOperation, _ link: LinkContext) {
    guard !isClosed else { return over(operation, .notSent(.stopped)) }
    lastOrder += 1
    guard waiting.isEmpty || !operation.waitsForRoom else {
      return waiting.append(.operation(operation, order: lastOrder))
    }
    if let request = request(operation, lastOrder, link) { link.publish(request) }
  }

  func publish(_ batch: PublishBatch, _ link: LinkContext) {
    guard !isClosed else { return batch.finish(.notSent(.stopped)) }
    guard batch.begin() else { return }
    lastOrder += 1
    waiting.append(.batch(BatchProgress(batch, order: lastOrder)))
    feed(link)
  }

  /// The deadline of a publish has passed; one that the session has is the session's to end.
  func deadlinePassed(_ operation: PublishOperation) {
    let index = waiting.firstIndex { waiting in
      if case .operation(let other, _) = waiting { other === operation } else { false }
    }
    guard let index, case .operation(_, let order) = waiting.remove(at: index) else { return }
    finish(.operation(operation), order, .notSent(.deadlinePassed))
  }

  /// The deadline of a batch has passed, as with a publish alone.
  func deadlinePassed(_ batch: PublishBatch) { endWaiting(batch, .notSent(.deadlinePassed)) }

  /// Files a publish that the session gets; nil when it is over before.
  private func request(
    _ operation: PublishOperation, _ order: UInt64, _ link: LinkContext
  ) -> PublishRequest? {
    let source = Source.operation(operation)
    if let deadline = operation.deadline, deadline <= link.now {
      finish(source, order, .notSent(.deadlinePassed))
      return nil
    }
    guard open.hasRoom else {
      finish(source, order, .notSent(.queueFull))
      return nil
    }
    let key = open.insert(Open(source: source, order: order))
    guard operation.handed(key) else {
      open.remove(key)
      finish(source, order, .cancelled)
      return nil
    }
    return PublishRequest(
      key: key, publish: operation.message.publish,
      deadline: operation.deadline.map { $0 - link.now },
      age: max(.zero, link.now - operation.createdAt), lane: operation.lane)
  }

  func sent(_ key: UInt64) {
    switch open[key]?.source {
    case .operation(let operation)?: operation.sent()
    case .batch?: open[key]?.wasSent = true
    case nil: break
    }
  }

  func finished(_ key: UInt64, _ outcome: PublishOutcome, _ link: LinkContext) {
    guard let publish = open.remove(key) else { return }
    if case .batch(let progress, let index) = publish.source,
      progress.batch.messages[index].publish.qos > .atMostOnce
    {
      taken -= 1
    }
    if outcome == .notSent(.queueFull), takeBack(publish) { return }
    isFull = false
    finish(publish.source, publish.order, outcome)
    // Not for each one alone, where many end together.
    if taken <= takenMaximum - max(1, min(512, takenMaximum / 4)) { feed(link) }
  }

  /// The session had no room: the publish waits again, if somebody waits for it and the end of
  /// another one will make room.
  private func takeBack(_ publish: Open) -> Bool {
    guard open.count > 0 else { return false }
    switch publish.source {
    case .operation(let operation):
      guard operation.waitsForRoom, !operation.isOver else { return false }
      operation.returned()
      wait(.operation(operation, order: publish.order))
    case .batch(let progress, let index):
      guard !progress.batch.isCancelled else { return false }
      progress.takeBack(index)
      let isThere = waiting.contains { waiting in
        if case .batch(let other) = waiting { other === progress } else { false }
      }
      if !isThere { wait(.batch(progress)) }
    }
    isFull = true
    return true
  }

  /// Puts something back where it was; most often that is the front.
  private func wait(_ returned: Waiting) {
    let index = waiting.firstIndex { $0.order > returned.order } ?? waiting.endIndex
    waiting.insert(returned, at: index)
  }

  private func finish(_ source: Source, _ order: UInt64, _ outcome: PublishOutcome) {
    switch source {
    case .operation(let operation): over(operation, outcome)
    case .batch(let progress, let index): progress.finish(index, outcome)
    }
    guard !barriers.isEmpty else { return }
    for barrier in barriers { barrier.ended(order) }
    barriers.removeAll { $0.isReached }
  }

  private func over(_ operation: PublishOperation, _ outcome: PublishOutcome) {
    if !operation.waitsForRoom { port.givePlaceBack() }
    operation.finish(outcome)
  }

  /// Calls back once every publish that was accepted before has its outcome.
  func flush(_ reached: @escaping () -> Void) {
    removeCancelled()
    guard openCount > 0 else { return reached() }
    barriers.append(PublishBarrier(order: lastOrder, remaining: openCount, reached))
  }

  /// Nobody will answer any more.
  func stopped() {
    isClosed = true
    for waiting in exchange(&waiting, with: []) {
      switch waiting {
      case .operation(let operation, let order):
        finish(.operation(operation), order, .notSent(.stopped))
      case .batch(let progress): endWaiting(progress, .notSent(.stopped))
      }
    }
    for publish in open.removeAll() {
      finish(
        publish.source, publish.order,
        publish.isSent ? .maybeSent(.stopped) : .notSent(.stopped))
    }
  }
}

// What waits.
extension PublishFlow: LinkPublishSource {
  private func feed(_ link: LinkContext) {
    guard !isFeeding, !isFull, !waiting.isEmpty else { return }
    isFeeding = true
    if let receiveMaximum = link.limits?.receiveMaximum, !isRecorded {
      takenMaximum = max(1, min(inflightMaximum, receiveMaximum))
    } else {
      takenMaximum = inflightMaximum + stock
    }
    link.publish(from: self)
  }

  /// What the session can use now of what waits, in order.
  func nextPublish(_ link: LinkContext) -> PublishRequest? {
    while !isFull, let first = waiting.first {
      switch first {
      case .operation(let operation, let order):
        waiting.removeFirst()
        if let request = request(operation, order, link) { return request }
      case .batch(let progress):
        guard progress.waitingCount > 0 else {
          waiting.removeFirst()
          continue
        }
        guard !link.isCongested || open.count == 0,
          taken < takenMaximum || progress.nextQoS == .atMostOnce
        else {
          isFeeding = false
          return nil
        }
        if let request = nextRequest(of: progress, link) { return request }
      }
    }
    isFeeding = false
    return nil
  }

  private func nextRequest(of progress: BatchProgress, _ link: LinkContext) -> PublishRequest? {
    guard let index = progress.take() else { return nil }
    let batch = progress.batch
    if let deadline = batch.deadline, deadline <= link.now {
      finish(.batch(progress, index), progress.order, .notSent(.deadlinePassed))
      return nil
    }
    guard open.hasRoom else {
      finish(.batch(progress, index), progress.order, .notSent(.queueFull))
      return nil
    }
    if batch.messages[index].publish.qos > .atMostOnce { taken += 1 }
    let key = open.insert(Open(source: .batch(progress, index), order: progress.order))
    return PublishRequest(
      key: key, publish: batch.messages[index].publish,
      deadline: batch.deadline.map { $0 - link.now },
      age: max(.zero, link.now - batch.createdAt), lane: batch.lane)
  }

  /// A batch that stopped for want of room in the socket's buffer goes on.
  func turnEnded(_ link: LinkContext) { feed(link) }

  /// Ends the messages of a batch that the session does not have.
  private func endWaiting(_ batch: PublishBatch, _ outcome: PublishOutcome) {
    for case .batch(let progress) in waiting where progress.batch === batch {
      endWaiting(progress, outcome)
    }
  }

  private func endWaiting(_ progress: BatchProgress, _ outcome: PublishOutcome) {
    while let index = progress.take() {
      finish(.batch(progress, index), progress.order, outcome)
    }
  }

  /// Somebody no longer wants a batch.
  func cancel(_ batch: PublishBatch, _ link: LinkContext) {
    endWaiting(batch, .cancelled)
    let keys = open.keys { publish in
      if case .batch(let progress, _) = publish.source { progress.batch === batch } else { false }
    }
    for key in keys { link.cancel(key: key, answersSent: true) }
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
    let all = exchange(&waiting, with: [])
    for waiting in all {
      if case .operation(let operation, let order) = waiting, operation.isOver {
        finish(.operation(operation), order, .cancelled)
      } else {
        self.waiting.append(waiting)
      }
    }
  }
}
