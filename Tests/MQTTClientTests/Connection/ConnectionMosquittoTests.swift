import MQTTClient
import TestSupport
import Testing

/// A caller-driven connection against a real broker.
@Suite struct ConnectionMosquittoTests {
  @Test(arguments: [ProtocolVersion.v311, .v5], [QoS.atMostOnce, .atLeastOnce, .exactlyOnce])
  func `messages go out and come back`(version: ProtocolVersion, qos: QoS) throws {
    let broker = try Mosquitto()
    let connection = try MQTTConnection(.test(port: broker.port, version: version))
    let info = try connection.connect(within: .seconds(20))
    #expect(info.clientID == "test")
    let grants = try connection.subscribe(to: ["echo/+", "other"], within: .seconds(20))
    #expect(grants.map(\.reasonCode) == [.grantedQoS2, .grantedQoS2])
    let outcome = connection.publish(Message("echo/1", text: "hello", qos: qos))
    let expected: PublishOutcome =
      qos == .atMostOnce
      ? .sent : .acknowledged(.success, reasonString: nil, isUncertain: false)
    #expect(outcome == expected)
    let message = try #require(connection.receive(within: .seconds(20)))
    #expect(message.topic == "echo/1")
    #expect(message.text == "hello")
    #expect(message.qos == qos)
    try connection.unsubscribe(from: ["echo/+"], within: .seconds(20))
    #expect(connection.disconnect(within: .seconds(20)))
    #expect(connection.isFinished == false)
    #expect(connection.events.contains(.client(.stopped)))
    #expect(connection.isFinished)
  }

  @Test func `ten thousand tracked publishes end, each once`() throws {
    let broker = try Mosquitto()
    let connection = try MQTTConnection(.test(port: broker.port))
    try connection.connect(within: .seconds(20))
    var open: Set<OperationID> = []
    for number in 0..<10_000 {
      open.insert(try connection.tryPublish(Message("t", text: "\(number)")))
    }
    while !open.isEmpty {
      guard case .published(let id, let outcome)? = connection.poll(for: .seconds(20)) else {
        continue
      }
      guard case .acknowledged = outcome, open.remove(id) != nil else {
        Issue.record("\(id) ended as \(outcome)")
        return
      }
    }
    #expect(connection.metrics.acknowledgementTimeQoS1.count == 10_000)
  }

  @Test func `a restarted broker is found again while a publish waits`() throws {
    var brokerOptions = Mosquitto.Options()
    brokerOptions.keepsSessions = false
    let broker = try Mosquitto(brokerOptions)
    let connection = try MQTTConnection(.test(port: broker.port))
    try connection.connect(within: .seconds(20))
    try connection.subscribe(to: ["t"], within: .seconds(20))
    try broker.kill()
    #expect(
      eventually {
        connection.process()
        return connection.metrics.counters.connectionFailures.total > 0
      })
    let id = try connection.tryPublish(Message("t", text: "kept"))
    try broker.start()
    let result = connection.wait(for: id, within: .seconds(20))
    #expect(
      result
        == .published(.acknowledged(.success, reasonString: nil, isUncertain: false)))
    #expect(connection.receive(within: .seconds(20))?.text == "kept")
  }
}
