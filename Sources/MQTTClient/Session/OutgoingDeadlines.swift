/// Publishes that run out of time or are taken back.
extension OutgoingPublishes {
  /// When `timerFired` is wanted, with or without a link.
  var nextTimer: Duration? { .earlier(deadlines.next, throttledUntil) }

  mutating func addDeadline(of entry: WaitingPublishes.Entry, at now: Duration) {
    guard let deadline = entry.request.deadline else { return }
    add(entry, now + deadline, .deadline)
  }

  mutating func addExpiry(of entry: WaitingPublishes.Entry) {
    guard entry.request.progress == .new,
      let seconds = entry.request.publish.properties.messageExpiryInterval
    else { return }
    // A message that expires at once may still be sent in the second of its acceptance.
    add(entry, entry.acceptedAt + .seconds(max(1, Int64(seconds))), .expiry)
  }

  private mutating func add(
    _ entry: WaitingPublishes.Entry, _ time: Duration, _ kind: PublishDeadlines.Entry.Kind
  ) {
    deadlines.add(
      PublishDeadlines.Entry(
        time: time, key: entry.request.key, number: entry.number, kind: kind))
    guard deadlines.isMostlyOver(living: waiting.count + deadlineSlots.count) else { return }
    var living = Set(deadlineSlots.keys)
    var next = waiting.first
    while let slot = next {
      living.insert(waiting[slot].number)
      next = waiting.slot(after: slot)
    }
    deadlines.removeAll { !living.contains($0.number) }
  }

  mutating func timerFired(
    _ ids: inout PacketIDs, at now: Duration, _ actions: inout [SessionAction]
  ) {
    while let due = deadlines.popDue(at: now) {
      if let slot = waiting.slot(of: due.key), waiting[slot].number == due.number {
        switch due.kind {
        case .deadline: end(slot, .deadlinePassed, &actions)
        case .expiry: end(slot, .expired, &actions)
        }
      } else if due.kind == .deadline, let slot = deadlineSlots[due.number] {
        answer(slot, .deadlinePassed, &actions)
      }
    }
    if let throttledUntil, throttledUntil <= now { pump(&ids, at: now, &actions) }
  }

  /// Ends a waiting publish; one that the broker may know is only answered and still goes out.
  private mutating func end(
    _ slot: Int32, _ obstacle: PublishObstacle, _ actions: inout [SessionAction]
  ) {
    let entry = waiting[slot]
    guard !entry.canBeDropped else {
      waiting.remove(slot)
      return actions.append(.finished(entry.request.key, entry.outcome(of: obstacle)))
    }
    guard !entry.isAnswered else { return }
    waiting.markAnswered(slot)
    actions.append(.finished(entry.request.key, .maybeSent(obstacle)))
  }

  /// Tells the outcome of a publish in flight before its exchange is over.
  private mutating func answer(
    _ slot: Int32, _ obstacle: PublishObstacle, _ actions: inout [SessionAction]
  ) {
    guard !table[slot].isAnswered else { return }
    table[slot].isAnswered = true
    actions.append(.finished(table[slot].key, .maybeSent(obstacle)))
  }

  /// Takes back a publish that nobody ever tried to send; on demand also answers one that was sent,
  /// which costs a look at all of those.
  mutating func cancel(key: UInt64, answersSent: Bool, _ actions: inout [SessionAction]) {
    if let slot = waiting.slot(of: key) {
      if answersSent || waiting[slot].canBeDropped { end(slot, .cancelled, &actions) }
    } else if answersSent, let slot = table.slot(ofKey: key) {
      answer(slot, .cancelled, &actions)
    }
  }

  /// The same for every publish, in the order of sending and then of waiting.
  mutating func cancelAll(answersSent: Bool, _ actions: inout [SessionAction]) {
    if answersSent {
      for slot in table.slotsInOrder() { answer(slot, .cancelled, &actions) }
    }
    var next = waiting.first
    while let slot = next {
      next = waiting.slot(after: slot)
      if answersSent || waiting[slot].canBeDropped { end(slot, .cancelled, &actions) }
    }
  }
}
