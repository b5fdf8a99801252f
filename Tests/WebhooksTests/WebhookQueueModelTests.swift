import HTTPClient
import Testing
import TestSupport
import Webhooks

/// Random receivers, crashes and clocks: every event is taken or buried, whatever happens.
@Suite struct WebhookQueueModelTests {
  /// A log, a store and a receiver around one queue.
  private struct World {
    var random: SeededGenerator
    let terms: QueueTerms
    let total: Int64
    var now = Duration.zero
    /// What a crash leaves.
    var storedCursor: Int64 = 0
    var arrivals: [Int64] = []
    var buried: [Int64] = []
    /// Requests on their way, reads, notes and burials that are not answered yet.
    var actions: [WebhookQueue.Action] = []
    var mostHeld = 0

    func event(_ sequence: Int64) -> WebhookEvent {
      WebhookEvent(
        sequence: sequence, id: "e-\(sequence)-0", topic: "t", contentType: "text/plain",
        content: [1, 2, 3])
    }

    /// Events of others have the sequences that 3 divides.
    func events(after: Int64, max: Int) -> ([WebhookEvent], through: Int64) {
      var (found, last): ([WebhookEvent], Int64) = ([], after)
      while last < total, found.count < max {
        last += 1
        if last % 3 != 0 { found.append(event(last)) }
      }
      return (found, last)
    }

    /// Answers one of the things that are under way; false when there is none.
    mutating func answerOne(_ queue: inout WebhookQueue) -> Bool {
      let open = actions.indices.filter {
        if case .rests = actions[$0] { false } else { true }
      }
      guard let index = open.randomElement(using: &random) else { return false }
      let action = actions.remove(at: index)
      var next: [WebhookQueue.Action] = []
      switch action {
      case .read(let after, let eventsMax, _):
        if Int.random(in: 0..<8, using: &random) == 0 {
          queue.readFailed(at: now, &next)
        } else {
          let (found, through) = events(after: after, max: eventsMax)
          queue.read(found, through: through, at: now, &next)
        }
      case .send(let parcel, let events, _):
        let outcome: RequestOutcome =
          switch Int.random(in: 0..<10, using: &random) {
          case 0...1: .failed("lost")
          case 2: .answered(ReceivedAnswer(status: 503))
          case 3: .answered(ReceivedAnswer(status: 400))
          default: .answered(ReceivedAnswer(status: 200))
          }
        if RetryTerms.verdict(outcome) == .delivered { arrivals += events.map(\.sequence) }
        queue.ended(
          parcel, outcome, jitter: .random(in: 0...1, using: &random), at: now, &next)
      case .note(let cursor):
        storedCursor = max(storedCursor, cursor)
        queue.cursorNoted(cursor, at: now, &next)
      case .bury(let parcel, let events, _, let cursor):
        storedCursor = max(storedCursor, cursor)
        buried += events.map(\.sequence)
        queue.buried(parcel, at: now, &next)
      case .rests: break
      }
      actions += next
      let held = actions.reduce(0) { sum, action in
        if case .send(_, let events, _) = action { sum + events.count } else { sum }
      }
      mostHeld = max(mostHeld, held)
      return true
    }
  }

  /// Runs until everything is done, with some crashes.
  private func run(_ seed: UInt64) {
    var seeds = SeededGenerator(seed: seed)
    var terms = QueueTerms()
    terms.batchMax = [1, 1, 4, 50].randomElement(using: &seeds) ?? 1
    terms.batchWait = .seconds([0, 5].randomElement(using: &seeds) ?? 0)
    terms.parallel = [1, 1, 3].randomElement(using: &seeds) ?? 1
    terms.retry.limit = .seconds([0, 20, 100_000].randomElement(using: &seeds) ?? 0)
    var world = World(random: SeededGenerator(seed: seeds.next()), terms: terms, total: 200)
    var crashes = 3
    var steps = 0
    while world.storedCursor < world.total, steps < 200_000 {
      var queue = WebhookQueue(terms, after: world.storedCursor)
      world.actions = []
      queue.headMoved(to: world.total, at: world.now, &world.actions)
      while world.storedCursor < world.total {
        steps += 1
        guard steps < 200_000 else { break }
        if !world.answerOne(&queue) {
          guard let deadline = queue.nextDeadline else { break }
          world.now = max(world.now, deadline)
          queue.timerFired(at: world.now, &world.actions)
        }
        #expect(world.storedCursor <= queue.cursor, "seed \(seed)")
        if crashes > 0, Int.random(in: 0..<100, using: &world.random) == 0 {
          crashes -= 1
          break
        }
      }
    }
    check(world, seed)
  }

  private func check(_ world: World, _ seed: UInt64) {
    let ours = (1...world.total).filter { $0 % 3 != 0 }
    #expect(Set(world.arrivals).union(world.buried) == Set(ours), "seed \(seed)")
    #expect(world.mostHeld <= world.terms.batchMax * world.terms.parallel, "seed \(seed)")
    guard world.terms.parallel == 1 else { return }
    // Without repeats they arrived in order, but for those that a crash brought back for good.
    var seen: Set<Int64> = []
    let first = world.arrivals.filter { seen.insert($0).inserted }
    let again = Set(world.buried)
    let plain = first.filter { !again.contains($0) }
    #expect(plain == plain.sorted(), "seed \(seed)")
  }

  @Test
  func `every event is taken or buried, across crashes, and in order where one goes at a time`() {
    var seeds = SeededGenerator(for: "webhook queues")
    for _ in 0..<300 { run(seeds.next()) }
  }
}
