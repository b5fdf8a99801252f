import EventLoop

@testable import Store

/// Keeps every event of a store and lets a test wait for what it needs.
final class Recorder: Sendable {
  private let arrived: Mailbox<StoreEvent>
  private let seen = Locked<[StoreEvent]>([])

  init() throws { arrived = try Mailbox(capacity: 1) }

  func record(_ event: StoreEvent) { arrived.sendReserved(event) }

  /// Everything so far; from the test's thread.
  var events: [StoreEvent] {
    var new: [StoreEvent] = []
    _ = arrived.receive(into: &new)
    return seen.withLock { all in
      all += new
      return all
    }
  }

  /// Everything so far, which is forgotten; from the test's thread.
  func take() -> [StoreEvent] {
    _ = events
    return seen.withLock { exchange(&$0, with: []) }
  }

  /// Waits until the events fulfil a condition; false after half a minute without.
  func wait(until condition: ([StoreEvent]) -> Bool) -> Bool {
    let deadline = MonotonicClock.now() + .seconds(30)
    while !condition(events) {
      let left = deadline - MonotonicClock.now()
      guard left > .zero else { return false }
      arrived.wait(atMost: left)
    }
    return true
  }

  func waitForStored(_ count: Int) -> Bool { wait { $0.stored.count >= count } }

  func waitForFed(_ count: Int) -> Bool { wait { $0.fed.count >= count } }

  func wait(for event: StoreEvent) -> Bool { wait { $0.contains(event) } }
}

extension [StoreEvent] {
  var stored: [StoredItem] {
    flatMap { event -> [StoredItem] in
      if case .stored(let items) = event { items } else { [] }
    }
  }

  var fed: [OutboxRow] {
    flatMap { event -> [OutboxRow] in
      if case .feed(let rows) = event { rows } else { [] }
    }
  }

  var finished: [Int64] {
    flatMap { event -> [Int64] in
      if case .finished(let sequences) = event { sequences } else { [] }
    }
  }

  var refused: [ItemID] {
    flatMap { event -> [ItemID] in
      if case .refused(let ids, _) = event { ids } else { [] }
    }
  }

  var errors: [StoreError] {
    compactMap { event in
      switch event {
      case .failing(let error), .refused(_, let error): error
      default: nil
      }
    }
  }

  /// The state that a look-up found; nil while the answer is not there.
  func found(_ token: UInt64) -> ItemState?? {
    for case .found(token, let state) in self { return .some(state) }
    return nil
  }
}
