import EventLoop
import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ClientConnectionTests {
  @Test func `connect returns what the broker said`() async throws {
    let test = try ClientFixture()
    #expect(test.client.state == .idle)
    let info = try await test.client.connect()
    #expect(info.clientID == "test")
    #expect(!info.sessionPresent)
    #expect(info.maximumQoS == .exactlyOnce)
    #expect(test.client.state == .connected(info))
    guard case .connect(let connect)? = await test.broker.packet(.connect)?.packet else {
      throw TestFailure("no CONNECT")
    }
    #expect(connect.properties.receiveMaximum == MQTTClient.receiveMaximumDefault)
  }

  @Test func `an assigned client identifier is reported`() async throws {
    let test = try ClientFixture({ $0.session.clientID = "" })
    #expect(try await test.client.connect().clientID == "assigned-1")
  }

  @Test func `a refusal is thrown by connect with its reason`() async throws {
    let test = try ClientFixture(script: answering(.notAuthorized))
    let error = await thrown { () throws(ClientError) in try await test.client.connect() }
    guard case .connection(let failure)? = error else {
      throw TestFailure("no failure but \(String(describing: error))")
    }
    #expect(failure.kind == .refused)
    #expect(failure.reasonCode == .notAuthorized)
    #expect(!failure.isRetryable)
  }

  @Test func `an unreachable broker is thrown by connect with a report`() async throws {
    let port = try FreePort.next()
    let client = try MQTTClient(.forTests("mqtt://127.0.0.1:\(port)"))
    let error = await thrown { () throws(ClientError) in try await client.connect() }
    guard case .connection(let failure)? = error else { throw TestFailure("no failure") }
    #expect(failure.kind == .unreachable)
    #expect(failure.isRetryable)
    #expect(failure.description.contains("127.0.0.1"))
  }

  @Test func `waiting for a connection outlasts failures`() async throws {
    let count = Counter()
    let test = try ClientFixture(script: { received in
      guard received.type == .connect, count.increment() <= 3 else { return [.behave] }
      return [
        .send(.connectAck(ConnectAck(sessionPresent: false, reasonCode: .serverBusy))), .close,
      ]
    })
    let error = await thrown { () throws(ClientError) in try await test.client.connect() }
    guard case .connection? = error else { throw TestFailure("the first attempt did not count") }
    try await test.client.waitUntilConnected()
    #expect(count.value >= 4)
  }

  @Test func `waiting for a connection ends at its deadline and by cancellation`() async throws {
    let test = try ClientFixture(script: { _ in [] })
    let client = test.client
    #expect(
      await thrown { () throws(ClientError) in try await client.connect(within: .milliseconds(20)) }
        == .deadlinePassed)
    let task = Task {
      await thrown { () throws(ClientError) in try await client.waitUntilConnected() }
    }
    task.cancel()
    #expect(await task.value == .cancelled)
  }

  @Test func `the life of a client is a sequence of events`() async throws {
    let test = try ClientFixture()
    let events = test.client.events
    let info = try await test.client.connect()
    test.broker.dropConnections()
    var seen: [ClientEvent] = []
    for await event in events {
      seen.append(event)
      if seen.count == 4 { await test.client.disconnect() }
    }
    #expect(seen[0] == .connecting(attempt: 1))
    #expect(seen[1] == .connected(info))
    guard case .disconnected(let failure, _) = seen[2] else { throw TestFailure("\(seen)") }
    #expect(failure.kind == .connectionLost)
    #expect(seen[3] == .connecting(attempt: 1))
    #expect(seen.last == .stopped)
    #expect(test.client.state == .stopped)
  }

  @Test func `every reader of events gets all of them, and a late one the end`() async throws {
    let test = try ClientFixture()
    let readers = (0..<3).map { _ in test.client.events }
    try await test.client.connect()
    await test.client.disconnect()
    for reader in readers + [test.client.events] {
      var last: ClientEvent?
      var count = 0
      for await event in reader { (last, count) = (event, count + 1) }
      #expect(last == .stopped)
      #expect(count >= 1)
    }
  }

  @Test func `reading events ends with its task`() async throws {
    let test = try ClientFixture()
    let events = test.client.events
    let task = Task {
      for await _ in events {}
      return true
    }
    task.cancel()
    #expect(await task.value)
  }

  @Test func `after the end every call answers at once`() async throws {
    let test = try ClientFixture()
    let client = test.client
    try await client.connect()
    #expect(await client.disconnect() == 0)
    #expect(await client.publish("x", to: "t") == .notSent(.stopped))
    #expect(await client.publish(contentsOf: [Message("t")]) == [.notSent(.stopped)])
    #expect(throws: ClientError.stopped) { try client.enqueue(Message("t")) }
    #expect(
      await thrown { () throws(ClientError) in try await client.subscribe(to: "t") } == .stopped)
    #expect(
      await thrown { () throws(ClientError) in try await client.unsubscribe(from: ["t"]) }
        == .stopped)
    #expect(await thrown { () throws(ClientError) in try await client.flush() } == .stopped)
    #expect(await thrown { () throws(ClientError) in try await client.connect() } != nil)
    #expect(
      await thrown { () throws(ClientError) in try await client.waitUntilConnected() } == .stopped)
    #expect(
      await thrown { () throws(ClientError) in try await client.request(Message("t")) } == .stopped)
    for try await _ in client.unroutedMessages() { Issue.record("a message after the end") }
    #expect(await client.disconnect() == 0)
    #expect(await client.disconnectNow() == 0)
    #expect(await client.drain() == 0)
  }

  @Test func `a client that never started answers everything when it ends`() async throws {
    let test = try ClientFixture()
    let client = test.client
    let ticket = try client.enqueue(Message("t"))
    async let outcome = client.publish("x", to: "t")
    async let subscription = thrown { () throws(ClientError) in try await client.subscribe(to: "t")
    }
    #expect(await soon { client.waitingCommands >= 3 })
    await client.disconnect()
    #expect(try await ticket.outcome() == .notSent(.stopped))
    #expect(await outcome == .notSent(.stopped))
    #expect(await subscription == .stopped)
    #expect(test.broker.packets.isEmpty)
  }

  @Test func `a client without references finishes its work and says goodbye`() async throws {
    let broker = try MQTTClientTesting.ScriptedBroker()
    var client: MQTTClient? = try MQTTClient(.forTests(broker.url))
    try await client?.connect()
    let messages = try await client?.subscribe(to: "a")
    let ticket = try client?.enqueue(Message("t", text: "last words"))
    client = nil
    #expect(try await ticket?.outcome().isSuccess == true)
    #expect(await broker.packet(.disconnect) != nil)
    if let messages {
      for try await _ in messages { Issue.record("nothing was sent") }
    }
  }
}
