import DequeModule
import HTTPClient

/// The requests of a webhook.
extension WebhookQueue {
  /// Whether one more request may begin.
  var canStart: Bool {
    parcels.count < terms.parcelsMax && parcels.count(where: \.isOutstanding) < terms.parallel
  }

  /// Whether the events that wait fill a request.
  var hasFullBatch: Bool {
    pending.count >= terms.batchMax || pendingBytes >= QueueTerms.batchBytesMax
  }

  mutating func resend(at now: Duration, _ actions: inout [Action]) {
    for index in parcels.indices {
      guard case .resting(let until) = parcels[index].stage, until <= now else { continue }
      parcels[index].stage = .sending
      parcels[index].attempts += 1
      actions.append(
        .send(
          parcel: parcels[index].number, parcels[index].events,
          attempt: parcels[index].attempts))
    }
  }

  mutating func start(at now: Duration, _ actions: inout [Action]) {
    while canStart, let first = pending.first,
      hasFullBatch || first.since + terms.batchWait <= now
    {
      let events = takeBatch()
      lastParcel += 1
      parcels.append(
        Parcel(
          number: lastParcel, events: events, firstAttempt: now,
          cursorBefore: first.event.sequence - 1))
      actions.append(.send(parcel: lastParcel, events, attempt: 1))
    }
  }

  private mutating func takeBatch() -> [WebhookEvent] {
    var events: [WebhookEvent] = []
    var bytes = 0
    while let next = pending.first?.event, events.count < terms.batchMax {
      guard events.isEmpty || bytes + next.content.count <= QueueTerms.batchBytesMax else { break }
      bytes += next.content.count
      events.append(next)
      pending.removeFirst()
    }
    pendingBytes -= bytes
    return events
  }

  mutating func bury(_ index: Int, _ outcome: RequestOutcome, _ actions: inout [Action]) {
    parcels[index].stage = .burying
    // Where the cursor stands when this one is done.
    let next = parcels.indices.first { $0 != index && parcels[$0].isOutstanding }
    let cursor =
      next.map { parcels[$0].cursorBefore }
      ?? pending.first.map { $0.event.sequence - 1 } ?? position
    actions.append(
      .bury(parcel: parcels[index].number, parcels[index].events, outcome, cursor: cursor))
  }

  /// The events are done with; the memory of them goes, and the parcel once all before it are done.
  mutating func finish(_ index: Int) {
    parcels[index].stage = .done
    parcels[index].events = []
    hasNews = true
    while let first = parcels.first, !first.isOutstanding { parcels.removeFirst() }
  }
}
