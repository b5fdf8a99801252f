/// The event log and what belongs to it, inside the transactions of the database.
///
/// What a transaction changes is kept in its `EventEffects` and counts once it is committed.
final class EventLog {
  let receipts: ReceiptTable
  let subscriptions: SubscriptionTable
  let lastValues: LastValueTable
  private(set) var bounds = EventBounds(first: 1, last: 0, lastTime: 0)

  private let table: EventTable
  private let pruning: EventPruning
  private var holds = EventHolds()

  init(_ connection: Connection, _ options: StoreOptions) throws(StoreError) {
    table = try EventTable(connection)
    receipts = try ReceiptTable(connection)
    subscriptions = try SubscriptionTable(connection)
    lastValues = try LastValueTable(connection, options.lastValueLimits)
    pruning = EventPruning(age: options.eventAge, bytes: options.eventBytes)
  }

  /// Learns what is on disk.
  func load(_ totals: Totals) throws(StoreError) {
    bounds = try table.bounds(lastTime: Int64(totals.lastEventTime))
    holds = EventHolds(try subscriptions.all())
  }

  func startEffects() -> EventEffects { EventEffects(bounds: bounds, holds: holds) }

  func committed(_ effects: EventEffects) {
    bounds = effects.bounds
    holds = effects.holds
  }

  /// Performs one of the commands of the event log; the others are not for it.
  ///
  /// `totals` is what the database holds before the transaction.
  func perform(
    _ command: Command, holding totals: Totals, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    switch command {
    case .log(let items): try log(items, holding: totals, at: time, &effects)
    case .forgetReceipt(let number):
      try receipts.forget(number)
      effects.events.forgottenReceipts.append(number)
    case .forgetAllReceipts: try receipts.forgetAll()
    case .keep(let subscription, let token): try keep(subscription, token, &effects.events)
    case .removeSubscription(let name, let token):
      let existed = try subscriptions.delete(name)
      effects.events.holds.remove(name)
      effects.events.answers.append(.removed(token: token, existed: existed))
    case .moveCursor(let name, let cursor): try move(name, to: cursor, &effects.events)
    case .append, .appendAll, .advance, .finish, .remember, .recordName, .forgetName, .lookUp,
      .deadLetters, .startFeed, .foundDamage, .bury, .settle:
      preconditionFailure("not a command of the event log: \(command)")
    }
  }

  /// Removes the oldest events that are due, a little faster than new ones come.
  func prune(
    _ totals: Totals, at time: Int64, isIdle: Bool, _ effects: inout Effects
  ) throws(StoreError) {
    let held = totals + effects.totals
    guard held.events > 0 else { return }
    var step = pruning.step(
      holding: held.eventBytes, adding: effects.events.addedBytes, at: time, isIdle: isIdle,
      effects.events.holds)
    try table.readOldest { step.takes($0) }
    guard let last = step.last else { return }
    try table.delete(through: last)
    effects.totals.events -= step.count
    effects.totals.eventBytes -= step.bytes
    effects.events.bounds.first = last + 1
  }

  private func log(
    _ items: [EventItem], holding totals: Totals, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    let time = max(time, effects.events.bounds.lastTime)
    for item in items {
      let sequence = item.isLogged ? try insert(item, at: time, &effects) : 0
      effects.events.logged.append(LoggedEvent(sequence: sequence, time: time))
      guard let change = item.lastValue else { continue }
      try lastValues.apply(
        change, to: item.topic, at: time, held: totals, &effects.totals)
    }
  }

  private func insert(
    _ item: EventItem, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) -> Int64 {
    let sequence = try table.insert(item, at: time)
    if let number = item.receipt {
      try receipts.remember(Receipt(number: number, mark: item.receiptMark))
    }
    effects.events.bounds.last = sequence
    effects.events.bounds.lastTime = time
    effects.events.addedBytes += item.countedBytes
    effects.totals.events += 1
    effects.totals.eventBytes += item.countedBytes
    effects.totals.lastEventTime = Int(time)
    return sequence
  }

  private func keep(
    _ subscription: StoredSubscription, _ token: UInt64, _ effects: inout EventEffects
  ) throws(StoreError) {
    var kept = subscription
    // One that exists keeps its place, which may have moved since the caller looked.
    if let present = effects.holds[kept.name] {
      kept.cursor = max(kept.cursor, present)
    } else if kept.cursor < 0 {
      kept.cursor = effects.bounds.last
    }
    try subscriptions.write(kept)
    effects.holds.keep(kept)
    effects.answers.append(.kept(token: token, kept))
  }

  func move(
    _ name: String, to wanted: Int64, _ effects: inout EventEffects
  ) throws(StoreError) {
    guard let present = effects.holds[name] else { return }
    // Never past the newest event, or the next ones would be taken for done.
    let cursor = max(present, min(wanted, effects.bounds.last))
    if cursor > present {
      try subscriptions.moveCursor(of: name, to: cursor)
      effects.holds.move(name, to: cursor)
    }
    effects.moved.append(MovedCursor(name: name, cursor: cursor))
  }
}
