import HTTPFront
import MQTTClient
import Store
import Testing

@testable import Bridge

@Suite struct PublishingTests: ~Copyable {
  private var publishing = Publishing()
  private var actions: [Publishing.Action] = []
  private let id = MessageID(high: 1, low: 1)
  private let request = PublishWaiter.request(RequestID(shard: 0, serial: 7))
  private let acked = MessageOutcome(state: .acked)

  private var receipt: PublishReceipt { .sample(id) }

  private mutating func accept(_ level: AckLevel = .broker) {
    let isAccepted = publishing.accepted(receipt, request, level)
    #expect(isAccepted)
  }

  private mutating func finish(_ outcome: MessageOutcome) {
    _ = publishing.finished(id, outcome, &actions)
  }

  private mutating func end(_ outcome: MessageOutcome, _ ending: Ending) {
    publishing.ended(id, outcome, ending, storedAt: 5, finishedAt: 6, &actions)
  }

  private func answered(_ answer: Publishing.Answer) -> [Publishing.Action] {
    [.answer(request, receipt, answer)]
  }

  @Test mutating func `an acknowledged publish is answered when the broker has it`() {
    accept()
    publishing.stored(id, at: 5, &actions)
    publishing.sent(id)
    #expect(actions.isEmpty)
    finish(acked)
    #expect(actions == answered(.finished(acked, storedAt: 5)))
    #expect(publishing.count == 0)
  }

  @Test mutating func `ack=stored is answered by the commit`() {
    accept(.stored)
    #expect(actions.isEmpty)
    publishing.stored(id, at: 5, &actions)
    #expect(actions == answered(.pending(.queued, storedAt: 5)))
    publishing.sent(id)
    finish(acked)
    #expect(actions.count == 1)
    #expect(publishing.count == 0)
  }

  @Test mutating func `a publish that was sent before its commit was told says so`() {
    accept(.stored)
    publishing.sent(id)
    publishing.stored(id, at: 5, &actions)
    #expect(actions == answered(.pending(.sent, storedAt: 5)))
  }

  @Test mutating func `the deadline answers with how far the message is`() {
    accept()
    publishing.stored(id, at: 5, &actions)
    publishing.sent(id)
    publishing.received(id)
    let answer = publishing.deadlineReached(request)
    #expect(answer?.0 == receipt)
    #expect(answer?.1 == .pending(.received, storedAt: 5))
    #expect(publishing.deadlineReached(request) == nil)
    finish(acked)
    #expect(actions.isEmpty)
    #expect(publishing.count == 0)
  }

  @Test mutating func `a deadline before the commit waits for the commit`() {
    accept()
    #expect(publishing.deadlineReached(request) == nil)
    #expect(publishing.count == 1)
    publishing.stored(id, at: 5, &actions)
    #expect(actions == answered(.pending(.queued, storedAt: 5)))
    #expect(publishing.count == 0)
  }

  @Test mutating func `a deadline before the commit can still end in a refusal`() {
    accept()
    #expect(publishing.deadlineReached(request) == nil)
    publishing.refused(id, .diskFull, &actions)
    #expect(actions == answered(.refused(.diskFull)))
  }

  @Test mutating func `a deadline before the commit can still end in the broker's word`() {
    accept()
    #expect(publishing.deadlineReached(request) == nil)
    finish(acked)
    #expect(actions == answered(.finished(acked, storedAt: nil)))
    publishing.stored(id, at: 5, &actions)
    #expect(actions.count == 1)
  }

  @Test mutating func `a drain answers what is stored at once and the rest with its commit`() {
    accept()
    publishing.drained(&actions)
    #expect(actions.isEmpty)
    publishing.stored(id, at: 5, &actions)
    #expect(actions == answered(.pending(.queued, storedAt: 5)))
    accept()
    publishing.stored(id, at: 6, &actions)
    publishing.drained(&actions)
    #expect(actions.last == .answer(request, receipt, .pending(.queued, storedAt: 6)))
    #expect(publishing.count == 0)
  }

  @Test mutating func `whoever still waits at the end hears that nobody knows`() {
    accept()
    publishing.drained(&actions)
    publishing.abandoned(&actions)
    #expect(actions == answered(.refused(.unknown)))
    #expect(publishing.count == 0)
  }

  @Test mutating func `a request that comes while the bridge drains is answered by its commit`() {
    publishing.drained(&actions)
    accept()
    publishing.stored(id, at: 5, &actions)
    #expect(actions == answered(.pending(.queued, storedAt: 5)))
    #expect(publishing.count == 0)
  }

  @Test mutating func `a request that comes when nobody is answered any more is not taken`() {
    publishing.drained(&actions)
    publishing.abandoned(&actions)
    let isRefused = !publishing.accepted(receipt, request, .broker)
    #expect(isRefused)
    #expect(publishing.count == 0)
  }

  @Test mutating func `a refusal by the store is the only answer`() {
    accept()
    publishing.refused(id, .unknown, &actions)
    publishing.stored(id, at: 5, &actions)
    publishing.refused(id, .storeBusy, &actions)
    #expect(actions == answered(.refused(.unknown)))
    #expect(publishing.count == 0)
  }

  @Test(arguments: 0..<4)
  mutating func `a client may leave at every point, and nothing is left`(step: Int) {
    accept()
    if step > 0 { publishing.stored(id, at: 5, &actions) }
    if step > 1 { publishing.sent(id) }
    if step > 2 { publishing.received(id) }
    publishing.clientLeft(request)
    publishing.clientLeft(request)
    #expect(publishing.count == 0)
    #expect(publishing.deadlineReached(request) == nil)
    publishing.stored(id, at: 5, &actions)
    publishing.sent(id)
    #expect(publishing.progress(of: id) == .sent)
    finish(acked)
    end(acked, .remembered)
    #expect(actions.isEmpty)
    #expect(publishing.progress(of: id) == .queued)
  }

  @Test mutating func `what is sent is told until it is finished, also without a request`() {
    #expect(publishing.progress(of: id) == .queued)
    publishing.sent(id)
    finish(acked)
    #expect(publishing.progress(of: id) == .sent)
    end(acked, .remembered)
    #expect(publishing.progress(of: id) == .queued)
    #expect(actions.isEmpty)
  }

  @Test mutating func `requests are answered one by one`() {
    let other = PublishReceipt.sample(MessageID(high: 1, low: 2))
    let second = PublishWaiter.request(RequestID(shard: 1, serial: 7))
    accept()
    let isAccepted = publishing.accepted(other, second, .broker)
    #expect(isAccepted)
    _ = publishing.finished(other.id, acked, &actions)
    #expect(actions == [.answer(second, other, .finished(acked, storedAt: nil))])
    #expect(publishing.count == 1)
  }
}

extension PublishReceipt {
  static func sample(
    _ id: MessageID = MessageID(high: 1, low: 1), qos: QoS = .atLeastOnce,
    preferenceApplied: String? = nil, basePath: String = "", headers: HeaderFields = [:]
  ) -> Self {
    PublishReceipt(
      id: id, topic: "a/b", qos: qos, isRetained: false, preferenceApplied: preferenceApplied,
      basePath: basePath, head: RequestHead(method: "POST", target: "/publish", headers: headers))
  }
}
