import MQTTClient
import MQTTClientTesting
import Testing

@Suite struct ClientAgainstScriptTests {
  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `a client and the scripted broker understand each other`(version: ProtocolVersion)
    async throws
  {
    let broker = try ScriptedBroker()
    var options = try ClientOptions(broker.url)
    options.session.version = version
    options.session.clientID = "c"
    let client = try MQTTClient(options)
    try await client.connect()
    let messages = try await client.subscribe(to: "a/#")
    for qos in [QoS.atMostOnce, .atLeastOnce, .exactlyOnce] {
      await client.publish(Message("a/\(qos.rawValue)", text: "x", qos: qos))
    }
    var topics: Set<String> = []
    for try await message in messages.prefix(3) { topics.insert(message.topic) }
    #expect(topics == ["a/0", "a/1", "a/2"])
    #expect(await client.disconnect() == 0)
    #expect(await broker.packet(.disconnect) != nil)
  }

  @Test func `a dropped connection comes back with its subscription`() async throws {
    let broker = try ScriptedBroker()
    var options = try ClientOptions(broker.url)
    options.session.reconnect.backoff.initial = .milliseconds(1)
    let client = try MQTTClient(options)
    try await client.connect()
    let messages = try await client.subscribe(to: "a")
    broker.dropConnections()
    _ = try #require(await broker.packet(.connect, count: 2))
    var reader = messages.makeAsyncIterator()
    await client.publish(Message("a", text: "again"))
    #expect(try await reader.next()?.text == "again")
  }
}
