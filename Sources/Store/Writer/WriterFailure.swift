import EventLoop

/// What happens while the disk does not take writes.
extension Writer {
  /// Refuses the items of a batch that was not written, and retains its other commands.
  ///
  /// `failure` is nil when the store was failing before the batch.
  func postpone(_ commands: [Command], _ failure: WriteFailure?) {
    var items: [OutboxItem] = []
    for command in commands {
      switch command {
      case .append(let item): items.append(item)
      case .appendAll(let several): items += several
      case .lookUp, .deadLetters, .startFeed, .foundDamage: break
      case .advance, .finish, .remember, .recordName, .forgetName, .log, .forgetReceipt,
        .forgetAllReceipts, .keep, .removeSubscription, .moveCursor, .bury, .settle:
        retained.append(command)
      }
    }
    let bytes = items.reduce(0) { $0 + $1.body.count }
    var reason = failure?.error ?? statistics.failure ?? .busy
    if let failure {
      probeBytes = min(bytes, 256 << 10)
      fail(failure.error)
      // A commit after the failed one overwrites what may be left of it in the log.
      let isCertain = tryRetained()
      if let code = failure.uncertainCode, !isCertain { reason = .outcomeUnknown(code: code) }
    }
    guard !items.isEmpty else { return }
    shared.withAdmission { $0.refused(messages: items.count, bytes: bytes) }
    onEvent(.refused(items.map(\.id), reason))
  }

  /// Stops taking items until a probe succeeds.
  func fail(_ error: StoreError) {
    let isNew = backoff == nil
    if statistics.failure != .corrupt { statistics.failure = error }
    shared.withAdmission { $0.failed(error) }
    guard isNew else { return }
    backoff = Backoff(
      first: options.retryDelay, largest: options.retryDelayMax, at: MonotonicClock.now())
    publishStatistics()
    onEvent(.failing(error))
  }

  /// Writes everything that waits and as much again as failed; then items are welcome again.
  func probe(at now: Duration) {
    if statistics.failure == .diskFull { makeRoom() }
    do throws(StoreError) {
      try writeRetained()
      try database.probe(bytes: max(probeBytes, 4096))
      try maintenance.committed(database.connection, at: now)
    } catch {
      fail(error)
      backoff?.failedAgain(at: MonotonicClock.now())
      return
    }
    backoff = nil
    statistics.failure = nil
    shared.withAdmission { $0.recovered() }
    publishStatistics()
    onEvent(.recovered)
    refill()
  }

  /// Removes what is too old, whose pages then take what waits.
  private func makeRoom() {
    if let effects = try? database.write([], feed, at: WallClock.milliseconds()) { tell(effects) }
  }

  /// Writes the commands that had to wait, in their order and in one transaction.
  ///
  /// When there is no room for all of them the outbox's go first, because what leaves the outbox
  /// makes room for the events; neither depends on the other.
  func writeRetained() throws(StoreError) {
    do throws(StoreError) {
      try writeRetained { _ in true }
    } catch .diskFull {
      try writeRetained { !$0.isOfEventLog }
      try writeRetained { _ in true }
    }
  }

  private func writeRetained(where isWanted: (Command) -> Bool) throws(StoreError) {
    let commands = retained.filter(isWanted)
    guard !commands.isEmpty else { return }
    do throws(WriteFailure) {
      let effects = try database.write(commands, feed, at: WallClock.milliseconds())
      retained.removeAll(where: isWanted)
      tell(effects)
    } catch {
      throw error.error
    }
  }

  private func tryRetained() -> Bool {
    do throws(StoreError) {
      try writeRetained()
      try database.probe(bytes: 1)
      return true
    } catch {
      return false
    }
  }
}
