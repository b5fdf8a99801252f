import MQTTClient
import TestSupport

@testable import Bridge

/// A broker that may be slow with what it has to deliver: answers then overtake copies of messages
/// that came before, as they do when the window of unacknowledged publishes is full.
struct CopyBroker {
  enum Copies: CaseIterable {
    /// Once, with the identifiers of all subscriptions.
    case one
    /// Once for each subscription, with its identifier.
    case each
  }

  enum Request {
    case subscribe(SubscriptionIdentifier, Subscription)
    case unsubscribe(slot: Int, filter: String)
  }

  enum Event {
    case subscribed(SubscriptionIdentifier)
    case unsubscribed(slot: Int)
    case copy(Publish)
  }

  let copies: Copies
  /// Whether answers overtake what waits for room in the window.
  let isSlow: Bool
  private(set) var requests: [Request] = []
  private var events: [Event] = []
  private var window: [Publish] = []
  private var subscriptions: [TopicFilter: SubscriptionIdentifier] = [:]

  init(_ copies: Copies, isSlow: Bool) {
    self.copies = copies
    self.isSlow = isSlow
  }

  var isIdle: Bool { requests.isEmpty && events.isEmpty && window.isEmpty }

  mutating func ask(_ request: Request) { requests.append(request) }

  /// Handles the oldest request.
  mutating func work() throws {
    guard !requests.isEmpty else { return }
    switch requests.removeFirst() {
    case .subscribe(let identifier, let subscription):
      subscriptions[try TopicFilter(subscription.filter)] = identifier
      events.append(.subscribed(identifier))
    case .unsubscribe(let slot, let filter):
      subscriptions[try TopicFilter(filter)] = nil
      events.append(.unsubscribed(slot: slot))
    }
  }

  /// Somebody publishes.
  mutating func publish(_ topic: String, _ payload: String, _ generator: inout SeededGenerator) {
    let matching = subscriptions.filter { $0.key.matches(topic: topic) }.map(\.value.wire)
    guard !matching.isEmpty else { return }
    let identifiers = copies == .one ? [matching] : matching.map { [$0] }
    for identifiers in identifiers.shuffled(using: &generator) {
      var publish = Publish(topic: topic, payload: Array(payload.utf8)[...])
      publish.properties.subscriptionIdentifiers = identifiers
      if isSlow { window.append(publish) } else { events.append(.copy(publish)) }
    }
  }

  mutating func nextEvent(_ generator: inout SeededGenerator) -> Event? {
    if !window.isEmpty, events.isEmpty || generator.chance(0.3) {
      return .copy(window.removeFirst())
    }
    return events.isEmpty ? nil : events.removeFirst()
  }
}
