/// How items leave the outbox, and how dead letters come back into it.
extension Database {
  func finish(
    _ sequence: Int64, _ outcome: Outcome, _ ending: Ending, _ known: RowSummary?, at time: Int64,
    _ effects: inout Effects
  ) throws(StoreError) {
    effects.finished.append(sequence)
    let found = if let known { known } else { try outbox.describe(sequence) }
    guard let row = found else { return }
    if ending == .deadLetter { try bury(sequence, row, outcome, at: time, &effects) }
    let mayHavePhase = row.phase != 0 || known == nil || !effects.advanced.isEmpty
    guard try outbox.delete(sequence, withPhase: mayHavePhase) else { return }
    effects.totals.messages -= 1
    effects.totals.bytes -= row.bytes
    effects.freed.messages += 1
    effects.freed.bytes += row.bytes
    if ending == .forgotten {
      effects.totals.outcomes += try outcomes.forget(row.id)
      try keys.forget(row.id)
    } else {
      effects.totals.outcomes += try outcomes.insert(
        row.id, outcome, storedAt: row.storedAt, finishedAt: time)
      try keys.end(row.id, outcome, storedAt: row.storedAt, finishedAt: time)
    }
    effects.ended.append(
      EndedItem(
        sequence: sequence, id: row.id, outcome: outcome, ending: ending, storedAt: row.storedAt,
        finishedAt: time))
  }

  /// Performs one request that changes the dead letters, in a transaction of its own.
  ///
  /// The caller has made room in the outbox for what comes back into it.
  func change(_ request: DeadLetterRequest, at time: Int64) throws(WriteFailure) -> (
    Effects, DeadLetterAnswer
  ) {
    var answer = DeadLetterAnswer.unknown
    let effects = try transact { (effects: inout Effects) throws(StoreError) in
      switch request {
      case .list, .find: break
      case .retry(let id):
        if try revive(id, at: time, &effects) { answer = .retried }
      case .delete(let id):
        if let letter = try deadLetters.find(id) {
          try remove(letter.number, bytes: letter.body.count, &effects)
          answer = .deleted(1)
        }
      case .deleteAll:
        let count = deadLetterTotals.messages
        while let oldest = try deadLetters.oldest() {
          try remove(oldest.number, bytes: oldest.bytes, &effects)
        }
        answer = .deleted(count)
      }
    }
    return (effects, answer)
  }

  /// Moves a row to the dead letters.
  private func bury(
    _ sequence: Int64, _ row: RowSummary, _ outcome: Outcome, at time: Int64,
    _ effects: inout Effects
  ) throws(StoreError) {
    try deadLetters.insert(fromOutbox: sequence, outcome, diedAt: time)
    try added(bytes: row.bytes, &effects)
  }

  /// Keeps what a subscription could not deliver, in the place of what it said of it before.
  func bury(
    _ events: UndeliveredEvents, of owner: String, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    if let present = try deadLetters.find(events.id) {
      try remove(present.number, bytes: present.body.count, &effects)
    }
    try deadLetters.insert(events, of: owner, diedAt: time)
    try added(bytes: events.body.count, &effects)
  }

  /// A dead letter that was handed over has ended; one that was deleted meanwhile stays away.
  func settle(
    _ id: ItemID, _ outcome: Outcome?, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) {
    guard let letter = try deadLetters.find(id), letter.owner != nil else { return }
    if let outcome {
      try deadLetters.change(letter.number, outcome, diedAt: time)
    } else {
      try remove(letter.number, bytes: letter.body.count, &effects)
    }
  }

  /// Counts one more dead letter, and drops the oldest ones for which there is no room.
  private func added(bytes: Int, _ effects: inout Effects) throws(StoreError) {
    effects.deadLetters.messages += 1
    effects.deadLetters.bytes += bytes
    let limits = options.deadLetterLimits
    while true {
      let held = deadLetterTotals + effects.deadLetters
      guard held.messages > limits.messages || held.bytes > limits.bytes,
        let oldest = try deadLetters.oldest()
      else { return }
      try remove(oldest.number, bytes: oldest.bytes, &effects)
      effects.deadLetters.dropped += 1
    }
  }

  private func revive(
    _ id: ItemID, at time: Int64, _ effects: inout Effects
  ) throws(StoreError) -> Bool {
    guard let letter = try deadLetters.find(id) else { return false }
    let sequence = try deadLetters.revive(id, storedAt: time)
    try remove(letter.number, bytes: letter.body.count, &effects)
    effects.totals.outcomes += try outcomes.forget(id)
    try keys.reopen(id)
    guard case .pending(_, _, _, let expiresAt) = try outbox.find(id) else { throw .corrupt }
    effects.stored.append(
      OutboxRow(
        sequence: sequence, id: id, body: letter.body, phase: 0, storedAt: time,
        expiresAt: expiresAt, wasLoaded: false))
    effects.totals.messages += 1
    effects.totals.bytes += letter.body.count
    return true
  }

  private func remove(
    _ number: Int64, bytes: Int, _ effects: inout Effects
  ) throws(StoreError) {
    try deadLetters.delete(number)
    effects.deadLetters.messages -= 1
    effects.deadLetters.bytes -= bytes
  }
}
