import TestSupport
import Testing

@testable import MQTTClient

/// Defects that were found by reading rumqttc-next, each by its symptom and its row.
@Suite struct RumqttDefectTests {
  @Test func `steady QoS 0 to a dead peer does not hide that it is dead (D1)`() {
    var harness = SessionHarness { $0.keepAlive = 20 }
    _ = harness.connect()
    for second in 0..<60 {
      _ = harness.publish(SessionTests.request(UInt64(second), .atMostOnce))
      harness.session.wrote(at: harness.now)
      if harness.advance(.seconds(1)).last?.isDown(.pingTimeout) == true {
        #expect(second < 31)
        return
      }
    }
    Issue.record("the dead peer was never noticed")
  }

  @Test func `a publish above the broker's limit fails alone and the connection stays (D3)`()
    throws
  {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let properties = ConnectAck.Properties { $0.maximumPacketSize = 100 }
    let peer = try BrokerPeer.accepted(by: listener, properties: properties)
    try test.events.up()
    let large = Publish(
      topic: "a", payload: Bytes(repeating: 0, count: 100), qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 1, publish: large))
    #expect(try test.events.finished(1) == .notSent(.packetTooLarge(limit: 100)))
    try test.publish(PublishRequest(key: 2, publish: Publish(topic: "b", payload: [])))
    #expect(try peer.nextPublish().topic == "b")
  }

  @Test func `requests that were never sent survive a lost session (D6)`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    try BrokerPeer.accepted(by: listener).socket.close()
    _ = try test.events.down()
    for key in 1...3 {
      let publish = Publish(topic: "\(key)", payload: [], qos: .atLeastOnce)
      try test.publish(PublishRequest(key: UInt64(key), publish: publish))
    }
    // The session takes what comes until the connection is back, however soon that is.
    let peer = try BrokerPeer.accepted(by: listener, sessionPresent: false)
    for key in 1...3 { #expect(try peer.nextPublish().topic == "\(key)") }
  }

  @Test func `an acknowledgement given twice does not end the connection (D7)`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try peer.send(.publish(Publish(topic: "t", payload: [], qos: .atLeastOnce, packetID: 9)))
    let token = try test.events.delivered().token
    try test.perform {
      $0.acknowledge(token)
      $0.acknowledge(token)
      $0.acknowledge(AckToken(epoch: 99, serial: 99, packetID: 99, qos: .atLeastOnce))
    }
    try test.publish(PublishRequest(key: 1, publish: Publish(topic: "after", payload: [])))
    #expect(try peer.next() == .publishAck(PublishReply(9)))
    #expect(try peer.nextPublish().topic == "after")
  }

  @Test(arguments: [
    ("$SYS/#", "$SYS/broker/uptime", true), ("$SYS/+/uptime", "$SYS/broker/uptime", true),
    ("#", "$SYS/broker/uptime", false), ("+/broker", "$SYS/broker", false),
    ("$share/g/a/+", "a/b", true), ("$share/g/$SYS/#", "$SYS/x", true),
    ("$share/g/#", "$SYS/x", false), ("$share/g/a/+", "$share/g/a/b", false),
  ])
  func `filters for $SYS and shared filters match what they say (D8)`(
    filter: String, topic: String, isMatch: Bool
  ) throws {
    #expect(try TopicFilter(filter).matches(topic: topic) == isMatch)
    var index = FilterIndex<Int>()
    index.insert(1, for: try TopicFilter(filter))
    var found: Set<Int> = []
    index.forEachMatch(topic) { found.insert($0) }
    #expect(found.isEmpty != isMatch)
  }
}
