import EventLoop
import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ClientPublishTests {
  /// Answers everything but PUBLISH.
  private static let mute: MQTTClientTesting.ScriptedBroker.Script = { received in
    received.type == .publish ? [] : [.behave]
  }

  private static func accepted(_ outcome: PublishOutcome) -> Bool {
    if case .acknowledged = outcome { true } else { false }
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `the outcome says what is known for each QoS`(version: ProtocolVersion) async throws {
    let test = try ClientFixture(version: version)
    try await test.client.connect()
    #expect(
      await test.client.publish("a", to: "t", PublishOptions(qos: .atMostOnce)) == .sent)
    #expect(Self.accepted(await test.client.publish("a", to: "t")))
    #expect(
      Self.accepted(await test.client.publish([1, 2], to: "t", PublishOptions(qos: .exactlyOnce))))
  }

  @Test func `a refusal of the broker is an outcome and not a failure of the connection`()
    async throws
  {
    let test = try ClientFixture(script: { received in
      guard case .publish(let publish) = received.packet, let id = publish.packetID else {
        return [.behave]
      }
      return [.send(.publishAck(PublishReply(id, .notAuthorized, reasonString: "no")))]
    })
    try await test.client.connect()
    #expect(
      await test.client.publish("a", to: "t") == .rejected(.notAuthorized, reasonString: "no"))
    guard case .connected = test.client.state else { throw TestFailure("\(test.client.state)") }
  }

  @Test func `a message that no packet can express is refused here`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    #expect(await test.client.publish("a", to: "t/#") == .notSent(.invalid))
    #expect(await test.client.publish("a", to: "") == .notSent(.invalid))
  }

  @Test func `publishes without a connection wait for one`() async throws {
    let test = try ClientFixture()
    let ticket = try test.client.enqueue(Message("early", text: "x"))
    #expect(ticket.outcomeIfKnown == nil)
    try test.client.start()
    #expect(Self.accepted(try await ticket.outcome()))
  }

  @Test func `a full queue makes publishes wait in order`() async throws {
    let test = try ClientFixture({
      $0.session.queuedPublishesMaximum = 2
      $0.session.inflightMaximum = 1
    })
    let client = test.client
    let outcomes = Task.immediate {
      await client.publish(contentsOf: (0..<40).map { Message("t", text: "\($0)") })
    }
    #expect(await soon { client.waitingCommands == 1 })
    try client.start()
    #expect(await outcomes.value.allSatisfy { Self.accepted($0) })
    let sent = test.broker.packets.compactMap { received -> String? in
      if case .publish(let publish) = received.packet { Message(publish).text } else { nil }
    }
    #expect(sent == (0..<40).map { "\($0)" })
  }

  @Test func `accepting a publish says no at once when too many are unfinished`() async throws {
    let test = try ClientFixture({ $0.session.queuedPublishesMaximum = 3 }, script: Self.mute)
    for _ in 0..<3 { try test.client.enqueue(Message("t")) }
    #expect(throws: ClientError.full) { try test.client.enqueue(Message("t")) }
  }

  @Test func `an accepted publish that ends makes room for another`() async throws {
    let test = try ClientFixture({ $0.session.queuedPublishesMaximum = 1 })
    try await test.client.connect()
    for number in 0..<20 {
      let ticket = try test.client.enqueue(Message("t", text: "\(number)"))
      #expect(Self.accepted(try await ticket.outcome()))
    }
  }

  @Test func `a ticket tells its outcome to everybody, and cancelling a wait is only that`()
    async throws
  {
    let test = try ClientFixture(script: Self.mute)
    try await test.client.connect()
    let ticket = try test.client.enqueue(Message("t"))
    let waits = (0..<3).map { _ in Task { try? await ticket.outcome() } }
    let cancelled = Task {
      await thrown { () throws(ClientError) in try await ticket.outcome() }
    }
    _ = await test.broker.packet(.publish)
    cancelled.cancel()
    #expect(await cancelled.value == .cancelled)
    #expect(ticket.outcomeIfKnown == nil)
    test.acknowledge(try await test.publishID(1))
    for wait in waits { #expect(await wait.value.map { Self.accepted($0) } == true) }
    #expect(Self.accepted(try await ticket.outcome()))
  }

  @Test func `cancelling before anything was sent takes the message back`() async throws {
    let test = try ClientFixture({ $0.session.inflightMaximum = 1 }, script: Self.mute)
    let client = test.client
    try await client.connect()
    let first = try client.enqueue(Message("t", text: "first"))
    _ = await test.broker.packet(.publish)
    let second = Task.immediate { await client.publish("second", to: "t") }
    let third = try client.enqueue(Message("t", text: "third"))
    #expect(await soon { client.waitingCommands == 0 })
    second.cancel()
    third.cancel()
    #expect(await second.value == .cancelled)
    #expect(try await third.outcome() == .cancelled)
    test.acknowledge(try await test.publishID(1))
    #expect(Self.accepted(try await first.outcome()))
    let all = test.broker.packets.filter { $0.type == .publish }
    #expect(all.count == 1)
  }

  @Test func `a publish that waits for room is taken back by cancellation`() async throws {
    let test = try ClientFixture(
      {
        $0.session.queuedPublishesMaximum = 1
        $0.session.inflightMaximum = 1
      }, script: Self.mute)
    let client = test.client
    try await client.connect()
    let tasks = (0..<20).map { number in Task { await client.publish("\(number)", to: "t") } }
    _ = await test.broker.packet(.publish)
    #expect(await soon { client.waitingCommands == 0 })
    for task in tasks { task.cancel() }
    var outcomes: [PublishOutcome] = []
    for task in tasks { outcomes.append(await task.value) }
    #expect(outcomes.filter { $0 == .cancelled }.count == 19)
    #expect(outcomes.filter { $0 == .maybeSent(.cancelled) }.count == 1)
  }

  @Test func `cancelling after the message was sent leaves the exchange complete`() async throws {
    let test = try ClientFixture(script: { received in
      switch received.packet {
      case .publish: []
      default: [.behave]
      }
    })
    let client = test.client
    try await client.connect()
    let task = Task { await client.publish("x", to: "t", PublishOptions(qos: .exactlyOnce)) }
    _ = await test.broker.packet(.publish)
    task.cancel()
    #expect(await task.value == .maybeSent(.cancelled))
    test.broker.perform([.send(.publishReceived(PublishReply(try await test.publishID(1))))])
    #expect(await test.broker.packet(.publishRelease) != nil)
  }

  @Test func `a deadline ends the wait for a publish`() async throws {
    let test = try ClientFixture({ $0.session.inflightMaximum = 1 }, script: Self.mute)
    try await test.client.connect()
    let first = await test.client.publish(Message("t"), deadline: .milliseconds(200))
    let wasSent = test.broker.packets.contains { $0.type == .publish }
    #expect(
      first == .maybeSent(.deadlinePassed) || (first == .notSent(.deadlinePassed) && !wasSent))
    try test.client.enqueue(Message("t"))
    _ = await test.broker.packet(.publish)
    let second = await test.client.publish(Message("t"), deadline: .milliseconds(30))
    #expect(second == .notSent(.deadlinePassed))
  }

  @Test func `a deadline also ends the wait for room`() async throws {
    let test = try ClientFixture({ $0.session.queuedPublishesMaximum = 1 })
    try test.client.start()
    test.broker.setAccepting(false)
    test.broker.dropConnections()
    let messages = (0..<5).map { Message("t", text: "\($0)") }
    let client = try MQTTClient(.forTests("mqtt://127.0.0.1:\(try FreePort.next())"))
    try client.start()
    let outcomes = await client.publish(contentsOf: messages, deadline: .milliseconds(50))
    #expect(outcomes.allSatisfy { $0 == .notSent(.deadlinePassed) })
  }

  @Test func `flush waits for what was accepted before and not for later`() async throws {
    let test = try ClientFixture(script: Self.mute)
    let client = test.client
    try await client.connect()
    try await client.flush()
    let tickets = try (0..<3).map { _ in try client.enqueue(Message("t")) }
    let flushed = Task.immediate {
      await thrown { () throws(ClientError) in try await client.flush() }
    }
    #expect(await soon { client.waitingCommands == 0 })
    let later = try client.enqueue(Message("t"))
    _ = await test.broker.packet(.publish, count: 4)
    for count in 1...3 { test.acknowledge(try await test.publishID(count)) }
    #expect(await flushed.value == nil)
    for ticket in tickets { #expect(ticket.outcomeIfKnown != nil) }
    #expect(later.outcomeIfKnown == nil)
  }

  @Test func `disconnect finishes what was accepted and refuses what comes later`() async throws {
    let test = try ClientFixture(script: Self.mute)
    let client = test.client
    try await client.connect()
    let ticket = try client.enqueue(Message("t"))
    _ = await test.broker.packet(.publish)
    let end = Task { await client.disconnect(within: .seconds(20)) }
    #expect(await soon { client.state == .draining })
    #expect(await client.publish("late", to: "t") == .notSent(.stopped))
    #expect(!test.broker.packets.contains { $0.type == .disconnect })
    test.acknowledge(try await test.publishID(1))
    #expect(await end.value == 0)
    #expect(Self.accepted(try await ticket.outcome()))
    #expect(await test.broker.packet(.disconnect) != nil)
  }

  @Test func `a drain that takes too long reports what is unfinished`() async throws {
    let test = try ClientFixture({ $0.session.inflightMaximum = 1 }, script: Self.mute)
    try await test.client.connect()
    let sent = try test.client.enqueue(Message("t"))
    let waiting = try test.client.enqueue(Message("t"))
    _ = await test.broker.packet(.publish)
    #expect(await test.client.disconnect(within: .milliseconds(30)) == 2)
    #expect(try await sent.outcome() == .maybeSent(.stopped))
    #expect(try await waiting.outcome() == .notSent(.stopped))
  }

  @Test func `cancelling a drain cuts it short`() async throws {
    let test = try ClientFixture(script: Self.mute)
    let client = test.client
    try await client.connect()
    try client.enqueue(Message("t"))
    let end = Task { await client.disconnect(within: .seconds(3600)) }
    #expect(await soon { client.state == .draining })
    end.cancel()
    #expect(await end.value == 1)
  }
}
