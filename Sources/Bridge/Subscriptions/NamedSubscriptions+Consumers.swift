import EventLoop
import HTTPFront
import MQTTClient
import Store

/// The streams that consume named subscriptions, and their acknowledgements.
extension NamedSubscriptions {
  /// Whether a consumer would be let in now.
  func checkConsumer(of name: String, takeover: Bool) throws(Problem) {
    let found = state.withLock { $0.subscriptions[name] }
    guard let found else { throw Self.unknown(name) }
    guard takeover || found.terms.isShared || !found.isInUse else { throw Self.inUse(name) }
  }

  /// A stream wants to consume; what it reads and what it is told.
  func attach(
    _ id: StreamID, to name: String, takeover: Bool, acknowledgesWrites: Bool
  ) throws(Problem) -> NamedSubscription {
    let result = state.withLock { state -> (NamedSubscription?, ended: [StreamID], isBusy: Bool) in
      guard var subscription = state.subscriptions[name] else { return (nil, [], false) }
      var ended: [StreamID] = []
      if !subscription.terms.isShared, subscription.isInUse {
        guard takeover else { return (subscription, [], true) }
        ended = Array(subscription.consumers.keys)
        subscription.consumers.removeAll()
      }
      subscription.consumers[id] = NamedSubscription.Consumer(
        acknowledgesWrites: acknowledgesWrites)
      state.subscriptions[name] = subscription
      return (subscription, ended, false)
    }
    guard let subscription = result.0 else { throw Self.unknown(name) }
    guard !result.isBusy else { throw Self.inUse(name) }
    for other in result.ended { end(other, reason: "taken_over") }
    return subscription
  }

  /// A poll has its answer, which is on its way: another consumer may come.
  func leaves(_ id: StreamID, from name: String) {
    state.withLock { $0.subscriptions[name]?.consumers[id]?.isLeaving = true }
  }

  /// Up to where everything is acknowledged; nil when there is no such subscription any more.
  func cursor(of name: String) -> Int64? {
    state.withLock { $0.subscriptions[name]?.cursor }
  }

  /// A consumer is gone; true when what it held is for others now.
  func detach(_ id: StreamID, from name: String) -> Bool {
    state.withLock { state in
      guard state.subscriptions[name]?.consumers.removeValue(forKey: id) != nil else {
        return false
      }
      state.subscriptions[name]?.shared?.left(id)
      return state.subscriptions[name]?.shared != nil
    }
  }

  /// Everything up to `sequence` is with the socket of this consumer; true when that frees others.
  func written(_ id: StreamID, of name: String, through sequence: Int64) -> Bool {
    let moved = state.withLock { state -> (cursor: Int64?, isShared: Bool) in
      guard var subscription = state.subscriptions[name],
        subscription.consumers[id]?.acknowledgesWrites == true
      else { return (nil, false) }
      let before = subscription.cursor
      if subscription.shared != nil {
        subscription.shared?.acknowledgeAll(of: id)
        subscription.cursor = max(before, subscription.shared?.floor ?? before)
      } else {
        subscription.cursor = max(before, sequence)
      }
      state.subscriptions[name] = subscription
      return (
        subscription.cursor > before ? subscription.cursor : nil, subscription.shared != nil
      )
    }
    if let cursor = moved.cursor { wiring.store?.moveCursor(of: name, to: cursor) }
    return moved.isShared
  }

  /// What a client says that it is done with.
  enum Acknowledged {
    /// Nothing that the store must note.
    case nothing
    /// The answer follows once the store has noted it.
    case noted
  }

  /// Whether a consumer waits until it has acknowledged something.
  func hasFullConsumer(_ name: String) -> Bool { withDispatch(of: name) { $0.isFull } ?? false }

  /// A client says that it is done with these events.
  func acknowledge(
    _ name: String, _ ids: [EventID], _ request: Request
  ) throws(Problem) -> Acknowledged {
    let last = position.last.sequence
    for id in ids where id.epoch != epoch || id.sequence > last {
      throw Problem(
        .badEventID, detail: "'\(id)' is not an event of this bridge's log",
        hint: "acknowledge the ids that the subscription gave")
    }
    enum Outcome { case unknown, nothing, moved(Int64) }
    let outcome = state.withLock { state -> Outcome in
      guard var subscription = state.subscriptions[name] else { return .unknown }
      var hasMoved = false
      for id in ids where subscription.acknowledge(id.sequence) { hasMoved = true }
      state.subscriptions[name] = subscription
      guard hasMoved else { return .nothing }
      state.acknowledgements[name, default: []].append(
        Acknowledgement(request: request.id, head: request.head, cursor: subscription.cursor))
      return .moved(subscription.cursor)
    }
    switch outcome {
    case .unknown: throw Self.unknown(name)
    case .nothing: return .nothing
    case .moved(let cursor):
      wiring.store?.moveCursor(of: name, to: cursor)
      return .noted
    }
  }

  /// What a consumer of a shared subscription may read now.
  enum SharedWork {
    case some(SharedDispatch.Work)
    case nothing
  }

  /// Nil when the subscription is not shared.
  func work(for id: StreamID, of name: String, atMost count: Int) -> SharedWork? {
    state.withLock { state in
      guard var shared = state.subscriptions[name]?.shared else { return nil }
      // Who was told to come back has the old filters, and must not decide about events any more.
      guard state.subscriptions[name]?.consumers[id] != nil else { return .nothing }
      defer { state.subscriptions[name]?.shared = shared }
      if let work = shared.work(for: id, atMost: count) { return .some(work) }
      return .nothing
    }
  }

  /// A consumer was given these next events of a shared subscription; nobody was if it left.
  func given(_ events: [Int64], through sequence: Int64, to id: StreamID, of name: String) {
    state.withLock { state in
      guard var shared = state.subscriptions[name]?.shared else { return }
      if state.subscriptions[name]?.consumers[id] != nil {
        shared.read(events, through: sequence, by: id)
      } else {
        // Perhaps because the subscription has other filters now.
        shared.readFailed()
      }
      state.subscriptions[name]?.shared = shared
    }
  }

  /// Work on the dispatch of a shared subscription.
  func withDispatch<Result>(
    of name: String, _ body: (inout SharedDispatch) -> Result
  ) -> Result? {
    state.withLock { state in
      guard var shared = state.subscriptions[name]?.shared else { return nil }
      defer { state.subscriptions[name]?.shared = shared }
      return body(&shared)
    }
  }

  /// Whether the stream still consumes the subscription.
  func isAttached(_ id: StreamID, to name: String) -> Bool {
    state.withLock { $0.subscriptions[name]?.consumers[id] != nil }
  }

  /// The client of a request went away; what it asked for goes on.
  func clientLeft(_ request: RequestID) {
    state.withLock { state in
      for (name, waiting) in state.acknowledgements {
        let rest = waiting.filter { $0.request != request }
        if rest.count != waiting.count {
          state.acknowledgements[name] = rest.isEmpty ? nil : rest
        }
      }
    }
  }

  private static func inUse(_ name: String) -> Problem {
    Problem(
      .subscriptionInUse, detail: "'\(name)' has a consumer",
      hint: "takeover=true closes the other one; a subscription with shared: true has several")
  }

  static func unknown(_ name: String) -> Problem {
    Problem(
      .subscriptionUnknown, detail: "there is no subscription '\(name)'",
      hint: "make it with PUT /subscriptions/\(name)")
  }
}
