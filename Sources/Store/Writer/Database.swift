/// The open database with its prepared statements; every change is one transaction.
final class Database {
  let connection: Connection
  let outbox: OutboxTable
  let outcomes: OutcomeTable
  let keys: KeyTable
  let deadLetters: DeadLetterTable
  let names: NameTable
  let settings: SettingsTable
  let events: EventLog
  private(set) var epoch: String
  let instance: String
  /// The sequence of the last row that an earlier run stored.
  let loadedUpTo: Int64
  private(set) var totals: Totals
  private(set) var deadLetterTotals: DeadLetterTotals
  /// How much the last transaction forgot because of its age or number.
  private(set) var prunedLast = 0
  private var mayHaveKeys: Bool

  private let totalsTable: TotalsTable
  private let begin: Statement
  private let commit: Statement
  private let rollback: Statement
  let options: StoreOptions

  init(path: String, _ options: StoreOptions) throws(StoreError) {
    connection = try Connection(path: path)
    self.options = options
    try Schema.prepare(connection)
    if let bytes = options.databaseBytesMax {
      let pageBytes = try connection.integer("PRAGMA page_size") ?? 4096
      try connection.execute("PRAGMA max_page_count = \(max(1, bytes / pageBytes))")
    }
    outbox = try OutboxTable(connection)
    outcomes = try OutcomeTable(connection)
    keys = try KeyTable(connection)
    deadLetters = try DeadLetterTable(connection)
    names = try NameTable(connection)
    settings = try SettingsTable(connection)
    events = try EventLog(connection, options)
    totalsTable = try TotalsTable(connection)
    begin = try connection.prepare("BEGIN IMMEDIATE")
    commit = try connection.prepare("COMMIT")
    rollback = try connection.prepare("ROLLBACK")
    totals = try totalsTable.read()
    try events.load(totals)
    instance = try settings.instance()
    deadLetterTotals = try deadLetters.totals()
    mayHaveKeys = try !keys.isEmpty
    epoch = try settings.epoch()
    loadedUpTo = try connection.integer("SELECT max(sequence) FROM outbox") ?? 0
  }

  /// Performs the writing commands in one transaction; a failed one leaves nothing.
  func write(
    _ commands: [Command], _ feed: borrowing Feed, at time: Int64
  ) throws(WriteFailure) -> Effects {
    try transact { (effects: inout Effects) throws(StoreError) in
      for command in commands { try perform(command, feed, at: time, &effects) }
      try events.prune(totals, at: time, isIdle: commands.isEmpty, &effects)
      try prune(
        steps: commands.isEmpty ? 1024 : 16 + 2 * effects.finished.count, at: time, &effects)
    }
  }

  /// Runs `body` in one transaction; a failed one leaves nothing.
  func transact(
    _ body: (inout Effects) throws(StoreError) -> Void
  ) throws(WriteFailure) -> Effects {
    var effects = Effects(events: events.startEffects())
    do throws(StoreError) {
      try begin.run()
      try body(&effects)
      if effects.totals != Totals() { try totalsTable.write(totals + effects.totals) }
      if effects.deadLetters != DeadLetterTotals() {
        try deadLetters.write(deadLetterTotals + effects.deadLetters)
      }
    } catch {
      leaveTransaction()
      throw WriteFailure(error: error, isAtCommit: false)
    }
    do throws(StoreError) {
      try commit.run()
    } catch {
      leaveTransaction()
      throw WriteFailure(error: error, isAtCommit: true)
    }
    totals = totals + effects.totals
    events.committed(effects.events)
    deadLetterTotals = deadLetterTotals + effects.deadLetters
    return effects
  }

  /// Enters the name of this run, and a new epoch if there is one, in one transaction.
  func startRun(_ run: String, epoch new: String?) throws(StoreError) {
    try begin.run()
    do throws(StoreError) {
      try settings.startRun(run, epoch: new)
      try commit.run()
    } catch {
      leaveTransaction()
      throw error
    }
    if let new { epoch = new }
  }

  /// Writes and removes so many bytes, to see whether writing works.
  func probe(bytes: Int) throws(StoreError) {
    try settings.write(Array(repeating: 0, count: bytes), for: "probe")
    try settings.delete("probe")
  }

  func state(of id: ItemID) throws(StoreError) -> ItemState? {
    if let pending = try outbox.find(id) { return pending }
    if let finished = try outcomes.find(id) { return finished }
    if let remembered = try keys.outcome(of: id) { return remembered }
    guard let letter = try deadLetters.find(id), letter.owner == nil else { return nil }
    return .finished(letter.outcome, storedAt: letter.storedAt, finishedAt: letter.diedAt)
  }

  /// Rolls back, unless SQLite has done so itself as it does after some errors.
  private func leaveTransaction() {
    if connection.isInTransaction { try? rollback.run() }
  }

