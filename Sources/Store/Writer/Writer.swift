import EventLoop
import Metrics

/// Turns commands into transactions and tells everybody what came of them.
///
///     working ──a write fails──▶ failing ──a probe succeeds──▶ working
///
/// While failing, items are refused. Everything else that was accepted waits in `retained` and is
/// written before anything newer. A damaged database stays failing until the process ends.
final class Writer {
  let shared: SharedState

  let options: StoreOptions
  let onEvent: @Sendable (StoreEvent) -> Void
  let database: Database
  var feed: Feed
  var maintenance: Maintenance
  var statistics = StoreStatistics()
  var retained: [Command] = []
  var backoff: Backoff?
  /// How much the next probe writes: what failed last, within reason.
  var probeBytes = 0
  var nextPruning = MonotonicClock.now()

  init(
    _ database: Database, _ options: StoreOptions,
    _ onEvent: @escaping @Sendable (StoreEvent) -> Void
  ) {
    let held = StoreOptions.Limits(
      messages: database.totals.messages, bytes: database.totals.bytes)
    shared = SharedState(
      Admission(outbox: options.outboxLimits, waiting: options.waitingLimits, holding: held),
      database.events.bounds)
    self.options = options
    self.onEvent = onEvent
    feed = Feed(limits: options.feedLimits, lastStored: database.loadedUpTo)
    maintenance = Maintenance(checkpointPages: options.checkpointPages)
    self.database = database
    publishStatistics()
  }

  /// When `tick` has something to do next.
  var nextDeadline: Duration? {
    if let backoff { return statistics.failure == .corrupt ? nil : backoff.nextTry }
    guard database.mayPrune else { return maintenance.nextStep }
    return min(nextPruning, maintenance.nextStep ?? nextPruning)
  }

  /// One batch: all its writes in one transaction, then the answers.
  func handle(_ commands: [Command]) {
    var looksUp = false
    var writes = false
    var asksForDeadLetters = false
    for command in commands {
      switch command {
      case .lookUp: looksUp = true
      case .deadLetters: asksForDeadLetters = true
      case .startFeed: feed.start()
      case .foundDamage: fail(.corrupt)
      default: writes = true
      }
    }
    if writes {
      if backoff == nil { write(commands) } else { postpone(commands, nil) }
    }
    if looksUp { answer(commands) }
    if asksForDeadLetters { serveDeadLetters(commands) }
    refill()
    publishStatistics()
  }

  /// Tries again after a failure, or tidies up, when it is time.
  func tick(at now: Duration) {
    guard let due = nextDeadline, due <= now else { return }
    if backoff == nil { tidy(at: now) } else { probe(at: now) }
    publishStatistics()
  }

  /// Writes what was retained, and leaves a database without a log behind.
  func close() {
    if backoff != nil { try? writeRetained() }
    guard statistics.failure != .corrupt, (try? database.connection.checkpoint(.truncate)) != nil
    else { return }
    database.connection.setCheckpointOnClose(true)
  }

  private func write(_ commands: [Command]) {
    let start = MonotonicClock.now()
    do throws(WriteFailure) {
      let effects = try database.write(commands, feed, at: WallClock.milliseconds())
      let end = MonotonicClock.now()
      statistics.lastCommitDuration = end - start
      if effects.writes > 0 {
        shared.commitSeconds.observe(end - start)
        shared.batchSizes.observe(effects.writes)
      }
      tell(effects)
      checkpoint(at: end)
    } catch {
      postpone(commands, error)
    }
  }

  private func checkpoint(at now: Duration) {
    do throws(StoreError) {
      try maintenance.committed(database.connection, at: now)
    } catch {
      fail(error)
    }
  }

  private func tidy(at now: Duration) {
    do throws(StoreError) {
      if nextPruning <= now, database.mayPrune {
        let before = database.totals
        write([])
        let isDone = database.totals == before && database.prunedLast == 0
        nextPruning = now + (isDone ? .seconds(60) : .milliseconds(250))
        if !isDone { try maintenance.plan(database.connection, at: now) }
      }
      try maintenance.step(database.connection, at: now)
    } catch {
      fail(error)
    }
  }

  private func answer(_ commands: [Command]) {
    for case .lookUp(let id, let token) in commands {
      do throws(StoreError) {
        onEvent(.found(token: token, try database.state(of: id)))
      } catch {
        fail(error)
        onEvent(.lookUpFailed(token: token, error))
      }
    }
  }
}
