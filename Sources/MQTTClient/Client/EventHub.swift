import EventLoop

/// Everybody who follows the life of a client.
final class EventHub: Sendable {
  private struct State: Sendable {
    var lastID: UInt64 = 0
    var queues: [UInt64: EventQueue] = [:]
    var isEnded = false
  }

  private let state = Locked(State())

  /// Tells everybody, from any thread, without waiting.
  func publish(_ event: ClientEvent) {
    let queues = state.withLock { state in
      if event == .stopped { state.isEnded = true }
      return Array(state.queues.values)
    }
    for queue in queues { queue.add(event) }
  }

  /// A queue that gets all events from now on.
  func subscribe(capacity: Int) -> (id: UInt64, EventQueue) {
    let queue = EventQueue(capacity: capacity)
    let (id, isEnded) = state.withLock { state in
      state.lastID += 1
      if !state.isEnded { state.queues[state.lastID] = queue }
      return (state.lastID, state.isEnded)
    }
    if isEnded { queue.add(.stopped) }
    return (id, queue)
  }

  var readerCount: Int { state.withLock { $0.queues.count } }

  func unsubscribe(_ id: UInt64) { state.withLock { $0.queues[id] = nil } }
}

/// The events that wait for one reader; the oldest make room for new ones, and are counted.
final class EventQueue: Sendable {
  private typealias Room = WaitingRoom<ClientEvent>

  private struct State: Sendable {
    var room = Room()
    var missed = 0
  }

  private let capacity: Int
  private let state = Locked(State())

  init(capacity: Int) { self.capacity = max(1, capacity) }

  func add(_ event: ClientEvent) {
    let (consumer, ended): (Room.Consumer?, [Room.Consumer]) = state.withLock { state in
      if state.room.elements.count >= capacity, state.room.removeOldest() != nil {
        state.missed += 1
      }
      let consumer = state.room.add(event)
      return (consumer, event == .stopped ? state.room.end(.finished) : [])
    }
    consumer?.resume(returning: .element(event))
    for consumer in ended { consumer.resume(returning: .ended(.finished)) }
  }

  /// The next event; nil at the end, or when the task is cancelled.
  func next() async -> ClientEvent? {
    let id = state.withLock { $0.room.nextID() }
    let taken = await withTaskCancellationHandler {
      await withCheckedContinuation { (consumer: Room.Consumer) in
        let now: Room.Taken? = state.withLock { state in
          if Task.isCancelled { return .ended(.finished) }
          if state.missed > 0 { return .element(.missed(exchange(&state.missed, with: 0))) }
          if let taken = state.room.take() { return taken }
          state.room.wait(id, consumer)
          return nil
        }
        if let now { consumer.resume(returning: now) }
      }
    } onCancel: {
      let consumer = state.withLock { $0.room.leave(id) }
      consumer?.resume(returning: .ended(.finished))
    }
    guard case .element(let event) = taken else { return nil }
    return event
  }
}

/// The life of a client as a sequence that ends after `.stopped`.
///
/// Every call of `MQTTClient.events` gives a sequence of its own, which begins at that moment. It
/// never holds up the client: when its reader is slow, the oldest events make room for new ones and
/// `.missed` says how many. Several tasks may read one sequence; each event goes to one of them.
public struct ClientEventSequence: AsyncSequence, Sendable {
  /// What the sequence brings.
  public typealias Element = ClientEvent
  /// Nothing ends the sequence early.
  public typealias Failure = Never

  /// Ends the subscription with the last reference to it.
  final class Handle: Sendable {
    let queue: EventQueue
    private let id: UInt64
    private let hub: EventHub

    init(_ hub: EventHub, capacity: Int) {
      self.hub = hub
      (id, queue) = hub.subscribe(capacity: capacity)
    }

    deinit { hub.unsubscribe(id) }
  }

  private let handle: Handle

  init(_ hub: EventHub, capacity: Int) { handle = Handle(hub, capacity: capacity) }

  /// Reads the events one by one.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let handle: Handle

    /// The next event; nil after `.stopped`, or when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async -> ClientEvent? {
      await handle.queue.next()
    }
  }

  /// An iterator over the same queue; of several, each element comes to one.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }
}
