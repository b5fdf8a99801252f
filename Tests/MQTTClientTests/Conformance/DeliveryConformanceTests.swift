import Testing

@testable import MQTTClient

/// Chapter 4: what is sent once, what again, and in which order.
@Suite struct DeliveryConformanceTests {
  static let versions: [ProtocolVersion] = [.v311, .v5]

  static func message(
    _ qos: QoS, _ id: PacketID, isDuplicate: Bool = false, expiry: UInt32? = nil
  ) -> Packet {
    var publish = Publish(
      topic: "t", payload: [], qos: qos, isDuplicate: isDuplicate, packetID: id)
    publish.properties.messageExpiryInterval = expiry
    return .publish(publish)
  }

  static func token(_ actions: [SessionAction]) -> AckToken? {
    actions.lazy.compactMap { if case .deliver(_, let token) = $0 { token } else { nil } }.first
  }

  @Test(arguments: [false, true], versions)
  func `after PUBACK the same identifier is a new message`(
    isDuplicate: Bool, version: ProtocolVersion
  ) throws {
    var harness = SessionHarness { $0.version = version }
    _ = harness.connect()
    let first = try #require(Self.token(harness.receive(Self.message(.atLeastOnce, 5))))
    #expect(
      harness.run { $0.acknowledge(first, at: $1, &$2) } == [.send(.publishAck(PublishReply(5)))])
    let again = harness.receive(Self.message(.atLeastOnce, 5, isDuplicate: isDuplicate))
    let second = try #require(Self.token(again))
    #expect(second != first)
  }

  @Test(arguments: versions)
  func `after PUBCOMP the same identifier is a new message`(
    version: ProtocolVersion
  ) throws {
    var harness = SessionHarness { $0.version = version }
    _ = harness.connect()
    for _ in 0..<2 {
      let token = try #require(Self.token(harness.receive(Self.message(.exactlyOnce, 5))))
      #expect(
        harness.run { $0.acknowledge(token, at: $1, &$2) }
          == [.send(.publishReceived(PublishReply(5)))])
      #expect(
        harness.receive(.publishRelease(PublishReply(5)))
          == [.send(.publishComplete(PublishReply(5)))])
    }
  }

  @Test func `a message is acknowledged to its end although it has expired`() throws {
    var harness = SessionHarness { $0.keepAlive = 0 }
    _ = harness.connect()
    let delivery = harness.receive(Self.message(.exactlyOnce, 5, expiry: 1))
    let token = try #require(Self.token(delivery))
    _ = harness.advance(.seconds(5))
    #expect(
      harness.run { $0.acknowledge(token, at: $1, &$2) }
        == [.send(.publishReceived(PublishReply(5)))])
    #expect(
      harness.receive(.publishRelease(PublishReply(5)))
        == [.send(.publishComplete(PublishReply(5)))])
  }

  @Test(arguments: versions)
  func `a message that nobody subscribed to is delivered and acknowledged`(
    version: ProtocolVersion
  ) throws {
    var harness = SessionHarness { $0.version = version }
    _ = harness.connect()
    for qos in [QoS.atLeastOnce, .exactlyOnce] {
      let token = try #require(Self.token(harness.receive(Self.message(qos, 1))))
      #expect(harness.run { $0.acknowledge(token, at: $1, &$2) }.count == 1)
    }
  }

  @Test(arguments: versions)
  func `while a connection lasts nothing is sent twice`(
    version: ProtocolVersion
  ) {
    var harness = SessionHarness {
      $0.version = version
      $0.keepAlive = 5
    }
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = harness.publish(SessionTests.request(2, .exactlyOnce))
    _ = harness.publish(SessionTests.request(3, .exactlyOnce))
    _ = harness.receive(.publishReceived(PublishReply(3)))
    _ = harness.subscribe(4, "a")
    _ = harness.flush()
    for _ in 0..<29 {
      let sent = harness.advance(.seconds(1)).filter { $0 != .send(.pingRequest) }
      #expect(sent.isEmpty)
      _ = harness.receive(.pingResponse)
    }
  }

  @Test func `a refused publish is not sent again after a reconnect`() {
    var harness = SessionHarness()
    _ = harness.connect()
    _ = harness.publish(SessionTests.request(1))
    _ = harness.publish(SessionTests.request(2, .exactlyOnce))
    _ = harness.receive(.publishAck(PublishReply(1, .quotaExceeded)))
    _ = harness.receive(.publishReceived(PublishReply(2, .quotaExceeded)))
    _ = harness.fail()
    let actions = harness.connect(sessionPresent: true)
    #expect(actions.count == 1)
    guard case .up = actions.first else {
      Issue.record("\(actions)")
      return
    }
  }

  @Test(arguments: versions)
  func `PUBRELs leave in the order of the PUBRECs`(
    version: ProtocolVersion
  ) {
    var harness = SessionHarness { $0.version = version }
    _ = harness.connect()
    for key in 1...3 { _ = harness.publish(SessionTests.request(UInt64(key), .exactlyOnce)) }
    let released = [3, 1, 2].flatMap { (id: PacketID) in
      harness.receive(.publishReceived(PublishReply(id)))
    }
    #expect(released.sends == [.release(3), .release(1), .release(2)])
    _ = harness.fail()
    let again = harness.connect(sessionPresent: true)
    #expect(again.sends == [.release(3), .release(1), .release(2)])
  }

  @Test func `a PUBLISH that went out once goes out again although it has expired`() {
    var harness = SessionHarness()
    _ = harness.connect()
    var request = SessionTests.request(1, .exactlyOnce)
    request.publish.properties.messageExpiryInterval = 2
    _ = harness.publish(request)
    _ = harness.fail()
    harness.now += .seconds(10)
    let actions = harness.connect(sessionPresent: true)
    let isAgain = actions.contains { action in
      guard case .send(.publish(let publish)) = action else { return false }
      return publish.packetID == 1 && publish.isDuplicate
    }
    #expect(isAgain)
  }

  @Test(arguments: versions)
  func `a DUP flag that came with the request does not go out`(
    version: ProtocolVersion
  ) {
    var harness = SessionHarness { $0.version = version }
    _ = harness.connect()
    var request = SessionTests.request(1)
    request.publish.isDuplicate = true
    #expect(harness.publish(request).first == .publish(1))
    var once = SessionTests.request(2, .atMostOnce)
    once.publish.isDuplicate = true
    let sent = harness.publish(once).sends
    #expect(sent == [.send(.publish(Publish(topic: "t", payload: [])))])
  }

  @Test(arguments: versions)
  func `with a full window everything but publishes goes out`(
    version: ProtocolVersion
  ) throws {
    var harness = SessionHarness { $0.version = version }
    _ = harness.connect { $0.receiveMaximum = 1 }
    _ = harness.publish(SessionTests.request(1, .exactlyOnce))
    #expect(harness.publish(SessionTests.request(2)).sends.isEmpty)
    _ = harness.subscribe(3, "a")
    #expect(harness.flush().sends.count == 1)
    let token = try #require(Self.token(harness.receive(Self.message(.atLeastOnce, 9))))
    #expect(
      harness.run { $0.acknowledge(token, at: $1, &$2) } == [.send(.publishAck(PublishReply(9)))])
    #expect(
      harness.receive(.publishReceived(PublishReply(1))).sends == [.release(1)])
    #expect(
      harness.receive(.publishComplete(PublishReply(1))).sends == [.publish(2)])
  }
}

extension [SessionAction] {
  /// The packets that they put on the wire.
  var sends: Self {
    compactMap { action in
      switch action {
      case .send: action
      case .sendOnce(_, let publish): .send(.publish(publish))
      default: nil
      }
    }
  }
}
