import DequeModule
package import HTTPClient

/// The events of one webhook, from the log to its receiver.
///
///     (log) ──read──▶ pending ──batch full, or waited──▶ sending ──2xx──▶ done
///                                                     ▲     │ it may pass
///                                               pause │     ▼
///                                                     └── resting
///     sending ──refused, or tried for too long──▶ burying ──noted by the store──▶ done
///
/// Pure; what it holds is bounded, whatever the receiver does. The cursor stands before the oldest
/// event that is not done, so a crash repeats events and loses none.
package struct WebhookQueue: ~Copyable {
  package enum Action: Equatable {
    /// Read on; `read` or `readFailed` answers.
    case read(after: Int64, eventsMax: Int, bytesMax: Int)
    /// Send these events; `ended` answers.
    case send(parcel: UInt64, [WebhookEvent], attempt: Int)
    /// Note the cursor; `noted` answers.
    case note(cursor: Int64)
    /// Keep the events as a dead letter, and note the cursor with it; `buried` answers.
    case bury(parcel: UInt64, [WebhookEvent], RequestOutcome, cursor: Int64)
    /// The parcel rests; for those who watch.
    case rests(parcel: UInt64, RequestOutcome, attempt: Int, Duration)
  }

  enum Stage: Equatable {
    case sending
    case resting(until: Duration)
    case burying
    case done
  }

  struct Parcel {
    let number: UInt64
    var events: [WebhookEvent]
    let firstAttempt: Duration
    let cursorBefore: Int64
    var stage = Stage.sending
    var attempts = 1

    var isOutstanding: Bool { stage != .done }
  }

  /// What is read ahead, in bytes of content.
  package static let windowBytes = 1 << 20
  /// From how many events of others on the cursor is noted at once.
  static let passedNotedMin: Int64 = 1000
  /// After what time it is noted in any case.
  static let notePause = Duration.seconds(60)
  static let readPause = Duration.seconds(1)

  package let terms: QueueTerms
  var parcels: Deque<Parcel> = []
  var pending: Deque<(event: WebhookEvent, since: Duration)> = []
  var pendingBytes = 0
  private var head: Int64 = 0
  /// Everything up to here was read.
  package private(set) var position: Int64
  private var isReading = false
  private var readAgainAt: Duration?
  private var noted: Int64
  private var isNoting = false
  private var noteDueAt: Duration?
  private var isStopping = false
  var lastParcel: UInt64 = 0
  /// Whether something of ours ended since the cursor was last noted.
  var hasNews = false

  package init(_ terms: QueueTerms, after cursor: Int64) {
    self.terms = terms
    position = cursor
    noted = cursor
  }

  /// Everything up to here is done.
  package var cursor: Int64 {
    parcels.first?.cursorBefore ?? pending.first.map { $0.event.sequence - 1 } ?? position
  }

  /// Requests without an answer.
  package var sendingCount: Int { parcels.count { $0.stage == .sending } }
  /// Requests that wait for their next attempt.
  package var restingCount: Int {
    parcels.count { if case .resting = $0.stage { true } else { false } }
  }

  /// When `timerFired` has something to do.
  package var nextDeadline: Duration? {
    guard !isStopping else { return nil }
    var deadlines = parcels.compactMap { parcel in
      if case .resting(let until) = parcel.stage { until } else { nil }
    }
    if let first = pending.first, canStart, !hasFullBatch {
      deadlines.append(first.since + terms.batchWait)
    }
    if let readAgainAt { deadlines.append(readAgainAt) }
    if let noteDueAt, !isNoting { deadlines.append(noteDueAt) }
    return deadlines.min()
  }

  /// The log has events up to here.
  package mutating func headMoved(
    to sequence: Int64, at now: Duration, _ actions: inout [Action]
  ) {
    head = max(head, sequence)
    advance(at: now, &actions)
  }

  /// These are the next events; everything up to `sequence` was looked at.
  package mutating func read(
    _ events: [WebhookEvent], through sequence: Int64, at now: Duration,
    _ actions: inout [Action]
  ) {
    isReading = false
    position = max(position, sequence)
    for event in events {
      pending.append((event, now))
      pendingBytes += event.content.count
    }
    advance(at: now, &actions)
  }

  package mutating func readFailed(at now: Duration, _ actions: inout [Action]) {
    isReading = false
    readAgainAt = now + Self.readPause
    advance(at: now, &actions)
  }

  /// A request has ended; `jitter` from 0 to 1 is drawn by the caller.
  package mutating func ended(
    _ number: UInt64, _ outcome: RequestOutcome, jitter: Double, at now: Duration,
    _ actions: inout [Action]
  ) {
    guard let index = parcels.firstIndex(where: { $0.number == number }),
      parcels[index].stage == .sending
    else { return }
    switch RetryTerms.verdict(outcome) {
    case .delivered: finish(index)
    case .refused: bury(index, outcome, &actions)
    case .retry(let askedFor):
      let end = parcels[index].firstAttempt + terms.retry.limit
      guard now < end else {
        bury(index, outcome, &actions)
        break
      }
      let attempts = parcels[index].attempts
      let pause = terms.retry.pause(
        afterAttempts: attempts, askedFor: askedFor, jitter: jitter)
      // The last attempt is at the end of the time.
      let next = min(now + pause, end)
      parcels[index].stage = .resting(until: next)
      actions.append(.rests(parcel: number, outcome, attempt: attempts, next - now))
    }
    advance(at: now, &actions)
  }

  /// The store has the dead letter.
  package mutating func buried(_ number: UInt64, at now: Duration, _ actions: inout [Action]) {
    guard let index = parcels.firstIndex(where: { $0.number == number }),
      parcels[index].stage == .burying
    else { return }
    finish(index)
    advance(at: now, &actions)
  }

  /// The store has noted the cursor.
  package mutating func cursorNoted(
    _ cursor: Int64, at now: Duration, _ actions: inout [Action]
  ) {
    noted = max(noted, cursor)
    isNoting = false
    advance(at: now, &actions)
  }

  package mutating func timerFired(at now: Duration, _ actions: inout [Action]) {
    advance(at: now, &actions)
  }

  /// Nothing new is sent; what is on its way may still end.
  package mutating func stop() { isStopping = true }

  private mutating func advance(at now: Duration, _ actions: inout [Action]) {
    guard !isStopping else { return note(at: now, &actions) }
    resend(at: now, &actions)
    start(at: now, &actions)
    readOn(at: now, &actions)
    note(at: now, &actions)
  }

  private mutating func readOn(at now: Duration, _ actions: inout [Action]) {
    if let again = readAgainAt {
      guard again <= now else { return }
      readAgainAt = nil
    }
    guard !isReading, position < head, pending.count < terms.windowEvents,
      pendingBytes < Self.windowBytes
    else { return }
    isReading = true
    actions.append(
      .read(
        after: position, eventsMax: terms.windowEvents - pending.count,
        bytesMax: Self.windowBytes - pendingBytes))
  }

  private mutating func note(at now: Duration, _ actions: inout [Action]) {
    let cursor = cursor
    guard cursor > noted else {
      noteDueAt = nil
      return
    }
    let due = noteDueAt ?? now + Self.notePause
    noteDueAt = due
    guard !isNoting, hasNews || cursor - noted >= Self.passedNotedMin || due <= now else { return }
    isNoting = true
    hasNews = false
    noteDueAt = nil
    actions.append(.note(cursor: cursor))
  }
}
