import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ClientAcknowledgementTests {
  private func deliver(_ test: ClientFixture, _ topic: String, _ ids: ClosedRange<PacketID>) {
    test.broker.perform(
      ids.map {
        .send(.publish(Publish(topic: topic, payload: [], qos: .atLeastOnce, packetID: $0)))
      })
  }

  @Test func `a message is acknowledged when the next one is asked for`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    deliver(test, "a", 1...2)
    var iterator = messages.makeAsyncIterator()
    _ = try await iterator.next()
    try await test.settle()
    #expect(test.acknowledged.isEmpty)
    _ = try await iterator.next()
    #expect(await test.broker.packet(.publishAck) != nil)
    try await test.settle()
    #expect(test.acknowledged == [1])
  }

  @Test func `a consumer that stops to listen leaves nothing unacknowledged`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    do {
      let messages = try await test.client.subscribe(to: "a")
      deliver(test, "a", 1...5)
      for try await _ in messages { break }
    }
    #expect(await test.broker.packet(.publishAck, count: 5) != nil)
    #expect(test.acknowledged == [1, 2, 3, 4, 5])
  }

  @Test func `a message with several listeners is acknowledged after the last of them`()
    async throws
  {
    let test = try ClientFixture()
    try await test.client.connect()
    let first = try await test.client.subscribe(to: "a")
    let second = try await test.client.subscribeManually(to: "#")
    deliver(test, "a", 1...1)
    for try await _ in first { break }
    try await test.settle()
    #expect(test.acknowledged.isEmpty)
    guard let delivery = try await second.next() else { throw TestFailure("no message") }
    #expect(delivery.acknowledge() == .accepted)
    #expect(await test.broker.packet(.publishAck) != nil)
  }

  @Test func `acknowledgements in any order leave in the order of the messages`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribeManually(to: "a")
    deliver(test, "a", 1...3)
    guard let first = try await messages.next(), let second = try await messages.next(),
      let third = try await messages.next()
    else { throw TestFailure("no messages") }
    #expect(third.acknowledge() == .accepted)
    #expect(second.reject(.quotaExceeded) == .accepted)
    try await test.settle()
    #expect(test.acknowledged.isEmpty)
    let detached = first.takeAcknowledgement()
    #expect(detached.acknowledge() == .accepted)
    #expect(await test.broker.packet(.publishAck, count: 3) != nil)
    #expect(test.acknowledged == [1, 2, 3])
    let codes = test.broker.packets.compactMap { received -> ReasonCode? in
      if case .publishAck(let reply) = received.packet { reply.reasonCode } else { nil }
    }
    #expect(codes == [.success, .quotaExceeded, .success])
  }

  @Test func `an acknowledgement of an earlier connection is stale and harmless`() async throws {
    let test = try ClientFixture(cleanStart: false)
    try await test.client.connect()
    let messages = try await test.client.subscribeManually(to: "a")
    try await test.client.publish("x", to: "a").mustSucceed()
    guard let old = try await messages.next() else { throw TestFailure("no message") }
    let events = test.client.events
    test.broker.dropConnections()
    for await event in events { if case .connected = event { break } }
    guard let new = try await messages.next() else { throw TestFailure("not sent again") }
    #expect(new.message.isDuplicate)
    #expect(old.acknowledge() == .stale)
    #expect(new.acknowledge() == .accepted)
    #expect(await test.broker.packet(.publishAck) != nil)
    try await test.settle()
    #expect(test.acknowledged.count == 1)
    guard case .connected = test.client.state else { throw TestFailure("\(test.client.state)") }
  }

  @Test func `an acknowledgement that is dropped is reported and not sent`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribeManually(to: "a")
    let events = test.client.events
    deliver(test, "a", 1...1)
    do { _ = try await messages.next() }
    for await event in events {
      #expect(event == .acknowledgementForgotten(topic: "a"))
      break
    }
    try await test.settle()
    #expect(test.acknowledged.isEmpty)
  }

  @Test func `there is nothing to acknowledge at QoS 0 and after the end`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribeManually(to: "a")
    test.broker.perform([.send(.publish(Publish(topic: "a", payload: [])))])
    deliver(test, "a", 1...1)
    #expect(try await messages.next()?.acknowledge() == .stale)
    guard let last = try await messages.next() else { throw TestFailure("no message") }
    await test.client.disconnectNow()
    #expect([.stopped, .stale].contains(last.acknowledge()))
    #expect(test.acknowledged.isEmpty)
  }

  @Test func `a consumer that pauses the reading loses nothing even at QoS 0`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(
      to: "a",
      options: SubscriptionOptions(
        buffer: MessageBuffering(messages: 4, overflow: .pauseReading)))
    test.broker.perform(
      (0..<5000).map { .send(.publish(Publish(topic: "a", payload: Bytes("\($0)".utf8)))) })
    var iterator = messages.makeAsyncIterator()
    for number in 0..<5000 { #expect(try await iterator.next()?.text == "\(number)") }
    try await test.settle()
  }

  @Test func `a slow consumer is reported when dropping begins and when it ends`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(
      to: "a",
      options: SubscriptionOptions(
        buffer: MessageBuffering(messages: 2, overflow: .dropOldest)))
    let events = test.client.events
    test.broker.perform(
      (0..<10).map { .send(.publish(Publish(topic: "a", payload: Bytes("\($0)".utf8)))) })
    try await test.settle()
    var iterator = messages.makeAsyncIterator()
    #expect(try await iterator.next()?.text == "8")
    var reports: [ClientEvent] = []
    for await event in events {
      reports.append(event)
      if reports.count == 2 { break }
    }
    guard case .slowConsumer(let filters, _) = reports[0] else { throw TestFailure("\(reports)") }
    #expect(filters == ["a"])
    #expect(reports[1] == .slowConsumer(filters: ["a"], dropped: 8))
    #expect(messages.droppedCount == 8)
  }
}
