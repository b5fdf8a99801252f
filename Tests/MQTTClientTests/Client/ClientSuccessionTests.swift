import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

/// Make before break.
@Suite struct ClientSuccessionTests {
  @Test func `the successor listens before the predecessor says goodbye`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let options = try ClientOptions.forTests(test.broker.url, clientID: "next")
    let successor = try await test.client.hand(over: options) { next in
      _ = try await next.subscribe([Subscription("a")])
    }
    #expect(await successor.publish("x", to: "b").isSuccess)
    let packets = test.broker.packets
    let subscribed = packets.firstIndex { $0.type == .subscribe }
    let goodbye = packets.firstIndex { $0.type == .disconnect }
    #expect(try #require(subscribed) < #require(goodbye))
    #expect(packets[try #require(goodbye)].connection == packets[0].connection)
    #expect(await test.client.publish("x", to: "b") == .notSent(.stopped))
    _ = await successor.disconnect()
  }

  @Test func `a successor that fails leaves the predecessor alone`() async throws {
    let test = try ClientFixture()
    try await test.client.connect()
    let nowhere = try ClientOptions.forTests(
      "mqtt://127.0.0.1:\(try FreePort.next())", clientID: "next")
    await #expect(throws: ClientError.self) { try await test.client.hand(over: nowhere) }
    let options = try ClientOptions.forTests(test.broker.url, clientID: "next")
    await #expect(throws: TestFailure.self) {
      try await test.client.hand(over: options) { _ in throw TestFailure("it cannot take over") }
    }
    #expect(await test.client.publish("x", to: "b").isSuccess)
    let own = try ClientOptions.forTests(test.broker.url)
    await #expect(throws: ConnectionFailure.self) { try await test.client.hand(over: own) }
    #expect(await test.client.publish("x", to: "b").isSuccess)
    _ = await test.client.disconnect()
  }
}
