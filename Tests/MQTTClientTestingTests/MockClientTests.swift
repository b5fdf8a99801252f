import MQTTClient
import MQTTClientTesting
import Testing

@Suite struct MockClientTests {
  /// The kind of code that is tested with it.
  static func report(_ value: String, to client: any MessagingClient) async -> Bool {
    switch await client.publish(Message("values", text: value)) {
    case .acknowledged: true
    default: false
    }
  }

  @Test func `it records publishes and ends them as the test says`() async {
    let client = MockClient()
    #expect(await Self.report("1", to: client))
    client.outcome = { _ in .notSent(.linkDown) }
    #expect(await !Self.report("2", to: client))
    #expect(client.published.map(\.text) == ["1", "2"])
  }

  @Test func `subscriptions get what is delivered and published under their filters`() async throws
  {
    let client = MockClient()
    let messages = try await client.subscribe(to: "a/+", "b")
    var reader = messages.makeAsyncIterator()
    client.deliver(Message("a/x", text: "1"))
    client.deliver(Message("c", text: "2"))
    await client.publish(Message("b", text: "3"))
    #expect(try await reader.next()?.text == "1")
    #expect(try await reader.next()?.text == "3")
    client.failSubscriptions(.overflow)
    await #expect(throws: ClientError.overflow) { try await reader.next() }
  }

  @Test func `requests are answered by the test or run out of time`() async throws {
    let client = MockClient()
    client.reply = { $0.topic == "ping" ? Message("", text: "pong") : nil }
    #expect(try await client.request(Message("ping"), within: .seconds(1)).text == "pong")
    await #expect(throws: ClientError.deadlinePassed) {
      try await client.request(Message("other"), within: .seconds(1))
    }
  }

  @Test func `after its end it refuses everything and its sequences have ended`() async throws {
    let client = MockClient()
    let messages = try await client.subscribe(to: "#")
    await client.disconnect(Disconnect(), within: .seconds(1))
    var reader = messages.makeAsyncIterator()
    #expect(try await reader.next() == nil)
    #expect(await client.publish(Message("a")) == .notSent(.stopped))
    await #expect(throws: ClientError.stopped) { try await client.subscribe(to: "#") }
  }

  @Test func `a filter that is none is refused as the client does`() async {
    await #expect(throws: ClientError.self) { try await MockClient().subscribe(to: "a/#/b") }
  }
}
