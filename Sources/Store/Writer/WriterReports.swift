/// What follows a commit: the counters, the events and the feed.
extension Writer {
  /// Applies what is committed and reports it, every row as stored before it is fed.
  func tell(_ effects: Effects) {
    if effects.writes > 0 {
      statistics.commits += 1
      statistics.lastCommitWrites = effects.writes
    }
    settle(effects)
    // Who is told of a commit finds it counted.
    publishStatistics()
    tell(effects.events)
    for refused in effects.refused { onEvent(.refused([refused.item.id], refused.error)) }
    if !effects.stored.isEmpty {
      onEvent(
        .stored(
          effects.stored.map { StoredItem(sequence: $0.sequence, id: $0.id, storedAt: $0.storedAt) }
        ))
    }
    if !effects.repeated.isEmpty { onEvent(.repeated(effects.repeated.map(\.repetition))) }
    if !effects.advanced.isEmpty { onEvent(.advanced(effects.advanced.map(\.sequence))) }
    if !effects.ended.isEmpty { onEvent(.ended(effects.ended)) }
    if !effects.finished.isEmpty { onEvent(.finished(effects.finished)) }
    let rows = effects.stored.filter { feed.stored($0) }
    if !rows.isEmpty { onEvent(.feed(rows)) }
  }

  private func tell(_ effects: EventEffects) {
    shared.publish(effects.bounds)
    if !effects.logged.isEmpty { onEvent(.logged(effects.logged)) }
    if !effects.forgottenReceipts.isEmpty {
      onEvent(.receiptsForgotten(effects.forgottenReceipts))
    }
    if !effects.recorded.isEmpty { onEvent(.recorded(effects.recorded)) }
    if !effects.forgottenNames.isEmpty { onEvent(.forgotten(effects.forgottenNames)) }
    for answer in effects.answers { onEvent(answer) }
    if !effects.moved.isEmpty { onEvent(.cursorsMoved(effects.moved)) }
  }

  /// Reads rows that are only on disk, while the consumer may hold more.
  func refill() {
    guard feed.wantsPage else { return }
    var rows: [OutboxRow] = []
    do throws(StoreError) {
      let isEnd = try database.outbox.read(
        after: feed.lastGiven, loadedUpTo: database.loadedUpTo
      ) { row in
        guard feed.offer(row) else { return false }
        rows.append(row)
        return !feed.isFull
      }
      if isEnd { feed.pageEnded() }
    } catch {
      fail(error)
    }
    statistics.rowsPaged += rows.count
    if !rows.isEmpty { onEvent(.feed(rows)) }
  }

  func publishStatistics() {
    statistics.outboxMessages = database.totals.messages
    statistics.outboxBytes = database.totals.bytes
    statistics.outcomes = database.totals.outcomes
    statistics.events = database.totals.events
    statistics.eventBytes = database.totals.eventBytes
    statistics.deadLetters = database.deadLetterTotals
    statistics.fedMessages = feed.givenCount
    statistics.fedBytes = feed.givenBytes
    statistics.walBytes = database.connection.walBytes
    statistics.checkpoints = maintenance.checkpoints
    statistics.pagesRead = database.connection.pagesRead
    shared.publish(statistics)
  }

  private func settle(_ effects: Effects) {
    let stored = effects.totals.messages + effects.freed.messages
    let storedBytes = effects.totals.bytes + effects.freed.bytes
    let unstored = effects.refused.map(\.item) + effects.repeated.map(\.item)
    let unstoredBytes = unstored.reduce(0) { $0 + $1.body.count }
    shared.withAdmission { admission in
      admission.stored(messages: stored, bytes: storedBytes)
      admission.refused(messages: unstored.count, bytes: unstoredBytes)
      admission.removed(messages: effects.freed.messages, bytes: effects.freed.bytes)
    }
    for (sequence, phase) in effects.advanced { feed.advanced(sequence, to: phase) }
    for sequence in effects.finished { feed.finished(sequence) }
    if !effects.finished.isEmpty || statistics.oldestStoredAt == nil {
      do throws(StoreError) {
        statistics.oldestStoredAt = try database.outbox.oldestStoredAt()
      } catch {
        fail(error)
      }
    }
  }
}
