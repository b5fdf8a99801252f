import HTTPClient
import Testing
import Webhooks

@Suite struct WebhookQueueTests {
  private var actions: [WebhookQueue.Action] = []

  private mutating func take() -> [WebhookQueue.Action] {
    defer { actions = [] }
    return actions
  }

  private func events(_ sequences: ClosedRange<Int64>, bytes: Int = 1) -> [WebhookEvent] {
    sequences.map { event($0, bytes: bytes) }
  }

  private func event(_ sequence: Int64, bytes: Int = 1) -> WebhookEvent {
    WebhookEvent(
      sequence: sequence, id: "e-\(sequence)-0", topic: "a", contentType: "text/plain",
      content: Array(repeating: 0, count: bytes))
  }

  private func terms(
    batch: Int = 1, wait: Duration = .zero, parallel: Int = 1, limit: Duration = .seconds(60)
  ) -> QueueTerms {
    var terms = QueueTerms()
    terms.batchMax = batch
    terms.batchWait = wait
    terms.parallel = parallel
    terms.retry.limit = limit
    return terms
  }

  /// Sequences of what is sent, with the number of each parcel.
  private func sent(_ actions: [WebhookQueue.Action]) -> [UInt64: [Int64]] {
    var sent: [UInt64: [Int64]] = [:]
    for case .send(let parcel, let events, _) in actions { sent[parcel] = events.map(\.sequence) }
    return sent
  }

  private func reads(_ actions: [WebhookQueue.Action]) -> [Int64] {
    actions.compactMap { if case .read(let after, _, _) = $0 { after } else { nil } }
  }

  private let good = RequestOutcome.answered(ReceivedAnswer(status: 200))
  private let busy = RequestOutcome.answered(ReceivedAnswer(status: 503))
  private let bad = RequestOutcome.answered(ReceivedAnswer(status: 400))

  @Test mutating func `events go one after the other, and the cursor follows each`() {
    var queue = WebhookQueue(terms(), after: 10)
    queue.headMoved(to: 13, at: .zero, &actions)
    #expect(reads(take()) == [10])
    queue.read(events(11...13), through: 13, at: .zero, &actions)
    #expect(sent(take()) == [1: [11]])
    #expect(queue.cursor == 10)
    queue.ended(1, good, jitter: 0, at: .seconds(1), &actions)
    let next = take()
    #expect(sent(next) == [2: [12]] && next.contains(.note(cursor: 11)))
    queue.ended(2, good, jitter: 0, at: .seconds(1), &actions)
    // One note at a time.
    #expect(sent(take()) == [3: [13]] && queue.cursor == 12)
    queue.cursorNoted(11, at: .seconds(1), &actions)
    #expect(take() == [.note(cursor: 12)])
    queue.ended(3, good, jitter: 0, at: .seconds(1), &actions)
    queue.cursorNoted(12, at: .seconds(1), &actions)
    #expect(take() == [.note(cursor: 13)])
    queue.cursorNoted(13, at: .seconds(1), &actions)
    #expect(take() == [] && queue.nextDeadline == nil)
  }

  @Test mutating func `what fails is sent again after a pause, and keeps what follows waiting`() {
    var queue = WebhookQueue(terms(), after: 0)
    queue.headMoved(to: 2, at: .zero, &actions)
    queue.read(events(1...2), through: 2, at: .zero, &actions)
    _ = take()
    queue.ended(1, .failed("no"), jitter: 1, at: .seconds(5), &actions)
    #expect(take() == [.rests(parcel: 1, .failed("no"), attempt: 1, .seconds(1))])
    #expect(queue.nextDeadline == .seconds(6) && queue.restingCount == 1)
    queue.timerFired(at: .milliseconds(5999), &actions)
    #expect(take() == [])
    queue.timerFired(at: .seconds(6), &actions)
    #expect(take() == [.send(parcel: 1, events(1...1), attempt: 2)])
    queue.ended(1, busy, jitter: 1, at: .seconds(6), &actions)
    #expect(take() == [.rests(parcel: 1, busy, attempt: 2, .seconds(2))])
    queue.timerFired(at: .seconds(8), &actions)
    _ = take()
    queue.ended(1, good, jitter: 1, at: .seconds(8), &actions)
    #expect(sent(take()) == [2: [2]])
  }

