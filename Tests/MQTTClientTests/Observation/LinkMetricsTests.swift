import MQTTClient
import TestSupport
import Testing

/// The numbers of a link whose broker is played by the test.
@Suite struct LinkMetricsTests {
  @Test(arguments: [QoS.atLeastOnce, .exactlyOnce])
  func `a publish is counted and timed up to its last acknowledgement`(qos: QoS) throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try test.publish(
      PublishRequest(key: 1, publish: Publish(topic: "t", payload: [1], qos: qos), packetID: 3))
    let bytes = try peer.encoded(.publish(peer.nextPublish())).count
    if qos == .exactlyOnce {
      try peer.send(.publishReceived(PublishReply(3)))
      _ = try peer.next()
      try peer.send(.publishComplete(PublishReply(3)))
    } else {
      try peer.send(.publishAck(PublishReply(3)))
    }
    _ = try test.events.finished(1)
    #expect(eventually { test.link.metrics.counters.publishOutcomes.acknowledged == 1 })
    let metrics = test.link.metrics
    #expect(metrics.counters.publishes[qos] == 1)
    #expect(metrics.counters.packetsSent[.publish] == 1)
    #expect(metrics.counters.packetsSent.bytes(of: .publish) == UInt64(bytes))
    #expect(metrics.acknowledgementTimeQoS1.count == (qos == .atLeastOnce ? 1 : 0))
    #expect(metrics.acknowledgementTimeQoS2.count == (qos == .exactlyOnce ? 1 : 0))
    #expect(metrics.gauges.inFlightPublishes == 0)
    #expect(metrics.gauges.isConnected)
    #expect(metrics.connectTime.count == 1)
  }

  @Test func `deliveries, their duplicates and our acknowledgements are counted`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.connect.topicAliasMaximum = 5
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    var message = Publish(topic: "t", payload: [1], qos: .atLeastOnce, packetID: 9)
    try peer.send(.publish(message))
    let token = try test.events.delivered().token
    message.isDuplicate = true
    try peer.send(.publish(message))
    #expect(eventually { test.link.metrics.counters.duplicatesSuppressed == 1 })
    #expect(test.link.metrics.gauges.unacknowledgedDeliveries == 1)
    try test.perform { $0.acknowledge(token) }
    _ = try peer.next()
    var named = Publish(topic: "long/topic", payload: [])
    named.properties.topicAlias = 4
    try peer.send(.publish(named))
    named.topic = ""
    try peer.send(.publish(named))
    #expect(eventually { test.link.metrics.counters.deliveries[.atMostOnce] == 2 })
    let metrics = test.link.metrics
    #expect(metrics.counters.deliveries.total == 3)
    #expect(metrics.counters.aliasHitsReceived == 1)
    #expect(metrics.counters.packetsReceived[.publish] == 4)
    #expect(metrics.counters.duplicatesSuppressed == 1)
    #expect(metrics.receiveToAcknowledge.count == 1)
    #expect(metrics.gauges.unacknowledgedDeliveries == 0)
  }

  @Test func `an end of the connection is counted by its kind, and a repetition as one`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    do {
      let peer = try BrokerPeer.accepted(by: listener)
      let publish = Publish(topic: "t", payload: [1], qos: .atLeastOnce)
      try test.publish(PublishRequest(key: 1, publish: publish, packetID: 3))
      _ = try peer.nextPublish()
      try peer.send(.disconnect(Disconnect(.serverShuttingDown)))
    }
    let peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
    #expect(try peer.nextPublish().isDuplicate)
    try peer.send(.publishAck(PublishReply(3)))
    try peer.send(.publishAck(PublishReply(4)))
    #expect(eventually { test.link.metrics.counters.strayAcknowledgements == 1 })
    let counters = test.link.metrics.counters
    #expect(counters.connectionFailures[.closedByBroker] == 1)
    #expect(counters.connectionFailures.total == 1)
    #expect(counters.connections == 2)
    #expect(counters.connectionAttempts == 2)
    #expect(counters.retransmissions == 1)
    #expect(counters.packetsSent[.publish] == 2)
    #expect(test.link.metrics.acknowledgementTimeQoS1.count == 1)
  }

  @Test func `each stall has a counter of its own`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.acknowledgementTimeout = .milliseconds(50)
    let test = try TestLink(options)
    let peer = try BrokerPeer.accepted(by: listener)
    let publish = Publish(topic: "t", payload: [1], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 1, publish: publish))
    _ = try peer.nextPublish()
    #expect(eventually { test.link.metrics.counters.acknowledgementStalls >= 1 })
    #expect(test.link.metrics.counters.pingTimeouts == 0)
    #expect(test.link.metrics.counters.writeStalls == 0)
  }
}
