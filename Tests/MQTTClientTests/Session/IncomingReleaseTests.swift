import Testing

@testable import MQTTClient

/// PUBCOMP waits until the application has forgotten the identifier.
@Suite struct IncomingReleaseTests {
  fileprivate static func received(_ id: PacketID) -> SessionAction {
    .send(.publishReceived(PublishReply(id)))
  }

  static func complete(_ id: PacketID, _ code: ReasonCode = .success) -> SessionAction {
    .send(.publishComplete(PublishReply(id, code)))
  }

  @Test func `PUBCOMP leaves after the record and keeps the broker's place until then`()
    throws
  {
    var harness = IncomingHarness()
    try harness.begin(9)
    #expect(harness.incoming.openCount == 1)
    #expect(harness.recorded(9) == [Self.complete(9)])
    #expect(harness.incoming.openCount == 0)
    #expect(harness.recorded(9).isEmpty)
    _ = try harness.deliver(9)
  }

  @Test func `an unknown PUBREL is answered at once`() throws {
    var harness = IncomingHarness()
    #expect(harness.release(4) == [Self.complete(4, .packetIdentifierNotFound)])
    _ = try harness.deliver(5)
    #expect(harness.release(5) == [Self.complete(5, .packetIdentifierNotFound)])
    #expect(harness.recorded(5).isEmpty)
  }

  @Test func `a repeated PUBREL on the same link is owed one PUBCOMP`() throws {
    var harness = IncomingHarness()
    try harness.begin(9)
    #expect(harness.release(9).isEmpty)
    #expect(harness.recorded(9) == [Self.complete(9)])
  }

  @Test func `a PUBREL repeated on a later link is owed one PUBCOMP there`() throws {
    var harness = IncomingHarness()
    try harness.begin(9)
    harness.reconnect(.kept)
    #expect(harness.release(9).isEmpty)
    #expect(harness.recorded(9) == [Self.complete(9)])
    #expect(harness.recorded(9).isEmpty)
  }

  @Test func `a record between two links is answered when the broker asks again`() throws {
    var harness = IncomingHarness()
    try harness.begin(9)
    harness.loseLink()
    #expect(harness.recorded(9).isEmpty)
    harness.incoming.linkAccepted(.kept)
    #expect(harness.release(9) == [Self.complete(9, .packetIdentifierNotFound)])
  }

  @Test func `a record on a later link waits for the PUBREL of that link`() throws {
    var harness = IncomingHarness()
    try harness.begin(9)
    harness.reconnect(.kept)
    #expect(harness.recorded(9).isEmpty)
    #expect(harness.release(9) == [Self.complete(9, .packetIdentifierNotFound)])
  }

  @Test func `in a kept session a marked message during the record is a repetition`()
    throws
  {
    var harness = IncomingHarness()
    try harness.begin(9)
    harness.reconnect(.kept)
    #expect(try harness.receive(9, isDuplicate: true) == [Self.received(9)])
    #expect(harness.recorded(9).isEmpty)
    #expect(try harness.receive(9, isDuplicate: true) == [Self.received(9)])
    #expect(harness.release(9) == [.released(9)])
    #expect(harness.recorded(9) == [Self.complete(9)])
  }

  @Test(arguments: [SessionContinuity.kept, .doubtful, .lost])
  func `on a later link an unmarked message during the record is another one`(
    continuity: SessionContinuity
  ) throws {
    var harness = IncomingHarness()
    try harness.begin(9)
    harness.reconnect(continuity)
    let token = try harness.deliver(9)
    #expect(harness.recorded(9).isEmpty, "the record was of the old message")
    #expect(harness.acknowledge(token) == [Self.received(9)])
    #expect(harness.release(9) == [.released(9)])
    #expect(harness.recorded(9) == [Self.complete(9)])
  }

  @Test(arguments: [SessionContinuity.doubtful, .lost])
  func `in a session that is or may be new a marked one is another one, too`(
    continuity: SessionContinuity
  ) throws {
    var harness = IncomingHarness()
    try harness.begin(9)
    harness.reconnect(continuity)
    _ = try harness.deliver(9, isDuplicate: true)
  }

  @Test func `on the same link only a repetition may come before PUBCOMP`() throws {
    var harness = IncomingHarness()
    try harness.begin(9)
    #expect(try harness.receive(9, isDuplicate: true) == [Self.received(9)])
    #expect(throws: ProtocolViolation(.protocolError)) { try harness.receive(9) }
    #expect(harness.release(9).isEmpty)
    #expect(harness.recorded(9) == [Self.complete(9)])
  }

  @Test func `records of several messages may come in any order`() throws {
    var harness = IncomingHarness()
    try harness.begin(1)
    try harness.begin(2)
    #expect(throws: ProtocolViolation(.receiveMaximumExceeded)) { try harness.receive(3) }
    #expect(harness.recorded(2) == [Self.complete(2)])
    _ = try harness.deliver(3)
    #expect(harness.recorded(1) == [Self.complete(1)])
  }

  @Test func `a restored message that is repeated is answered and goes on from there`()
    throws
  {
    var harness = IncomingHarness()
    harness.incoming.restore([RestoredDelivery(7), RestoredDelivery(8)])
    harness.incoming.linkAccepted(.kept)
    #expect(try harness.receive(7, isDuplicate: true) == [Self.received(7)])
    #expect(try harness.receive(7) == [Self.received(7)])
    #expect(harness.release(7) == [.released(7)])
    #expect(harness.release(8) == [.released(8)])
    #expect(harness.recorded(7) == [Self.complete(7)])
    #expect(harness.recorded(8) == [Self.complete(8)])
    _ = try harness.deliver(8)
  }