  private func perform(
    _ command: Command, _ feed: borrowing Feed, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    switch command {
    case .append(let item): try append([item], at: time, &effects)
    case .appendAll(let items): try appendAll(items, at: time, &effects)
    case .advance(let sequence, let phase):
      _ = try outbox.advance(sequence, to: phase)
      effects.advanced.append((sequence, phase))
    case .finish(let sequence, let outcome, let ending):
      try finish(sequence, outcome, ending, feed[sequence], at: time, &effects)
    case .remember(let id, let outcome):
      effects.totals.outcomes += try outcomes.insert(
        id, outcome, storedAt: time, finishedAt: time)
    case .recordName(let name):
      let since = effects.events.bounds.last
      effects.events.recorded.append(try names.record(name, since: since))
    case .forgetName(let name):
      try names.forget(name)
      effects.events.forgottenNames.append(name)
    case .log, .forgetReceipt, .forgetAllReceipts, .keep, .removeSubscription, .moveCursor:
      try events.perform(command, holding: totals, at: time, &effects)
    case .bury(let events, let name, let cursor, let token):
      try bury(events, of: name, at: time, &effects)
      try self.events.move(name, to: cursor, &effects.events)
      effects.events.answers.append(.buried(token: token))
    case .settle(let id, let outcome): try settle(id, outcome, at: time, &effects)
    case .lookUp, .deadLetters, .startFeed, .foundDamage: return
    }
    effects.writes += 1
  }

  private func appendAll(
    _ items: [OutboxItem], at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    let (stored, refused, totals) = (effects.stored.count, effects.refused.count, effects.totals)
    let repeated = effects.repeated.count
    try connection.execute("SAVEPOINT items")
    try append(items, at: time, &effects)
    if effects.refused.count > refused {
      let error = effects.refused[refused].error
      effects.refused.removeSubrange(refused...)
      effects.refused += items.map { ($0, error) }
      effects.stored.removeSubrange(stored...)
      effects.repeated.removeSubrange(repeated...)
      effects.totals = totals
      try connection.execute("ROLLBACK TO items")
    }
    try connection.execute("RELEASE items")
  }

  /// Inserts the rows; an item that is at fault itself is refused and ends the others' insertion.
  private func append(
    _ items: [OutboxItem], at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    for item in items {
      do throws(StoreError) {
        if let repetition = try repetition(of: item, at: time) {
          effects.repeated.append((item, repetition))
          continue
        }
        let sequence = try outbox.insert(item, storedAt: time)
        if let key = item.key {
          try keys.insert(key, item: item.id, at: time)
          mayHaveKeys = true
        }
        effects.stored.append(
          OutboxRow(
            sequence: sequence, id: item.id, body: item.body, phase: 0, storedAt: time,
            expiresAt: item.expiresAt, wasLoaded: false))
        effects.totals.messages += 1
        effects.totals.bytes += item.body.count
      } catch .duplicateItem {
        return effects.refused.append((item, .duplicateItem))
      } catch .itemTooLarge {
        return effects.refused.append((item, .itemTooLarge))
      } catch .keyReused {
        return effects.refused.append((item, .keyReused))
      }
    }
  }

  /// The earlier item that has the key and asks for the same; nil lets the item in.
  private func repetition(
    of item: OutboxItem, at time: Int64
  ) throws(StoreError) -> RepeatedItem? {
    guard mayHaveKeys, let key = item.key, let holder = try keys.find(name: key.name) else {
      return nil
    }
    let pending = try outbox.find(holder.item)
    guard holder.createdAt >= oldestKeyTime(at: time), let state = pending ?? holder.state else {
      try keys.forget(holder.item)
      return nil
    }
    guard holder.fingerprint == key.fingerprint else { throw .keyReused }
    return RepeatedItem(id: item.id, original: holder.item, state: state)
  }

  /// Whether anything is there that time makes old.
  var mayPrune: Bool { totals.outcomes > 0 || totals.events > 0 || mayHaveKeys }

  /// Forgets old outcomes and keys in small steps, a little faster than they come.
  private func prune(
    steps: Int, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    prunedLast = 0
    if mayHaveKeys {
      prunedLast = try keys.prune(
        createdBefore: oldestKeyTime(at: time), max: options.keysMax, steps: steps)
      if prunedLast > 0 { mayHaveKeys = try !keys.isEmpty }
    }
    let count = totals.outcomes + effects.totals.outcomes
    guard count > 0 else { return }
    let forgotten = try outcomes.prune(
      surplus: count - options.outcomesMax,
      finishedBefore: time - Self.milliseconds(options.outcomeAge), steps: steps)
    effects.totals.outcomes -= forgotten
    prunedLast += forgotten
  }

  private func oldestKeyTime(at time: Int64) -> Int64 {
    time - Self.milliseconds(options.keyAge)
  }

  private static func milliseconds(_ age: Duration) -> Int64 {
    Int64(min(age / .milliseconds(1), 1e15))
  }
}
