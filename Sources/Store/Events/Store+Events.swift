import EventLoop

/// The event log and what belongs to it, from any thread.
extension Store {
  /// Adds events, in order; `logged` follows with one place for each.
  ///
  /// Never refused before `close`. While the disk fails they wait, in order, for the recovery, so
  /// the caller bounds how many may be without an answer.
  package func log(_ items: [EventItem]) {
    if !items.isEmpty { mailbox.sendReserved(.log(items)) }
  }

  /// Forgets the receipt of an event; `receiptsForgotten` follows when that is durable.
  package func forget(receipt: Int64) { mailbox.sendReserved(.forgetReceipt(receipt)) }

  /// Forgets every receipt of events that were logged before this call.
  package func forgetAllReceipts() { mailbox.sendReserved(.forgetAllReceipts) }

  /// Adds or replaces a subscription, and `kept` follows; a cursor of -1 is the present end.
  ///
  /// The cursor of one that exists never moves back, and -1 leaves it where it is.
  package func keep(_ subscription: StoredSubscription, token: UInt64) {
    mailbox.sendReserved(.keep(subscription, token: token))
  }

  /// Removes a subscription; `removed` follows.
  package func removeSubscription(name: String, token: UInt64) {
    mailbox.sendReserved(.removeSubscription(name: name, token: token))
  }

  /// Moves a cursor forward, never past the newest event; `cursorsMoved` follows.
  package func moveCursor(of name: String, to sequence: Int64) {
    mailbox.sendReserved(.moveCursor(name: name, to: sequence))
  }

  /// Keeps what a subscription could not deliver as a dead letter and moves its cursor, in one
  /// transaction; `buried` follows.
  package func bury(
    _ events: UndeliveredEvents, of name: String, cursor: Int64, token: UInt64
  ) {
    mailbox.sendReserved(.bury(events, of: name, cursor: cursor, token: token))
  }

  /// Says how a dead letter that was handed over ended: delivered, or once more not.
  package func settle(_ id: ItemID, _ outcome: Outcome?) {
    mailbox.sendReserved(.settle(id, outcome))
  }

  /// The event log as the last commit left it.
  package var eventBounds: EventBounds { shared.eventBounds }

  /// Runs `body` on the thread `store-read`, after everything that was asked for earlier.
  ///
  /// False, and `body` never runs, when too many reads wait or the store is closed. What was
  /// accepted runs, also when the store is closed meanwhile. `body` must not wait for anything:
  /// closing the store waits for it.
  package func read(_ body: @escaping @Sendable (EventReader) -> Void) -> Bool { reads.send(body) }
}
