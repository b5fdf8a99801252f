import DequeModule
import EventLoop
import MQTTClient
import Store

/// Which records wait for which commit, and where in the database each publish is.
///
/// Called by the client's thread and by the store's; the lock is never held while either is called.
/// The store reports each operation once, transaction by transaction, so counting them tells which
/// writes are durable.
final class SessionLedger: Sendable {
  private enum Key: Hashable {
    case publish(UInt64)
    case inbound(PacketID)
  }

  private struct Write {
    /// How many operations of all must be done.
    let end: Int
    let accepted: [UInt64]
    let whenDurable: @Sendable (Set<UInt64>) -> Void
  }

  private struct Waiting {
    let key: Key
    let item: OutboxItem
  }

  private struct State {
    var loaded: [OutboxRow] = []
    var isLoading = true
    var places: [Key: Int64] = [:]
    var waiting: [ItemID: Waiting] = [:]
    /// Deliveries whose end came before their beginning was durable.
    var doomed: [PacketID: Int] = [:]
    /// Deliveries that must be kept and were refused.
    var retries: [OutboxItem] = []
    var lastItem = UInt128(UInt64.random(in: 1 ... .max)) << 64
    var begun = 0
    var done = 0
    var refused: Set<UInt64> = []
    var writes = Deque<Write>()
    var isReporting = false
  }

  private static let receivedPhase: UInt8 = 2

  private let state = Locked(State())
  private let arrivals: Mailbox<Bool>

  init() throws(SystemError) { arrivals = try Mailbox(capacity: 1) }

  /// Waits for this many rows of earlier processes; nil when they cannot be read.
  func load(_ count: Int, within limit: Duration = .seconds(120)) -> StoredSession? {
    let deadline = MonotonicClock.now() + limit
    while state.withLock({ $0.loaded.count }) < count {
      let left = deadline - MonotonicClock.now()
      guard left > .zero else { return nil }
      arrivals.wait(atMost: left)
      var seen: [Bool] = []
      _ = arrivals.receive(into: &seen)
    }
    return state.withLock { state in
      state.isLoading = false
      var session = StoredSession()
      for row in exchange(&state.loaded, with: []) {
        let isReceived = row.phase == Self.receivedPhase
        switch StoredItemCoding.decode(row.body, isReceived: isReceived) {
        case .publish(let publish):
          state.places[.publish(publish.sequence)] = row.sequence
          session.publishes.append(publish)
        case .inbound(let id):
          state.places[.inbound(id)] = row.sequence
          session.inbound.append(id)
        case nil: return nil
        }
      }
      return session
    }
  }

  func write(
    _ records: [SessionRecord], to store: Store,
    _ whenDurable: @escaping @Sendable (Set<UInt64>) -> Void
  ) {
    let retries = state.withLock { state in
      state.begun += records.count
      let accepted = records.compactMap { record -> UInt64? in
        if case .accepted(let publish) = record { publish.sequence } else { nil }
      }
      state.writes.append(Write(end: state.begun, accepted: accepted, whenDurable: whenDurable))
      return exchange(&state.retries, with: [])
    }
    for item in retries { append(item, to: store) }
    for record in records { write(record, to: store) }
    report()
  }

  private func write(_ record: SessionRecord, to store: Store) {
    switch record {
    case .accepted(let publish):
      guard let body = StoredItemCoding.encode(publish) else {
        return state.withLock { state in
          state.refused.insert(publish.sequence)
          state.done += 1
        }
      }
      append(item(body, .publish(publish.sequence)), to: store)
    case .inboundReceived(let id):
      append(item(StoredItemCoding.encode(id), .inbound(id)), to: store)
    case .received(let sequence): advance(sequence, to: Self.receivedPhase, store)
    case .restarted(let sequence): advance(sequence, to: 0, store)
    case .finished(let sequence): finish(.publish(sequence), store)
    case .inboundReleased(let id): finish(.inbound(id), store)
    }
  }

