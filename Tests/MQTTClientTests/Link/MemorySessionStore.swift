import EventLoop
import MQTTClient

/// A session store in memory, which keeps what the last commit had when a test lets it crash.
final class MemorySessionStore: SessionStore {
  private struct Write {
    let records: [SessionRecord]
    let whenDurable: @Sendable (Set<UInt64>) -> Void
  }

  private struct State {
    var publishes: [UInt64: StoredPublish] = [:]
    var inbound: Set<PacketID> = []
    var waiting: [Write] = []
    var isHolding = false
    var refuses = false
    var log: [SessionRecord] = []
  }

  private let state = Locked(State())

  init(_ session: StoredSession = StoredSession()) {
    state.withLock { state in
      for publish in session.publishes { state.publishes[publish.sequence] = publish }
      state.inbound = Set(session.inbound)
    }
  }

  func stored() -> StoredSession { durable }

  /// What a process that starts now would find.
  var durable: StoredSession {
    state.withLock { state in
      StoredSession(
        publishes: state.publishes.values.sorted { $0.sequence < $1.sequence },
        inbound: state.inbound.sorted())
    }
  }

  /// Every durable record, in order.
  var log: [SessionRecord] { state.withLock { $0.log } }

  var waitingWrites: Int { state.withLock { $0.waiting.count } }

  /// Whether records wait until `commit`.
  func hold(_ isHolding: Bool) { state.withLock { $0.isHolding = isHolding } }

  /// Whether publishes are refused from now on.
  func refuse(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

  func write(
    _ records: [SessionRecord], whenDurable: @escaping @Sendable (Set<UInt64>) -> Void
  ) {
    let write = Write(records: records, whenDurable: whenDurable)
    let isHolding = state.withLock { state in
      state.waiting.append(write)
      return state.isHolding
    }
    if !isHolding { commit() }
  }

  /// Makes everything durable that waits.
  func commit() {
    let done = state.withLock { state in
      let waiting = state.waiting
      state.waiting = []
      return waiting.map { write in (write, Self.keep(write.records, &state)) }
    }
    for (write, refused) in done { write.whenDurable(refused) }
  }

  private static func keep(_ records: [SessionRecord], _ state: inout State) -> Set<UInt64> {
    var refused: Set<UInt64> = []
    for record in records {
      if case .accepted(let publish) = record, state.refuses {
        refused.insert(publish.sequence)
        continue
      }
      state.log.append(record)
      switch record {
      case .accepted(let publish): state.publishes[publish.sequence] = publish
      case .received(let sequence): state.publishes[sequence]?.isReceived = true
      case .restarted(let sequence): state.publishes[sequence]?.isReceived = false
      case .finished(let sequence): state.publishes[sequence] = nil
      case .inboundReceived(let id): state.inbound.insert(id)
      case .inboundReleased(let id): state.inbound.remove(id)
      }
    }
    return refused
  }
}
