import EventLoop
import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

/// Brokers that send more unacknowledged messages than we offered to take.
@Suite struct ReceiveMaximumTests {
  /// Sends messages on the newest connection without waiting for their acknowledgements.
  private func flood(_ test: ClientFixture, _ ids: ClosedRange<PacketID>, _ qos: QoS) {
    let publishes = ids.map { id in
      BrokerReaction.send(
        .publish(
          Publish(topic: "a", payload: Array("\(id)".utf8)[...], qos: qos, packetID: id)))
    }
    test.broker.perform(publishes)
  }

  /// The events that tell of the excess among those that have come.
  private func excesses(_ events: ClientEventSequence, until last: ClientEvent) async -> Int {
    var count = 0
    for await event in events {
      if case .receiveMaximumExceeded(_, 2) = event { count += 1 }
      if event == last { break }
    }
    return count
  }

  @Test(arguments: [QoS.atLeastOnce, .exactlyOnce])
  func `what a queue has no room for is kept, acknowledged and told`(qos: QoS) async throws {
    let test = try ClientFixture({ $0.session.connect.receiveMaximum = 2 })
    let events = test.client.events
    try await test.client.connect()
    let messages = try await test.client.subscribe(
      to: "a", options: SubscriptionOptions(buffer: MessageBuffering(messages: 1)))
    flood(test, 1...300, qos)
    try #require(await soon { messages.waitingCount == 300 })
    #expect(await soon { test.client.metrics.counters.deliveriesBeyondReceiveMaximum == 298 })
    #expect(test.client.metrics.gauges.unacknowledgedDeliveries == 300)
    var iterator = messages.makeAsyncIterator()
    for id in 1...300 { #expect(try await iterator.next()?.text == "\(id)") }
    try await messages.unsubscribe()
    let replies: PacketType = qos == .atLeastOnce ? .publishAck : .publishReceived
    #expect(await test.broker.packet(replies, count: 299) != nil)
    #expect(messages.droppedCount == 0 && test.client.metrics.counters.connections == 1)
    _ = await test.client.disconnect()
    #expect(await excesses(events, until: .stopped) == 1)
  }

  @Test func `the connection ends over it if so wished`() async throws {
    let test = try ClientFixture({
      $0.session.connect.receiveMaximum = 2
      $0.session.receiveMaximumExcess = .disconnect
    })
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    flood(test, 1...3, .atLeastOnce)
    let disconnect = await test.broker.packet(.disconnect)
    #expect(disconnect?.packet == .disconnect(Disconnect(.receiveMaximumExceeded)))
    #expect(test.client.metrics.counters.deliveriesBeyondReceiveMaximum == 0)
    _ = messages
  }

  /// Mosquitto 2.0 without a limit of its own sends the backlog of a resumed session at once.
  @Test(
    arguments: [QoS.atLeastOnce, .exactlyOnce], [UInt16(10), MQTTClient.receiveMaximumDefault])
  func `a real broker without limit brings the whole backlog of a session`(
    qos: QoS, receiveMaximum: UInt16
  ) async throws {
    let backlog = Int(receiveMaximum) * 3
    var configuration = Mosquitto.Options()
    configuration.inflightMessagesMax = 0
    let broker = try Mosquitto(configuration)
    var options = try ClientOptions.forTests(broker.url, clientID: "away")
    options.session.cleanStart = false
    options.session.connect.receiveMaximum = receiveMaximum
    let early = try MQTTClient(options)
    try await early.connect()
    _ = try await early.subscribe([Subscription("a", maximumQoS: .exactlyOnce)])
    _ = await early.disconnect()

    let publisher = try MQTTClient(.forTests(broker.url, clientID: "publisher"))
    try await publisher.connect()
    let sent = (0..<backlog).map { Message("a", text: "\($0)", qos: qos) }
    #expect(await publisher.publish(contentsOf: sent).allSatisfy { $0.isSuccess })

    let late = try MQTTClient(options)
    let events = late.events
    let messages = try late.listen(to: "a", buffer: MessageBuffering(messages: 4))
    try await late.connect()
    try await publisher.publish("end", to: "a", PublishOptions(qos: qos)).mustSucceed()
    let seen = Locked<[String]>([])
    let reading = Task {
      for try await message in messages { seen.withLock { $0.append(message.text ?? "") } }
    }
    #expect(await soon { seen.withLock { $0.last == "end" } }, "the subscriber catches up")
    reading.cancel()
    #expect(seen.withLock { $0 } == (0..<backlog).map { "\($0)" } + ["end"])
    let counters = late.metrics.counters
    #expect(counters.connections == 1 && counters.duplicatesSuppressed == 0)
    _ = await late.disconnect()
    var told = 0
    for await event in events {
      if case .receiveMaximumExceeded(_, Int(receiveMaximum)) = event { told += 1 }
      if event == .stopped { break }
    }
    let isCounted = await soon {
      told == (late.metrics.counters.deliveriesBeyondReceiveMaximum > 0 ? 1 : 0)
    }
    #expect(isCounted)
  }
}