  private func item(_ body: [UInt8], _ key: Key) -> OutboxItem {
    state.withLock { state in
      state.lastItem += 1
      let item = OutboxItem(id: ItemID(state.lastItem), body: body)
      state.waiting[item.id] = Waiting(key: key, item: item)
      return item
    }
  }

  private func append(_ item: OutboxItem, to store: Store) {
    if store.append(item) != .accepted { state.withLock { Self.refuse(item.id, &$0) } }
  }

  private func advance(_ sequence: UInt64, to phase: UInt8, _ store: Store) {
    let place = state.withLock { state in
      let place = state.places[.publish(sequence)]
      if place == nil { state.done += 1 }
      return place
    }
    if let place { store.advance(sequence: place, phase: phase) }
  }

  private func finish(_ key: Key, _ store: Store) {
    let place = state.withLock { state in
      let place = state.places.removeValue(forKey: key)
      if place == nil {
        // The end is done together with the beginning.
        if case .inbound(let id) = key { state.doomed[id, default: 0] += 1 }
        state.done += 1
      }
      return place
    }
    if let place { store.finish(sequence: place, outcome: Outcome(code: 0)) }
  }

  /// Runs on the store's thread.
  func handle(_ event: StoreEvent, _ store: Store?) {
    switch event {
    case .stored(let items):
      for place in state.withLock({ state in items.compactMap { Self.stored($0, &state) } }) {
        store?.finish(sequence: place, outcome: Outcome(code: 0))
      }
    case .refused(let ids, _):
      state.withLock { state in for id in ids { Self.refuse(id, &state) } }
    case .advanced(let places): state.withLock { $0.done += places.count }
    case .finished(let places): state.withLock { $0.done += places.count }
    case .feed(let rows): fed(rows)
    case .recovered:
      let retries = state.withLock { exchange(&$0.retries, with: []) }
      if let store { for item in retries { append(item, to: store) } }
    case .repeated, .ended, .found, .lookUpFailed, .deadLetters, .failing, .logged,
      .receiptsForgotten, .recorded, .forgotten, .kept, .removed, .cursorsMoved, .buried:
      break
    }
    report()
  }

  private func fed(_ rows: [OutboxRow]) {
    let isLoading = state.withLock { state in
      if state.isLoading { state.loaded.append(contentsOf: rows) }
      return state.isLoading
    }
    if isLoading { _ = arrivals.send(true) }
  }

  /// The place of an item that must go again at once.
  private static func stored(_ item: StoredItem, _ state: inout State) -> Int64? {
    guard let waiting = state.waiting.removeValue(forKey: item.id) else { return nil }
    state.done += 1
    if case .inbound(let id) = waiting.key, let count = state.doomed[id] {
      state.doomed[id] = count > 1 ? count - 1 : nil
      // Its removal counts as one more operation.
      state.done -= 1
      return item.sequence
    }
    state.places[waiting.key] = item.sequence
    return nil
  }

  private static func refuse(_ id: ItemID, _ state: inout State) {
    guard let waiting = state.waiting[id] else { return }
    switch waiting.key {
    case .publish(let sequence):
      state.waiting[id] = nil
      state.refused.insert(sequence)
      state.done += 1
    case .inbound: state.retries.append(waiting.item)
    }
  }

  /// Tells about every write that is done, in their order, whichever thread noticed it.
  private func report() {
    var isMine = state.withLock { state in
      if state.isReporting { return false }
      state.isReporting = true
      return true
    }
    while isMine {
      let next = state.withLock { state -> (Write, Set<UInt64>)? in
        guard let write = state.writes.first, write.end <= state.done else {
          state.isReporting = false
          return nil
        }
        state.writes.removeFirst()
        let refused = state.refused.intersection(write.accepted)
        state.refused.subtract(refused)
        return (write, refused)
      }
      guard let (write, refused) = next else {
        isMine = false
        continue
      }
      write.whenDurable(refused)
    }
  }
}