  @Test func `a restored identifier may stand for another message by now`() throws {
    var harness = IncomingHarness()
    harness.incoming.restore([RestoredDelivery(7)])
    harness.incoming.linkAccepted(.kept)
    _ = try harness.deliver(7)
  }

  @Test func `a repetition of another message than the restored one is delivered`() throws {
    var harness = IncomingHarness()
    let old = Publish(topic: "a", payload: [1], qos: .exactlyOnce).fingerprint
    harness.incoming.restore([RestoredDelivery(7, fingerprint: old)])
    harness.incoming.linkAccepted(.kept)
    let token = try harness.deliver(7, isDuplicate: true)
    #expect(harness.acknowledge(token) == [Self.received(7)])
    #expect(harness.release(7) == [.released(7)])
    #expect(harness.recorded(7) == [Self.complete(7)])
  }

  @Test func `a repetition of the restored message is not delivered`() throws {
    var harness = IncomingHarness()
    let same = IncomingPublishesTests.publish(.exactlyOnce, 7).fingerprint
    harness.incoming.restore([RestoredDelivery(7, fingerprint: same)])
    harness.incoming.linkAccepted(.kept)
    #expect(try harness.receive(7, isDuplicate: true) == [Self.received(7)])
    harness.reconnect(.kept)
    #expect(try harness.receive(7, isDuplicate: true) == [Self.received(7)])
  }

  @Test func `topic and payload tell messages apart, and nothing that a repetition changes`() {
    let publish = Publish(topic: "a/b", payload: [1, 2], qos: .exactlyOnce, packetID: 7)
    #expect(publish.fingerprint == 0x042C_13E7_BF96_5919)
    var repeated = publish
    repeated.isDuplicate = true
    repeated.properties.messageExpiryInterval = 3
    repeated.properties.subscriptionIdentifiers = [9]
    #expect(repeated.fingerprint == publish.fingerprint)
    let others: [(String, Bytes)] = [
      ("a/b", [1]), ("a/b", [1, 3]), ("a/b", []), ("a", [1, 2]), ("a/b\u{1}", [2]),
    ]
    for (topic, payload) in others {
      let other = Publish(topic: topic, payload: payload, qos: .exactlyOnce, packetID: 7)
      #expect(other.fingerprint != publish.fingerprint)
    }
  }

  @Test func `after a lost session nothing restored is known`() throws {
    var harness = IncomingHarness()
    harness.incoming.restore([RestoredDelivery(7)])
    harness.incoming.linkAccepted(.lost)
    _ = try harness.deliver(7, isDuplicate: true)
  }

  @Test func `the doubt about a session outlasts the link on which it came up`() throws {
    var harness = IncomingHarness()
    let token = try harness.deliver(9)
    _ = harness.acknowledge(token)
    harness.reconnect(.doubtful)
    harness.reconnect(.kept)
    _ = try harness.deliver(9)
  }
}

/// The receiving half of a session that records releases, which hands out the actions of each input.
private struct IncomingHarness: ~Copyable {
  var incoming = IncomingPublishes(
    version: .v5, receiveMaximum: 2, excess: .disconnect, recordsReleased: true)

  mutating func run(
    _ input: (inout IncomingPublishes, inout [SessionAction]) throws -> Void
  ) rethrows -> [SessionAction] {
    var actions: [SessionAction] = []
    try input(&incoming, &actions)
    return actions
  }

  mutating func receive(_ id: PacketID, isDuplicate: Bool = false) throws -> [SessionAction] {
    let publish = IncomingPublishesTests.publish(.exactlyOnce, id, isDuplicate: isDuplicate)
    return try run { try $0.received(publish, &$1) }
  }

  mutating func release(_ id: PacketID) -> [SessionAction] {
    run { $0.receivedRelease(id, &$1) }
  }

  mutating func acknowledge(_ token: AckToken) -> [SessionAction] {
    run { $0.acknowledge(token, DeliveryReply(), &$1) }
  }

  mutating func recorded(_ id: PacketID) -> [SessionAction] {
    run { $0.releasedRecorded(id, &$1) }
  }

  /// The token of a message that nobody had before.
  mutating func deliver(_ id: PacketID, isDuplicate: Bool = false) throws -> AckToken {
    let actions = try receive(id, isDuplicate: isDuplicate)
    let tokens = actions.compactMap { if case .deliver(_, let token) = $0 { token } else { nil } }
    try #require(actions.count == 1 && tokens.count == 1, "\(actions)")
    return tokens[0]
  }

  /// From PUBLISH to PUBREL.
  mutating func begin(_ id: PacketID) throws {
    let token = try deliver(id)
    let answer = acknowledge(token)
    #expect(answer == [IncomingReleaseTests.received(id)])
    let released = release(id)
    #expect(released == [.released(id)])
  }

  mutating func reconnect(_ continuity: SessionContinuity) {
    loseLink()
    incoming.linkAccepted(continuity)
  }

  mutating func loseLink() {
    var ignored: [SessionAction] = []
    incoming.linkLost(&ignored)
  }
}
