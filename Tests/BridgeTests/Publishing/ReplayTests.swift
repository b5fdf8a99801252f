import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

/// What several requests for one message hear, and what the store keeps of it.
@Suite struct ReplayTests: ~Copyable {
  private var publishing = Publishing()
  private var actions: [Publishing.Action] = []
  private let first = MessageID(high: 1, low: 1)
  private let second = MessageID(high: 1, low: 2)
  private let one = PublishWaiter.request(RequestID(shard: 0, serial: 1))
  private let two = PublishWaiter.request(RequestID(shard: 1, serial: 1))
  private let acked = MessageOutcome(state: .acked)
  private let rejected = MessageOutcome(state: .rejected, reasonCode: .quotaExceeded)
  private let expired = MessageOutcome(state: .expired)

  private mutating func acceptFirst(_ level: AckLevel = .broker) {
    _ = publishing.accepted(.sample(first), one, level)
    publishing.stored(first, at: 5, &actions)
  }

  /// The second request turns out to be a repetition of the first message.
  private mutating func joinSecond(
    _ level: AckLevel = .broker,
    _ state: Publishing.Original = .pending(isReceived: false, storedAt: 5)
  ) {
    _ = publishing.accepted(.sample(second), two, level)
    publishing.repeated(second, first, state, &actions)
  }

  private mutating func finish(_ outcome: MessageOutcome) -> Ending {
    publishing.finished(first, outcome, &actions)
  }

  private mutating func end(_ outcome: MessageOutcome, _ ending: Ending) {
    publishing.ended(first, outcome, ending, storedAt: 5, finishedAt: 9, &actions)
  }

  private mutating func take() -> [Publishing.Action] { exchange(&actions, with: []) }

  private var replay: PublishReceipt {
    var receipt = PublishReceipt.sample(second)
    receipt.id = first
    receipt.isReplay = true
    return receipt
  }

  private func answers(_ answer: Publishing.Answer) -> [Publishing.Action] {
    [.answer(one, .sample(first), answer), .answer(two, replay, answer)]
  }

  @Test mutating func `a repetition waits for the same message as the first request`() {
    acceptFirst()
    joinSecond()
    #expect(take().isEmpty)
    #expect(publishing.count == 2)
    #expect(finish(acked) == .remembered)
    #expect(take() == answers(.finished(acked, storedAt: 5)))
    #expect(publishing.count == 0)
  }

  @Test mutating func `a repetition of a message that nobody waits for waits for its end`() {
    joinSecond(.broker, .pending(isReceived: true, storedAt: 3))
    let deadline = publishing.deadlineReached(two)
    #expect(deadline?.0 == replay)
    #expect(deadline?.1 == .pending(.received, storedAt: 3))
    joinSecond()
    end(acked, .remembered)
    #expect(take() == [.answer(two, replay, .finished(acked, storedAt: 5, finishedAt: 9))])
  }

  @Test mutating func `a repetition that comes while the end is written hears of it`() {
    acceptFirst()
    #expect(finish(acked) == .remembered)
    #expect(take().count == 1)
    joinSecond()
    #expect(take().isEmpty)
    end(acked, .remembered)
    #expect(take() == [.answer(two, replay, .finished(acked, storedAt: 5, finishedAt: 9))])
  }

  @Test mutating func `a repetition of what has ended is answered at once`() {
    joinSecond(.broker, .finished(acked, storedAt: 5, finishedAt: 9))
    #expect(take() == [.answer(two, replay, .finished(acked, storedAt: 5, finishedAt: 9))])
    for failure in [rejected, expired] {
      joinSecond(.broker, .finished(failure, storedAt: 5, finishedAt: 9))
      #expect(take() == [.answer(two, replay, .kept(failure))])
    }
    #expect(publishing.count == 0)
  }

  @Test mutating func `a repetition with ack=stored, or one that is late, is answered at once`() {
    joinSecond(.stored)
    #expect(take() == [.answer(two, replay, .pending(.queued, storedAt: 5))])
    _ = publishing.accepted(.sample(second), two, .broker)
    #expect(publishing.deadlineReached(two) == nil)
    publishing.sent(first)
    publishing.repeated(second, first, .pending(isReceived: false, storedAt: 5), &actions)
    #expect(take() == [.answer(two, replay, .pending(.sent, storedAt: 5))])
  }

  @Test mutating func `a refusal that is told to the sender is told when nothing is left`() {
    for failure in [rejected, expired] {
      publishing = Publishing()
      acceptFirst()
      joinSecond()
      #expect(finish(failure) == .forgotten)
      #expect(take().isEmpty)
      #expect(publishing.deadlineReached(one) == nil)
      publishing.drained(&actions)
      #expect(take().isEmpty)
      end(failure, .forgotten)
      #expect(take() == answers(.finished(failure, storedAt: 5, finishedAt: 9)))
      #expect(publishing.count == 0)
    }
  }

  @Test mutating func `a repetition that comes before the message is gone waits for that`() {
    acceptFirst()
    #expect(finish(rejected) == .forgotten)
    publishing.clientLeft(one)
    joinSecond(.stored)
    #expect(take().isEmpty)
    end(rejected, .forgotten)
    #expect(
      take() == [.answer(two, replay, .finished(rejected, storedAt: 5, finishedAt: 9))])
  }

  @Test mutating func `a failure that nobody hears of makes a dead letter`() {
    acceptFirst(.stored)
    #expect(take().count == 1)
    #expect(finish(rejected) == .deadLetter)
    #expect(finish(expired) == .remembered)
    end(rejected, .deadLetter)
    #expect(take().isEmpty)
  }

  @Test mutating func `what was promised to one request is not forgotten for another`() {
    acceptFirst()
    joinSecond(.stored)
    #expect(take() == [.answer(two, replay, .pending(.queued, storedAt: 5))])
    #expect(finish(rejected) == .deadLetter)
    end(rejected, .deadLetter)
    #expect(take() == [.answer(one, .sample(first), .kept(rejected))])
    // The promise ends with the last request.
    acceptFirst()
    #expect(finish(rejected) == .forgotten)
  }

  @Test mutating func `a repetition alone cannot make its original forgotten`() {
    acceptFirst(.stored)
    joinSecond()
    _ = take()
    #expect(finish(rejected) == .deadLetter)
    end(rejected, .deadLetter)
    #expect(take() == [.answer(two, replay, .kept(rejected))])
  }

  @Test mutating func `a message that is held is kept, whoever waits`() {
    acceptFirst()
    #expect(finish(.held) == .deadLetter)
    end(.held, .deadLetter)
    #expect(take() == [.answer(one, .sample(first), .kept(.held))])
  }

  @Test mutating func `a repetition whose client left is nobody's`() {
    acceptFirst()
    _ = publishing.accepted(.sample(second), two, .broker)
    publishing.clientLeft(two)
    publishing.repeated(second, first, .pending(isReceived: false, storedAt: 5), &actions)
    joinSecond()
    publishing.clientLeft(two)
    #expect(finish(acked) == .remembered)
    #expect(take() == [.answer(one, .sample(first), .finished(acked, storedAt: 5))])
    #expect(publishing.count == 0)
  }
}
