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

  private static func numbers(_ broker: MQTTClientTesting.ScriptedBroker) -> [UInt8] {
    broker.packets.compactMap { received in
      if case .publish(let publish) = received.packet { publish.payload.first } else { nil }
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
    #expect(Self.numbers(test.broker) == (0..<50).map { $0 })
  }

  @Test func `single publishes of any length wait for each other in order`() async throws {
    let test = try ClientFixture({
      $0.session.inflightMaximum = 1
      $0.session.delivery.queuedBytesMaximum = 100
    })
    let client = test.client
    let tasks = (0..<50).map { number in
      Task.immediate {
        await client.publish(
          Bytes([UInt8(number)] + Bytes(repeating: 0, count: number % 3 == 0 ? 80 : 10)), to: "t")
      }
    }
    #expect(client.waitingCommands == 50)
    try await client.connect()
    for task in tasks { #expect(await task.value.isSuccess) }
    #expect(Self.numbers(test.broker) == (0..<50).map { $0 })
  }

  @Test func `a batch goes on beside many publishes for which nobody waits`() async throws {
    let test = try ClientFixture(
      {
        $0.session.inflightMaximum = 2
        $0.session.queuedPublishesMaximum = 5000
      }, script: Self.mute)
    try await test.client.connect()
    for message in Self.messages(2000) { try test.client.enqueue(message) }
    let client = test.client
    let task = Task { await client.publish(contentsOf: Self.messages(10)) }
    // Two of 2,000 are in flight, and the session has as many of the batch as it could send.
    #expect(await soon { client.metrics.gauges.queuedPublishes == 2000 })
    task.cancel()
    #expect(await task.value.allSatisfy { $0 == .cancelled })
  }

  @Test func `flush waits for every message of a batch, and not for later ones`() async throws {
    let test = try ClientFixture({ $0.session.inflightMaximum = 1 }, script: Self.mute)
    let client = test.client
    try await client.connect()
    let batch = Task.immediate { await client.publish(contentsOf: Self.messages(3)) }
    let isFlushed = Locked(false)
    let flushed = Task.immediate {
      let error = await thrown { () throws(ClientError) in try await client.flush() }
      isFlushed.withLock { $0 = true }
      return error
    }
    let later = Task.immediate { await client.publish(contentsOf: Self.messages(3)) }
    for count in 1...3 {
      // Each one leaves after the end of the one before.
      let id = try await test.publishID(count)
      #expect(!isFlushed.withLock { $0 })
      test.acknowledge(id)
    }
    #expect(await flushed.value == nil)
    #expect(await batch.value.allSatisfy { $0.isSuccess })
    later.cancel()
    #expect(await later.value.last == .cancelled)
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
}
