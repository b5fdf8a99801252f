import MQTTClient
import Testing

@testable import Bridge

/// QoS 0 messages that were answered as soon as the connection had them in its queue.
@Suite struct PromiseTests: ~Copyable {
  private var outbox = OutboxConsumer()
  private var actions: [OutboxConsumer.Action] = []
  private let now: Int64 = 1_000_000

  private mutating func promise(_ topic: String, expiresIn seconds: UInt32? = nil) {
    var properties = Publish.Properties()
    properties.messageExpiryInterval = seconds
    let message = Publish(topic: topic, payload: [1], properties: properties)
    outbox.promise(message, acceptedAt: now, &actions)
  }

  /// The publishes that were asked for since the last time.
  private mutating func takeRequests() -> [PublishRequest] {
    exchange(&actions, with: []).compactMap { action in
      if case .publish(let request) = action { request } else { nil }
    }
  }

  private mutating func takeEnds() -> [PublishEnd] {
    var ends: [PublishEnd] = []
    outbox.takeEnds { _, end in ends.append(end) }
    return ends
  }

  @Test mutating func `a promise ends with its hand-over, and nobody is told`() {
    outbox.linkUp(at: now, &actions)
    promise("a")
    let requests = takeRequests()
    #expect(requests.map(\.publish.topic) == ["a"])
    outbox.finished(requests[0].key, .sent, at: now, &actions)
    #expect(actions.isEmpty)
    #expect(takeEnds() == [.sent])
    #expect(outbox.count == 0)
  }

  @Test mutating func `what a lost connection had not sent goes out with the next one, in order`() {
    outbox.linkUp(at: now, &actions)
    for topic in ["a", "b", "c"] { promise(topic) }
    let first = takeRequests()
    outbox.linkDown()
    outbox.finished(first[0].key, .sent, at: now, &actions)
    for request in first.dropFirst() {
      outbox.finished(request.key, .notSent(.linkDown), at: now, &actions)
    }
    #expect(takeRequests().isEmpty)
    #expect(outbox.count == 2)
    outbox.linkUp(at: now, &actions)
    let second = takeRequests()
    #expect(second.map(\.publish.topic) == ["b", "c"])
    for request in second { outbox.finished(request.key, .sent, at: now, &actions) }
    #expect(takeEnds() == [.sent, .sent, .sent])
    #expect(outbox.count == 0)
  }

  @Test(arguments: [PublishOutcome.maybeSent(.linkDown), .notSent(.stopped), .notSent(.invalid)])
  mutating func `what may have arrived, or never can, is not sent again`(outcome: PublishOutcome) {
    outbox.linkUp(at: now, &actions)
    promise("a")
    let requests = takeRequests()
    outbox.finished(requests[0].key, outcome, at: now, &actions)
    outbox.linkUp(at: now, &actions)
    #expect(takeRequests().isEmpty)
    #expect(takeEnds() == [.notSent])
    #expect(outbox.count == 0)
  }

  @Test mutating func `the wait for a connection counts for the expiry`() {
    promise("old", expiresIn: 5)
    promise("young", expiresIn: 60)
    for request in takeRequests() {
      outbox.finished(request.key, .notSent(.linkDown), at: now, &actions)
    }
    outbox.linkUp(at: now + 10_000, &actions)
    let requests = takeRequests()
    #expect(requests.map(\.publish.topic) == ["young"])
    #expect(requests.map(\.publish.properties.messageExpiryInterval) == [50])
    #expect(takeEnds() == [.expired])
  }
}
