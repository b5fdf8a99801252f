import EventLoop
import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ClientBatchTests {
  /// Answers everything but PUBLISH.
  private static let mute: MQTTClientTesting.ScriptedBroker.Script = { received in
    received.type == .publish ? [] : [.behave]
  }

  private static func messages(_ count: Int, qos: QoS = .atLeastOnce) -> [Message] {
    (0..<count).map { Message("t", text: "\($0)", qos: qos) }
  }

  private static func texts(_ broker: MQTTClientTesting.ScriptedBroker) -> [String] {
    broker.packets.compactMap { received in
      if case .publish(let publish) = received.packet { Message(publish).text } else { nil }
    }
  }

  @Test(arguments: [QoS.atMostOnce, .atLeastOnce, .exactlyOnce])
  func `a batch of any size goes out in order through a small window`(qos: QoS) async throws {
    let test = try ClientFixture({
      $0.session.queuedPublishesMaximum = 3
      $0.session.inflightMaximum = 2
    })
    try await test.client.connect()
    let outcomes = await test.client.publish(contentsOf: Self.messages(3000, qos: qos))
    #expect(outcomes.count == 3000 && outcomes.allSatisfy { $0.isSuccess })
    try await test.settle()
    #expect(Self.texts(test.broker).dropLast() == (0..<3000).map { "\($0)" }[...])
  }

  @Test func `each message of a batch has its own outcome`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let outcomes = await test.client.publish(contentsOf: [
      Message("t", text: "a", qos: .atMostOnce), Message("t/#"), Message("t", text: "b"),
    ])
    #expect(outcomes.map(\.isSuccess) == [true, false, true])
    #expect(outcomes[1] == .notSent(.invalid))
    #expect(await test.client.publish(contentsOf: []) == [])
  }

  @Test func `messages too long for the queue together wait for each other in order`() async throws
  {
    let test = try ClientFixture({
      $0.session.inflightMaximum = 1
      $0.session.delivery.queuedBytesMaximum = 100
    })
    try await test.client.connect()
    let messages = (0..<50).map { number in
      Message("t", payload: [UInt8(number)] + Bytes(repeating: 0, count: number % 3 == 0 ? 80 : 10))
    }
    let outcomes = await test.client.publish(contentsOf: messages)
    #expect(outcomes.allSatisfy { $0.isSuccess })
    let numbers = test.broker.packets.compactMap { received -> UInt8? in
      if case .publish(let publish) = received.packet { publish.payload.first } else { nil }
    }
    #expect(numbers == (0..<50).map { $0 })
  }

  @Test func `cancelling a batch takes back what was not sent`() async throws {
    let test = try ClientFixture(
      {
        $0.session.queuedPublishesMaximum = 2
        $0.session.inflightMaximum = 1
      }, script: Self.mute)
    try await test.client.connect()
    let task = Task { await test.client.publish(contentsOf: Self.messages(20)) }
    _ = await test.broker.packet(.publish)
    task.cancel()
    let outcomes = await task.value
    #expect(outcomes.first == .maybeSent(.cancelled))
    #expect(outcomes.dropFirst().allSatisfy { $0 == .cancelled })
  }

  @Test func `a batch of a client that was not started can be cancelled`() async throws {
    let test = try ClientFixture()
    let client = test.client
    let task = Task.immediate { await client.publish(contentsOf: Self.messages(2)) }
    #expect(client.waitingCommands == 1)
    task.cancel()
    #expect(await task.value == [.cancelled, .cancelled])
  }

  @Test func `a deadline ends what of a batch waits and what was sent`() async throws {
    let test = try ClientFixture({ $0.session.inflightMaximum = 1 }, script: Self.mute)
    try await test.client.connect()
    let outcomes = await test.client.publish(
      contentsOf: Self.messages(3000), deadline: .milliseconds(200))
    #expect(
      outcomes.allSatisfy { $0 == .notSent(.deadlinePassed) || $0 == .maybeSent(.deadlinePassed) })
    #expect(outcomes.last == .notSent(.deadlinePassed))
  }

  @Test func `a client that ends tells the outcome of every message of a batch`() async throws {
    let test = try ClientFixture({ $0.session.inflightMaximum = 1 }, script: Self.mute)
    try await test.client.connect()
    let task = Task { await test.client.publish(contentsOf: Self.messages(3000)) }
    _ = await test.broker.packet(.publish)
    _ = await test.client.disconnectNow()
    let outcomes = await task.value
    #expect(outcomes.first == .maybeSent(.stopped))
    #expect(outcomes.dropFirst().allSatisfy { $0 == .notSent(.stopped) })
  }

  @Test func `what is published after a batch leaves after it`() async throws {
    let test = try ClientFixture({ $0.session.inflightMaximum = 2 })
    let client = test.client
    let batch = Task.immediate { await client.publish(contentsOf: Self.messages(2000)) }
    let single = Task.immediate { await client.publish("last", to: "t") }
    let second = Task.immediate { await client.publish(contentsOf: Self.messages(2)) }
    #expect(client.waitingCommands == 3)
    try await client.connect()
    #expect(await batch.value.allSatisfy { $0.isSuccess })
    #expect(await single.value.isSuccess)
    #expect(await second.value.allSatisfy { $0.isSuccess })
    #expect(Self.texts(test.broker).suffix(4) == ["1999", "last", "0", "1"])
  }

  @Test func `a batch survives a lost connection`() async throws {
    let test = try ClientFixture(
      { $0.session.inflightMaximum = 10 },
      script: { received in
        guard case .publish(let publish) = received.packet,
          Message(publish).text == "100", !publish.isDuplicate
        else { return [.behave] }
        return [.close]
      }, cleanStart: false)
    try await test.client.connect()
    let outcomes = await test.client.publish(contentsOf: Self.messages(300))
    #expect(outcomes.allSatisfy { $0.isSuccess })
    let texts = Self.texts(test.broker)
    #expect(Set(texts) == Set((0..<300).map { "\($0)" }))
  }

  @Test func `a batch of messages is acknowledged when the next one is asked for`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let messages = try await test.client.subscribe(to: "a")
    test.broker.perform(
      (1...5).map {
        .send(.publish(Publish(topic: "a", payload: [], qos: .atLeastOnce, packetID: $0)))
      })
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
}
