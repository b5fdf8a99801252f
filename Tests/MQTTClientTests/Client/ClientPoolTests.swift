import MQTTClient
import MQTTClientTesting
import TestSupport
import Testing

@Suite struct ClientPoolTests {
  @Test func `a key keeps its connection and its order`() async throws {
    let broker = try MQTTClientTesting.ScriptedBroker({ _ in [.behave] })
    let pool = try MQTTClientPool(.forTests(broker.url, clientID: "pool"), count: 3)
    try await pool.connect()
    let keys = (0..<12).map { "key-\($0)" }
    for round in 0..<5 {
      for key in keys {
        #expect(await pool.publish(Message("\(key)/\(round)", text: ""), key: key).isSuccess)
      }
    }
    var connections: [String: Set<Int>] = [:]
    var rounds: [String: [String]] = [:]
    for received in broker.packets {
      guard case .publish(let publish) = received.packet else { continue }
      let parts = publish.topic.split(separator: "/").map(String.init)
      connections[parts[0], default: []].insert(received.connection)
      rounds[parts[0], default: []].append(parts[1])
    }
    #expect(connections.count == keys.count)
    #expect(connections.values.allSatisfy { $0.count == 1 })
    #expect(rounds.values.allSatisfy { $0 == ["0", "1", "2", "3", "4"] })
    #expect(Set(connections.values.flatMap { $0 }).count == 3, "every client has some of the keys")
    #expect(await pool.disconnect() == 0)
  }

  @Test func `each client has an identifier of its own, and a key the same client everywhere`()
    async throws
  {
    let broker = try MQTTClientTesting.ScriptedBroker({ _ in [.behave] })
    let options = try ClientOptions.forTests(broker.url, clientID: "pool")
    let (one, other) = (
      try MQTTClientPool(options, count: 4), try MQTTClientPool(options, count: 4)
    )
    #expect(one.clients.map(\.options.session.clientID) == (0..<4).map { "pool-\($0)" })
    for key in ["", "a", "b", "tenant/7", "ü"] {
      let names = [one, other].map { $0.client(for: key).options.session.clientID }
      #expect(Set(names).count == 1)
    }
    #expect(try MQTTClientPool(options, count: 0).clients.count == 1)
  }

  @Test func `connecting throws the failure of any client`() async throws {
    let pool = try MQTTClientPool(
      .forTests("mqtt://127.0.0.1:\(try FreePort.next())"), count: 2)
    await #expect(throws: ClientError.self) { try await pool.connect() }
    #expect(await pool.disconnect() == 0)
  }
}