  @Test mutating func `the last attempt is at the end of its time, then it is buried`() {
    var queue = WebhookQueue(terms(limit: .seconds(10)), after: 0)
    queue.headMoved(to: 1, at: .zero, &actions)
    queue.read(events(1...1), through: 1, at: .zero, &actions)
    queue.ended(1, busy, jitter: 1, at: .milliseconds(9500), &actions)
    #expect(queue.nextDeadline == .seconds(10))
    queue.timerFired(at: .seconds(10), &actions)
    _ = take()
    queue.ended(1, busy, jitter: 1, at: .seconds(11), &actions)
    #expect(take() == [.bury(parcel: 1, events(1...1), busy, cursor: 1)])
  }

  @Test mutating func `what is refused is buried, and the next goes when the store has it`() {
    var queue = WebhookQueue(terms(), after: 0)
    queue.headMoved(to: 2, at: .zero, &actions)
    queue.read(events(1...2), through: 2, at: .zero, &actions)
    _ = take()
    queue.ended(1, bad, jitter: 0, at: .zero, &actions)
    #expect(take() == [.bury(parcel: 1, events(1...1), bad, cursor: 1)])
    #expect(queue.cursor == 0)
    queue.timerFired(at: .seconds(1000), &actions)
    #expect(take() == [])
    queue.buried(1, at: .seconds(1), &actions)
    #expect(sent(take()) == [2: [2]])
    #expect(queue.cursor == 1)
  }

  @Test mutating func `a batch waits for its time or until it is full`() {
    var queue = WebhookQueue(terms(batch: 3, wait: .seconds(2)), after: 0)
    queue.headMoved(to: 2, at: .zero, &actions)
    queue.read(events(1...2), through: 2, at: .seconds(1), &actions)
    #expect(sent(take()).isEmpty && queue.nextDeadline == .seconds(3))
    queue.timerFired(at: .seconds(3), &actions)
    #expect(sent(take()) == [1: [1, 2]])
    queue.headMoved(to: 9, at: .seconds(3), &actions)
    queue.read(events(3...9), through: 9, at: .seconds(3), &actions)
    _ = take()
    queue.ended(1, good, jitter: 0, at: .seconds(3), &actions)
    #expect(sent(take()) == [2: [3, 4, 5]])
    queue.ended(2, good, jitter: 0, at: .seconds(3), &actions)
    queue.ended(3, good, jitter: 0, at: .seconds(3), &actions)
    #expect(queue.nextDeadline == .seconds(5) && queue.cursor == 8)
  }

  @Test mutating func `a batch ends where its bytes become many, and one large event may go`() {
    let big = QueueTerms.batchBytesMax
    var queue = WebhookQueue(terms(batch: 100, wait: .seconds(9)), after: 0)
    queue.headMoved(to: 4, at: .zero, &actions)
    let read = [event(1, bytes: big / 2), event(2, bytes: big / 2 + 1), event(3, bytes: 2 * big)]
    queue.read(read, through: 3, at: .zero, &actions)
    #expect(sent(take()) == [1: [1]])
    queue.ended(1, good, jitter: 0, at: .zero, &actions)
    #expect(sent(take()) == [2: [2]])
    queue.ended(2, good, jitter: 0, at: .zero, &actions)
    #expect(sent(take()) == [3: [3]])
  }

