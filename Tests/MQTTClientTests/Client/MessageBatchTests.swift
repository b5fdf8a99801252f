import EventLoop
import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct MessageBatchTests {
  private static func publish(_ id: PacketID) -> Publish {
    Publish(topic: "a", payload: [], qos: .atLeastOnce, packetID: id)
  }

  @Test func `a batch of messages is acknowledged when the next one is asked for`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    test.broker.perform(
      (1...5).map { .send(.publish(Self.publish($0))) })
    #expect(await soon { messages.waitingCount == 5 })
    var iterator = messages.batches(atMost: 3).makeAsyncIterator()
    #expect(try await iterator.next()?.count == 3)
    try await test.settle()
    #expect(test.acknowledged.isEmpty)
    #expect(try await iterator.next()?.count == 2)
    #expect(await test.broker.packet(.publishAck, count: 3) != nil)
    try await test.settle()
    #expect(test.acknowledged == [1, 2, 3])
    try await messages.unsubscribe()
    #expect(try await iterator.next() == nil)
    #expect(await test.broker.packet(.publishAck, count: 5) != nil)
  }

  @Test func `reading batches makes room for a consumer that paused the reading`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let options = SubscriptionOptions(
      buffer: MessageBuffering(messages: 4, overflow: .pauseReading))
    let messages = try await test.client.subscribe(to: "a", options: options)
    test.broker.perform(
      (0..<500).map { .send(.publish(Publish(topic: "a", payload: Bytes("\($0)".utf8)))) })
    var texts: [String] = []
    for try await batch in messages.batches() {
      texts += batch.compactMap(\.text)
      if texts.count == 500 { break }
    }
    #expect(texts == (0..<500).map { "\($0)" })
  }

  @Test func `a batch with two listeners is acknowledged after the later one`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    let others = try await test.client.subscribe(to: "+")
    test.broker.perform((1...3).map { .send(.publish(Self.publish($0))) })
    #expect(await soon { messages.waitingCount == 3 && others.waitingCount == 3 })
    for sequence in [messages, others] {
      try await test.settle()
      #expect(test.acknowledged.isEmpty)
      var iterator = sequence.batches().makeAsyncIterator()
      #expect(try await iterator.next()?.count == 3)
    }
    #expect(await test.broker.packet(.publishAck, count: 3) != nil)
    #expect(test.acknowledged == [1, 2, 3])
  }

  @Test func `batches and single messages of one subscription are shared in order`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    test.broker.perform((1...6).map { .send(.publish(Self.publish($0))) })
    #expect(await soon { messages.waitingCount == 6 })
    var batches = messages.batches(atMost: 2).makeAsyncIterator()
    var single = messages.makeAsyncIterator()
    #expect(try await batches.next()?.count == 2)
    #expect(try await single.next() != nil)
    #expect(try await batches.next()?.count == 2)
    #expect(await test.broker.packet(.publishAck, count: 2) != nil)
    try await test.settle()
    #expect(test.acknowledged == [1, 2])
    #expect(try await single.next() != nil)
    #expect(await test.broker.packet(.publishAck, count: 3) != nil)
    try await test.settle()
    #expect(test.acknowledged == [1, 2, 3])
  }

  @Test func `a limit below one brings messages one by one`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    test.broker.perform((1...2).map { .send(.publish(Self.publish($0))) })
    #expect(await soon { messages.waitingCount == 2 })
    var iterator = messages.batches(atMost: 0).makeAsyncIterator()
    #expect(try await iterator.next()?.count == 1)
    #expect(try await iterator.next()?.count == 1)
  }

  @Test func `what overflows a queue ends the batches after what waited`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let options = SubscriptionOptions(buffer: MessageBuffering(messages: 2, overflow: .finish))
    let messages = try await test.client.subscribe(to: "a", options: options)
    test.broker.perform((1...5).map { .send(.publish(Self.publish($0))) })
    #expect(await test.broker.packet(.unsubscribe) != nil)
    var iterator = messages.batches().makeAsyncIterator()
    #expect(try await iterator.next()?.count == 2)
    await #expect(throws: ClientError.overflow) { try await iterator.next() }
    #expect(await test.broker.packet(.publishAck, count: 5) != nil)
  }

  @Test func `a cancelled task sees the end of the batches`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    let task = Task {
      var count = 0
      for try await batch in messages.batches() { count += batch.count }
      return count
    }
    test.broker.perform([.send(.publish(Self.publish(1)))])
    #expect(await soon { messages.waitingCount == 0 })
    task.cancel()
    #expect(try await task.value <= 1)
  }
}
