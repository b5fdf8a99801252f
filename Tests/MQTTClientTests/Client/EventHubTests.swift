import Testing

@testable import MQTTClient

@Suite struct EventHubTests {
  @Test func `a slow reader of events loses the oldest and is told`() async {
    let hub = EventHub()
    let events = ClientEventSequence(hub, capacity: 3)
    for attempt in 1...5 { hub.publish(.connecting(attempt: attempt)) }
    hub.publish(.stopped)
    var seen: [ClientEvent] = []
    for await event in events { seen.append(event) }
    #expect(
      seen == [.missed(3), .connecting(attempt: 4), .connecting(attempt: 5), .stopped])
  }

  @Test func `a reader that goes away is forgotten`() async {
    let hub = EventHub()
    let kept = ClientEventSequence(hub, capacity: 3)
    do { _ = ClientEventSequence(hub, capacity: 3) }
    #expect(hub.readerCount == 1)
    hub.publish(.stopped)
    var iterator = kept.makeAsyncIterator()
    #expect(await iterator.next() == .stopped)
    #expect(await iterator.next() == nil)
  }
}
