/// The open database with its prepared statements; every change is one transaction.
final class Database {
  let connection: Connection
  let outbox: OutboxTable
  let outcomes: OutcomeTable
  let names: NameTable
  let settings: SettingsTable
  let events: EventLog
  private(set) var epoch: String
  let instance: String
  /// The sequence of the last row that an earlier run stored.
  let loadedUpTo: Int64
  private(set) var totals: Totals

  private let totalsTable: TotalsTable
  private let begin: Statement
  private let commit: Statement
  private let rollback: Statement
  private let options: StoreOptions

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
    epoch = try settings.epoch()
    loadedUpTo = try connection.integer("SELECT max(sequence) FROM outbox") ?? 0
  }

  /// Whether there is anything that age or number could make superfluous.
  var canPrune: Bool { totals.outcomes > 0 || totals.events > 0 }

  /// Performs the writing commands in one transaction; a failed one leaves nothing.
  func write(
    _ commands: [Command], _ feed: borrowing Feed, at time: Int64
  ) throws(WriteFailure) -> Effects {
    var effects = Effects(events: events.startEffects())
    do throws(StoreError) {
      try begin.run()
      for command in commands { try perform(command, feed, at: time, &effects) }
      try events.prune(totals, at: time, isIdle: commands.isEmpty, &effects)
      try prune(
        steps: commands.isEmpty ? 1024 : 16 + 2 * effects.finished.count, at: time, &effects)
      if effects.totals != Totals() { try totalsTable.write(totals + effects.totals) }
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
    return try outcomes.find(id)
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
    case .finish(let sequence, let outcome):
      try finish(sequence, outcome, feed[sequence], at: time, &effects)
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
      try events.perform(command, at: time, &effects)
    case .lookUp, .startFeed, .foundDamage: return
    }
    effects.writes += 1
  }

  private func appendAll(
    _ items: [OutboxItem], at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    let (stored, refused, totals) = (effects.stored.count, effects.refused.count, effects.totals)
    try connection.execute("SAVEPOINT items")
    try append(items, at: time, &effects)
    if effects.refused.count > refused {
      let error = effects.refused[refused].error
      effects.refused.removeSubrange(refused...)
      effects.refused += items.map { ($0, error) }
      effects.stored.removeSubrange(stored...)
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
        let sequence = try outbox.insert(item, storedAt: time)
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
      }
    }
  }

  private func finish(
    _ sequence: Int64, _ outcome: Outcome, _ known: RowSummary?, at time: Int64,
    _ effects: inout Effects
  ) throws(StoreError) {
    effects.finished.append(sequence)
    let found = if let known { known } else { try outbox.describe(sequence) }
    guard let row = found else { return }
    let mayHavePhase = row.phase != 0 || known == nil || !effects.advanced.isEmpty
    guard try outbox.delete(sequence, withPhase: mayHavePhase) else { return }
    effects.totals.messages -= 1
    effects.totals.bytes -= row.bytes
    effects.freed.messages += 1
    effects.freed.bytes += row.bytes
    effects.totals.outcomes += try outcomes.insert(
      row.id, outcome, storedAt: row.storedAt, finishedAt: time)
  }

  /// Forgets old outcomes in small steps, a little faster than they come.
  private func prune(
    steps: Int, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    let count = totals.outcomes + effects.totals.outcomes
    guard count > 0 else { return }
    let ageMilliseconds = options.outcomeAge / .milliseconds(1)
    let forgotten = try outcomes.prune(
      surplus: count - options.outcomesMax,
      finishedBefore: time - Int64(min(ageMilliseconds, 1e15)), steps: steps)
    effects.totals.outcomes -= forgotten
  }
}
