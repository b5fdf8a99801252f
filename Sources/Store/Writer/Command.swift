/// What other threads ask of the store thread.
enum Command: Sendable {
  case append(OutboxItem)
  /// All of them or none, in one transaction.
  case appendAll([OutboxItem])
  case advance(sequence: Int64, phase: UInt8)
  case finish(sequence: Int64, Outcome, Ending)
  case remember(ItemID, Outcome)
  case recordName(String)
  case forgetName(String)
  case lookUp(ItemID, token: UInt64)
  case deadLetters(DeadLetterRequest, token: UInt64)
  case startFeed
  case log([EventItem])
  case forgetReceipt(Int64)
  case forgetAllReceipts
  case keep(StoredSubscription, token: UInt64)
  case removeSubscription(name: String, token: UInt64)
  case moveCursor(name: String, to: Int64)
  /// Keeps what a subscription could not deliver and moves its cursor.
  case bury(UndeliveredEvents, of: String, cursor: Int64, token: UInt64)
  /// A handed over dead letter was tried again: nil is its end.
  case settle(ItemID, Outcome?)
  /// A reader found the database damaged.
  case foundDamage
}

extension Command {
  /// Whether it changes the event log or what belongs to it, and so nothing of the outbox.
  var isOfEventLog: Bool {
    switch self {
    case .log, .forgetReceipt, .forgetAllReceipts, .keep, .removeSubscription, .moveCursor,
      .recordName, .forgetName, .bury, .settle:
      true
    default: false
    }
  }
}