  @Test mutating func `parallel requests end in any order and the cursor waits for the oldest`() {
    var queue = WebhookQueue(terms(parallel: 2), after: 0)
    queue.headMoved(to: 40, at: .zero, &actions)
    queue.read(events(1...40), through: 40, at: .zero, &actions)
    #expect(sent(take()) == [1: [1], 2: [2]])
    queue.ended(1, busy, jitter: 1, at: .zero, &actions)
    // The oldest rests and holds back what would have to be repeated after a crash.
    for parcel in 2..<60 {
      queue.ended(UInt64(parcel), good, jitter: 0, at: .zero, &actions)
    }
    #expect(sent(take()).count == 30 && queue.cursor == 0)
    queue.timerFired(at: .seconds(1), &actions)
    _ = take()
    queue.ended(1, good, jitter: 0, at: .seconds(1), &actions)
    #expect(queue.cursor == 32 && sent(take()).count == 2)
  }

  @Test mutating func `a receiver that is down costs a window of events, not the log`() {
    var queue = WebhookQueue(terms(), after: 0)
    queue.headMoved(to: 1_000_000, at: .zero, &actions)
    var read: Int64 = 0
    while case .read(let after, let eventsMax, _)? = take().last, read < 10_000 {
      read = after + Int64(eventsMax)
      queue.read(events(after + 1...read), through: read, at: .zero, &actions)
    }
    #expect(read < 100)
    queue.ended(1, busy, jitter: 1, at: .zero, &actions)
    #expect(reads(take()) == [])
    queue.timerFired(at: .seconds(2), &actions)
    queue.ended(1, good, jitter: 1, at: .seconds(2), &actions)
    #expect(reads(take()) == [read])
  }

  @Test mutating func `large events end reading ahead by their bytes`() {
    var queue = WebhookQueue(terms(), after: 0)
    queue.headMoved(to: 1000, at: .zero, &actions)
    _ = take()
    let large = event(1, bytes: WebhookQueue.windowBytes), next = event(2, bytes: 5)
    queue.read([large, next], through: 2, at: .zero, &actions)
    guard case .read(2, _, let bytesMax)? = take().last else {
      Issue.record("no read")
      return
    }
    #expect(bytesMax == WebhookQueue.windowBytes - 5)
    queue.read([large], through: 3, at: .zero, &actions)
    #expect(reads(take()) == [])
  }

  @Test
  mutating func `events of others are passed, and noted when they are many or after a minute`() {
    var queue = WebhookQueue(terms(), after: 0)
    queue.headMoved(to: 5000, at: .zero, &actions)
    queue.read([], through: 500, at: .zero, &actions)
    #expect(
      take() == [
        .read(after: 0, eventsMax: 32, bytesMax: WebhookQueue.windowBytes),
        .read(after: 500, eventsMax: 32, bytesMax: WebhookQueue.windowBytes),
      ])
    queue.read([], through: 5000, at: .zero, &actions)
    #expect(take() == [.note(cursor: 5000)])
    queue.cursorNoted(5000, at: .zero, &actions)
    queue.headMoved(to: 5001, at: .seconds(1), &actions)
    queue.read([], through: 5001, at: .seconds(1), &actions)
    _ = take()
    #expect(queue.nextDeadline == .seconds(61))
    queue.timerFired(at: .seconds(61), &actions)
    #expect(take() == [.note(cursor: 5001)])
  }

  @Test mutating func `a read that fails is tried again`() {
    var queue = WebhookQueue(terms(), after: 0)
    queue.headMoved(to: 5, at: .zero, &actions)
    _ = take()
    queue.readFailed(at: .seconds(1), &actions)
    #expect(take() == [] && queue.nextDeadline == .seconds(2))
    queue.headMoved(to: 6, at: .milliseconds(1500), &actions)
    #expect(take() == [])
    queue.timerFired(at: .seconds(2), &actions)
    #expect(reads(take()) == [0])
  }

  @Test mutating func `after the stop nothing new goes out, and what ends is still noted`() {
    var queue = WebhookQueue(terms(), after: 0)
    queue.headMoved(to: 5, at: .zero, &actions)
    queue.read(events(1...5), through: 5, at: .zero, &actions)
    _ = take()
    queue.stop()
    queue.ended(1, good, jitter: 0, at: .zero, &actions)
    #expect(take() == [.note(cursor: 1)])
    #expect(queue.nextDeadline == nil)
  }
}
