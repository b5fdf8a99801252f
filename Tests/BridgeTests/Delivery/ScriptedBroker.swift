import MQTTClient
import TestSupport

@testable import Bridge

/// A broker of a few lines: it has subscriptions and retained messages, and answers in order.
struct ScriptedBroker {
  /// How a message goes to a client whose subscriptions overlap.
  enum Copies: CaseIterable {
    /// Once, with the identifiers of all of them.
    case one
    /// Once for each of them, with its identifier.
    case each
    /// Once and without identifiers, as with MQTT 3.1.1.
    case anonymous
  }

  enum Request {
    case subscribe(SubscriptionIdentifier, Subscription)
    case unsubscribe(slot: Int, filter: String)
  }

  enum Event {
    case subscribed(SubscriptionIdentifier, ReasonCode)
    case unsubscribed(slot: Int)
    case retained(Publish)
    /// All copies of one message, and the filters that brought them.
    case message([Publish], [TopicFilter])
  }

  let copies: Copies
  let refusals: Double
  let retained: [String]
  private(set) var requests: [Request] = []
  private(set) var events: [Event] = []
  private var subscriptions: [TopicFilter: SubscriptionIdentifier] = [:]

  init(_ copies: Copies, refusals: Double, retained: [String]) {
    self.copies = copies
    self.refusals = refusals
    self.retained = retained
  }

  mutating func ask(_ request: Request) { requests.append(request) }

  mutating func nextEvent() -> Event? { events.isEmpty ? nil : events.removeFirst() }

  /// Handles the oldest request.
  mutating func work(_ generator: inout SeededGenerator) throws {
    guard !requests.isEmpty else { return }
    switch requests.removeFirst() {
    case .subscribe(let identifier, let subscription):
      let filter = try TopicFilter(subscription.filter)
      guard Double.random(in: 0..<1, using: &generator) >= refusals else {
        events.append(.subscribed(identifier, .notAuthorized))
        return
      }
      subscriptions[filter] = identifier
      let answer = Event.subscribed(identifier, .grantedQoS1)
      let isSent = copies == .anonymous || subscription.retainHandling == .send
      let messages = isSent && !filter.isShared ? retainedMessages(filter, identifier) : []
      let isAnswerFirst = Bool.random(using: &generator)
      events += isAnswerFirst ? [answer] + messages : messages + [answer]
    case .unsubscribe(let slot, let filter):
      subscriptions[try TopicFilter(filter)] = nil
      events.append(.unsubscribed(slot: slot))
    }
  }

  private func retainedMessages(
    _ filter: TopicFilter, _ identifier: SubscriptionIdentifier
  ) -> [Event] {
    retained.filter { filter.matches(topic: $0) }.map { topic in
      var publish = Publish(topic: topic, payload: [], isRetained: true)
      if copies != .anonymous { publish.properties.subscriptionIdentifiers = [identifier.wire] }
      return .retained(publish)
    }
  }

  /// Somebody publishes; of a shared subscription, we are one of two members.
  mutating func publish(_ topic: String, _ generator: inout SeededGenerator) {
    let matching = subscriptions.filter { filter, _ in
      filter.matches(topic: topic) && (!filter.isShared || Bool.random(using: &generator))
    }
    guard !matching.isEmpty else { return }
    let plain = matching.filter { !$0.key.isShared }.map(\.value.wire)
    var identifiers = matching.filter { $0.key.isShared }.map { [$0.value.wire] }
    switch copies {
    case .one: if !plain.isEmpty { identifiers.append(plain.shuffled(using: &generator)) }
    case .each: identifiers += plain.map { [$0] }
    case .anonymous: identifiers = [[]]
    }
    let messages = identifiers.shuffled(using: &generator).map { identifiers in
      var publish = Publish(topic: topic, payload: [])
      publish.properties.subscriptionIdentifiers = identifiers
      return publish
    }
    events.append(.message(messages, Array(matching.keys)))
  }
}
