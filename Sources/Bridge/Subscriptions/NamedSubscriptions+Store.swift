import EventLoop
import HTTPFront
import MQTTClient
import Store

/// What the store has done for named subscriptions; on the store thread, in the store's order.
extension NamedSubscriptions {
  func kept(_ token: UInt64, _ stored: StoredSubscription) {
    let result = state.withLock { state -> Kept? in
      guard
        case .keep(let request, _, var subscription, let isNew, let ownsHold)? =
          state.answers.removeValue(forKey: token)
      else { return nil }
      let old = state.subscriptions[stored.name]
      var kept = Kept(request: request, isNew: isNew && old == nil)
      if !ownsHold {
        kept.opened = subscription.takeHold(of: old) {
          state.lastSerial += 1
          return StreamID(shard: -1, serial: state.lastSerial)
        }
      }
      subscription.storedCursor = stored.cursor
      subscription.cursor = max(old?.cursor ?? 0, stored.cursor)
      kept.ended = subscription.takeConsumers(of: old)
      state.subscriptions[stored.name] = subscription
      if let old, old.hold != subscription.hold { kept.closed = old.hold }
      kept.subscription = subscription
      return kept
    }
    guard let result, let subscription = result.subscription else { return }
    if let opened = result.opened { wiring.link?.sendReserved(.openStream(opened)) }
    if let closed = result.closed { wiring.link?.sendReserved(.closeStream(closed)) }
    for id in result.ended { end(id, reason: "subscription_changed", reconnects: true) }
    wiring.answer(
      result.request,
      with: .json(
        json(subscription), status: result.isNew ? 201 : 200, headers: Self.headers))
  }

  private struct Kept {
    let request: RequestID
    let isNew: Bool
    var subscription: NamedSubscription?
    var opened: StreamRequest?
    var closed: StreamID?
    var ended: [StreamID] = []
  }

  func removed(_ token: UInt64, existed: Bool) {
    let removed = state.withLock { state -> (RequestID, NamedSubscription?, [Acknowledgement])? in
      guard case .remove(let request, _, let name)? = state.answers.removeValue(forKey: token)
      else { return nil }
      let waiting = state.acknowledgements.removeValue(forKey: name) ?? []
      return (request, state.subscriptions.removeValue(forKey: name), waiting)
    }
    guard let (request, subscription, waiting) = removed else { return }
    if let subscription {
      wiring.link?.sendReserved(.closeStream(subscription.hold))
      for id in subscription.consumers.keys { end(id, reason: "subscription_deleted") }
      for other in waiting {
        let problem = Self.unknown(subscription.name)
        wiring.answer(other.request, with: problem.response(to: other.head))
      }
    }
    wiring.answer(request, with: Response(status: 204))
  }

  /// The store has noted cursors.
  func cursorsMoved(_ cursors: [MovedCursor]) {
    var done: [RequestID] = []
    state.withLock { state in
      for moved in cursors {
        let (name, cursor) = (moved.name, moved.cursor)
        state.subscriptions[name]?.storedCursor = cursor
        guard let waiting = state.acknowledgements[name] else { continue }
        done += waiting.filter { $0.cursor <= cursor }.map(\.request)
        let rest = waiting.filter { $0.cursor > cursor }
        state.acknowledgements[name] = rest.isEmpty ? nil : rest
      }
    }
    for request in done { wiring.answer(request, with: Response(status: 204)) }
  }

  /// A request has waited long enough; what it waited for, if it waited here at all.
  func gaveUp(_ request: RequestID) -> (hold: StreamID?, head: RequestHead)? {
    state.withLock { state in
      for (hold, waiting) in state.grants where waiting.request.0 == request {
        state.grants[hold] = nil
        return (hold, waiting.request.1)
      }
      // The store still does what it was asked for, and `answer` finds nobody.
      for waiting in state.answers.values where waiting.request.0 == request {
        return (nil, waiting.request.1)
      }
      for waiting in state.acknowledgements.values {
        if let found = waiting.first(where: { $0.request == request }) { return (nil, found.head) }
      }
      return nil
    }
  }
}
