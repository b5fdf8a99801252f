import Testing

@testable import MQTTClient

@Suite struct IncomingPublishesTests {
  var actions: [SessionAction] = []

  static func publish(_ qos: QoS, _ id: PacketID, isDuplicate: Bool = false) -> Publish {
    Publish(topic: "t", payload: [], qos: qos, isDuplicate: isDuplicate, packetID: id)
  }

  func incoming(
    receiveMaximum: UInt16? = nil, excess: ReceiveMaximumExcess = .tolerate
  ) -> IncomingPublishes {
    IncomingPublishes(version: .v5, receiveMaximum: receiveMaximum, excess: excess)
  }

  /// The tokens of the deliveries that one message causes.
  mutating func receive(
    _ incoming: inout IncomingPublishes, _ qos: QoS, _ id: PacketID, isDuplicate: Bool = false
  ) throws -> [AckToken] {
    try incoming.received(Self.publish(qos, id, isDuplicate: isDuplicate), &actions)
    let tokens = actions.compactMap { action in
      if case .deliver(_, let token) = action { token } else { nil }
    }
    actions.removeAll { if case .deliver = $0 { true } else { false } }
    return tokens
  }

  mutating func sent() -> [SessionAction] {
    defer { actions = [] }
    return actions
  }

  @Test mutating func `nothing is acknowledged before the application does`() throws {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, .atLeastOnce, 5).first)
    #expect(sent().isEmpty)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    #expect(sent() == [.send(.publishAck(PublishReply(5)))])
    #expect(incoming.openCount == 0)
  }

  @Test mutating func `PUBACKs leave in the order in which the messages came`() throws {
    var incoming = incoming()
    let tokens = try (1...3).flatMap { try receive(&incoming, .atLeastOnce, $0) }
    incoming.acknowledge(tokens[2], DeliveryReply(.success), &actions)
    incoming.acknowledge(tokens[1], DeliveryReply(.notAuthorized), &actions)
    #expect(sent().isEmpty)
    incoming.acknowledge(tokens[0], DeliveryReply(.success), &actions)
    #expect(
      sent() == [
        .send(.publishAck(PublishReply(1))), .send(.publishAck(PublishReply(2, .notAuthorized))),
        .send(.publishAck(PublishReply(3))),
      ])
  }

  @Test mutating func `a QoS 2 message goes through all four steps`() throws {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    #expect(sent() == [.send(.publishReceived(PublishReply(9)))])
    #expect(incoming.openCount == 1)
    incoming.receivedRelease(9, &actions)
    #expect(sent() == [.send(.publishComplete(PublishReply(9)))])
    #expect(incoming.openCount == 0)
  }

  @Test mutating func `PUBRECs leave in order and QoS 1 does not wait for them`() throws {
    var incoming = incoming()
    let first = try #require(try receive(&incoming, .exactlyOnce, 1).first)
    let second = try #require(try receive(&incoming, .exactlyOnce, 2).first)
    let other = try #require(try receive(&incoming, .atLeastOnce, 3).first)
    incoming.acknowledge(second, DeliveryReply(.success), &actions)
    incoming.acknowledge(other, DeliveryReply(.success), &actions)
    #expect(sent() == [.send(.publishAck(PublishReply(3)))])
    incoming.acknowledge(first, DeliveryReply(.success), &actions)
    #expect(
      sent() == [
        .send(.publishReceived(PublishReply(1))), .send(.publishReceived(PublishReply(2))),
      ])
  }

  @Test mutating func `a repeated QoS 2 message after PUBREC is answered and not delivered`() throws
  {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    incoming.linkLost(&actions)
    actions = []
    #expect(try receive(&incoming, .exactlyOnce, 9, isDuplicate: true).isEmpty)
    #expect(sent() == [.send(.publishReceived(PublishReply(9)))])
    #expect(try receive(&incoming, .exactlyOnce, 9, isDuplicate: true).isEmpty)
    #expect(sent() == [.send(.publishReceived(PublishReply(9)))])
    incoming.receivedRelease(9, &actions)
    #expect(sent() == [.send(.publishComplete(PublishReply(9)))])
    #expect(try receive(&incoming, .exactlyOnce, 9).count == 1)
  }

  @Test(arguments: [QoS.atLeastOnce, .exactlyOnce])
  mutating func `a repetition on the same link is delivered and answered once`(qos: QoS) throws {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, qos, 9).first)
    #expect(try receive(&incoming, qos, 9, isDuplicate: true).isEmpty)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    #expect(sent().count == 1)
  }

  @Test mutating func `a QoS 2 message repeated on a later link keeps its first token`() throws {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.linkLost(&actions)
    #expect(try receive(&incoming, .exactlyOnce, 9, isDuplicate: true).isEmpty)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    #expect(sent() == [.send(.publishReceived(PublishReply(9)))])
  }

  @Test mutating func `a QoS 2 message acknowledged between two links is not delivered again`()
    throws
  {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.linkLost(&actions)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    #expect(sent().isEmpty)
    #expect(try receive(&incoming, .exactlyOnce, 9, isDuplicate: true).isEmpty)
    #expect(sent() == [.send(.publishReceived(PublishReply(9)))])
  }

  @Test mutating func `another message may take the identifier of one the broker gave up`() throws {
    var incoming = incoming()
    let old = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.linkLost(&actions)
    let new = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.acknowledge(old, DeliveryReply(.success), &actions)
    #expect(sent().isEmpty)
    incoming.acknowledge(new, DeliveryReply(.success), &actions)
    #expect(sent() == [.send(.publishReceived(PublishReply(9)))])
  }

  @Test mutating func `an old or used token does nothing`() throws {
    var incoming = incoming()
    let old = try #require(try receive(&incoming, .atLeastOnce, 1).first)
    incoming.linkLost(&actions)
    let new = try #require(try receive(&incoming, .atLeastOnce, 1, isDuplicate: true).first)
    incoming.acknowledge(old, DeliveryReply(.success), &actions)
    #expect(sent().isEmpty)
    incoming.acknowledge(new, DeliveryReply(.success), &actions)
    incoming.acknowledge(new, DeliveryReply(.success), &actions)
    #expect(sent().count == 1)
    for qos in [QoS.atMostOnce, .atLeastOnce, .exactlyOnce] {
      let alien = AckToken(epoch: 1, serial: .max, packetID: 77, qos: qos)
      incoming.acknowledge(alien, DeliveryReply(.success), &actions)
    }
    #expect(sent().isEmpty)
  }

  @Test mutating func `after the broker lost the session its identifiers mean nothing`() throws {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    incoming.linkLost(&actions)
    incoming.linkAccepted(.lost)
    actions = []
    #expect(try receive(&incoming, .exactlyOnce, 9).count == 1)
  }

  @Test mutating func `in a session that may be new an unmarked message is another one`() throws {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    incoming.linkLost(&actions)
    incoming.linkAccepted(.doubtful)
    actions = []
    #expect(try receive(&incoming, .exactlyOnce, 9, isDuplicate: true).isEmpty)
    #expect(sent() == [.send(.publishReceived(PublishReply(9)))])
    incoming.linkLost(&actions)
    incoming.linkAccepted(.doubtful)
    #expect(try receive(&incoming, .exactlyOnce, 9).count == 1)
  }

  @Test mutating func `a refused QoS 2 message has no second step`() throws {
    var incoming = incoming()
    let token = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.acknowledge(token, DeliveryReply(.quotaExceeded), &actions)
    #expect(sent() == [.send(.publishReceived(PublishReply(9, .quotaExceeded)))])
    #expect(incoming.openCount == 0)
    #expect(try receive(&incoming, .exactlyOnce, 9).count == 1)
  }

  @Test mutating func `an unknown PUBREL is answered so that the broker stops asking`() {
    var incoming = incoming()
    incoming.receivedRelease(4, &actions)
    #expect(sent() == [.send(.publishComplete(PublishReply(4, .packetIdentifierNotFound)))])
  }

  @Test mutating func `MQTT 3 answers carry no reason`() throws {
    var incoming = IncomingPublishes(version: .v311, receiveMaximum: nil)
    let token = try #require(try receive(&incoming, .exactlyOnce, 9).first)
    incoming.acknowledge(token, DeliveryReply(.quotaExceeded), &actions)
    incoming.receivedRelease(4, &actions)
    #expect(
      sent() == [
        .send(.publishReceived(PublishReply(9))), .send(.publishComplete(PublishReply(4))),
      ])
  }

  @Test mutating func `more than we offered is refused if so wished`() throws {
    var incoming = incoming(receiveMaximum: 2, excess: .disconnect)
    let one = try #require(try receive(&incoming, .exactlyOnce, 1).first)
    _ = try receive(&incoming, .atLeastOnce, 2)
    #expect(throws: ProtocolViolation(.receiveMaximumExceeded)) {
      try incoming.received(Self.publish(.atLeastOnce, 3), &actions)
    }
    incoming.acknowledge(one, DeliveryReply(.success), &actions)
    #expect(throws: ProtocolViolation(.receiveMaximumExceeded)) {
      try incoming.received(Self.publish(.exactlyOnce, 3), &actions)
    }
    incoming.receivedRelease(1, &actions)
    #expect(try receive(&incoming, .exactlyOnce, 3).count == 1)
    #expect(incoming.excessCount == 0)
  }

  @Test mutating func `more than we offered is taken, counted and told once per link`() throws {
    var incoming = incoming(receiveMaximum: 2)
    var tokens: [AckToken] = []
    for id in PacketID(1)...5 {
      tokens += try receive(&incoming, id % 2 == 0 ? .exactlyOnce : .atLeastOnce, id)
    }
    #expect(tokens.count == 5 && incoming.openCount == 5 && incoming.excessCount == 3)
    incoming.reportExcess(&actions)
    #expect(sent() == [.receiveMaximumExceeded(by: 3, maximum: 2)])
    tokens += try receive(&incoming, .atLeastOnce, 6)
    incoming.reportExcess(&actions)
    #expect(sent().isEmpty && incoming.excessCount == 4)
    for token in tokens { incoming.acknowledge(token, DeliveryReply(.success), &actions) }
    #expect(sent().count == 6)
    incoming.linkLost(&actions)
    #expect(sent().isEmpty)
    for id in PacketID(11)...13 { _ = try receive(&incoming, .atLeastOnce, id) }
    incoming.linkLost(&actions)
    #expect(sent() == [.receiveMaximumExceeded(by: 1, maximum: 2)], "the end of the link tells too")
    #expect(incoming.excessCount == 5)
  }

  @Test mutating func `there are no more deliveries than packet identifiers`() throws {
    for maximum: UInt16? in [10, nil] {
      var incoming = incoming(receiveMaximum: maximum)
      for id in PacketID(1)...PacketID.max { _ = try receive(&incoming, .atLeastOnce, id) }
      #expect(incoming.openCount == 65_535)
      #expect(throws: ProtocolViolation(.receiveMaximumExceeded)) {
        try incoming.received(Self.publish(.atLeastOnce, 1), &actions)
      }
    }
  }

  @Test mutating func `exchanges of an earlier link take no quota until they come again`() throws {
    var incoming = incoming(receiveMaximum: 1, excess: .disconnect)
    let token = try #require(try receive(&incoming, .exactlyOnce, 1).first)
    incoming.acknowledge(token, DeliveryReply(.success), &actions)
    incoming.linkLost(&actions)
    #expect(incoming.openCount == 0)
    _ = try receive(&incoming, .exactlyOnce, 1, isDuplicate: true)
    #expect(incoming.openCount == 1)
    incoming.receivedRelease(1, &actions)
    #expect(incoming.openCount == 0)
  }

  @Test mutating func `QoS 0 is delivered and owes nothing`() throws {
    var incoming = incoming(receiveMaximum: 1)
    for _ in 0..<3 {
      let token = try #require(try receive(&incoming, .atMostOnce, 0).first)
      incoming.acknowledge(token, DeliveryReply(.success), &actions)
    }
    #expect(sent().isEmpty)
  }
}
