import TestSupport
import Testing

@testable import MQTTClient

/// Bugs that users of rumqtt reported, each by its symptom and its row in the feature list.
@Suite struct RumqttRegressionTests {
  @Test func `a broker that always hangs up is not asked in a hot loop (B3)`() {
    var harness = SessionHarness()
    _ = harness.start()
    var attempts = 0
    let end = harness.now + .seconds(60)
    while harness.now < end {
      guard case .down(_, let wait?)? = harness.fail().last else {
        Issue.record("no attempt is under way")
        return
      }
      attempts += 1
      _ = harness.advance(wait)
    }
    #expect(attempts < 15)
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `an unexpected PUBREL is answered and the connection stays (B11)`(
    version: ProtocolVersion
  ) throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port, version: version))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    try peer.send(.publishRelease(PublishReply(77)))
    let code = version == .v5 ? ReasonCode.packetIdentifierNotFound : .success
    #expect(try peer.next() == .publishComplete(PublishReply(77, code)))
    try test.publish(PublishRequest(key: 1, publish: Publish(topic: "a", payload: [])))
    #expect(try peer.nextPublish().topic == "a")
  }

  @Test func `traffic in one direction does not suppress the other's pings (B17)`() {
    var harness = SessionHarness {
      $0.keepAlive = 10
      $0.pingFraction = 1
    }
    _ = harness.connect()
    var pings = 0
    for _ in 0..<60 {
      pings += harness.advance(.seconds(1)).sends.count
      _ = harness.receive(.publish(Publish(topic: "t", payload: [])))
    }
    #expect((6...8).contains(pings), "the broker hears from us in each interval, not more")
    #expect(harness.session.state == .up, "and never owes us PINGRESP while it sends")
  }

  @Test func `a refused operation fails alone and the connection stays (B18)`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    try test.events.up()
    let publish = Publish(topic: "a", payload: [], qos: .atLeastOnce)
    try test.publish(PublishRequest(key: 1, publish: publish, packetID: 7))
    _ = try peer.nextPublish()
    try peer.send(.publishAck(PublishReply(7, .notAuthorized)))
    #expect(try test.events.finished(1) == .rejected(.notAuthorized, reasonString: nil))
    try test.perform { $0.subscribe(SubscribeRequest(key: 2, subscriptions: [Subscription("a")])) }
    guard case .subscribe(let subscribe) = try peer.next() else {
      Issue.record("no SUBSCRIBE")
      return
    }
    try peer.send(
      .subscribeAck(SubscribeAck(packetID: subscribe.packetID, reasonCodes: [.notAuthorized])))
    #expect(try test.events.next() == .subscribed(2, [.notAuthorized], reasonString: nil))
    try test.perform { $0.unsubscribe(key: 3, filters: ["b"]) }
    guard case .unsubscribe(let unsubscribe) = try peer.next() else {
      Issue.record("no UNSUBSCRIBE")
      return
    }
    try peer.send(
      .unsubscribeAck(
        UnsubscribeAck(packetID: unsubscribe.packetID, reasonCodes: [.noSubscriptionExisted])))
    #expect(try test.events.next() == .unsubscribed(3, [.noSubscriptionExisted], reasonString: nil))
    try test.publish(PublishRequest(key: 4, publish: Publish(topic: "b", payload: [])))
    #expect(try peer.nextPublish().topic == "b")
  }

  @Test func `a topic that is not UTF-8 is told and waited for longer each time (B19)`() throws {
    let listener = try LoopbackListener()
    var options = try ClientOptions.test(port: listener.port)
    options.session.reconnect.backoff = Backoff(
      initial: .milliseconds(1), maximum: .seconds(60), jitter: 0)
    let test = try TestLink(options)
    var waits: [Duration] = []
    for _ in 0..<3 {
      let peer = try BrokerPeer.accepted(by: listener, sessionPresent: true)
      try peer.socket.send(wire("30 [0002 C328 []]"))
      #expect(try peer.next() == .disconnect(Disconnect(.malformedPacket)))
      waits.append(
        try test.events.first { event in
          if case .down(.violation(.malformedPacket), _, let wait) = event { wait } else { nil }
        })
    }
    #expect(waits == [.milliseconds(1), .milliseconds(2), .milliseconds(4)])
  }

  @Test func `a message of a mebibyte arrives with the options as they are (B21)`() throws {
    let listener = try LoopbackListener()
    let test = try TestLink(.test(port: listener.port))
    let peer = try BrokerPeer.accepted(by: listener)
    let message = Publish(topic: "t", payload: Bytes(repeating: 7, count: 1 << 20))
    try peer.send(.publish(message))
    #expect(try test.events.delivered().publish == message)
  }

  @Test func `pending work is sent again to a kept session and anew to a new one (B24)`() throws {
    for isKept in [true, false] {
      let listener = try LoopbackListener()
      let test = try TestLink(.test(port: listener.port))
      let first = try BrokerPeer.accepted(by: listener)
      let publish = Publish(topic: "t", payload: [], qos: .exactlyOnce)
      try test.publish(PublishRequest(key: 1, publish: publish, packetID: 5))
      _ = try first.nextPublish()
      first.socket.close()
      let second = try BrokerPeer.accepted(by: listener, sessionPresent: isKept)
      let again = try second.nextPublish()
      #expect(again.packetID == 5)
      #expect(again.isDuplicate == isKept)
    }
  }

  @Test func `an acknowledgement does not keep the message (B35)`() {
    // No reference to anything: a few integers.
    #expect(MemoryLayout<AckToken>.size <= 24)
    #expect(_isPOD(AckToken.self))
  }
}
