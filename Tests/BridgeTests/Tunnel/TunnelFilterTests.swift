import MQTTClient
import Testing

@testable import Bridge

@Suite struct TunnelFilterTests: ~Copyable {
  private var filter: TunnelFilter
  private var actions: [TunnelFilter.Action] = []
  private var version = ProtocolVersion.v5

  init() {
    filter = TunnelFilter(Self.rules())
  }

  private static func rules() -> TunnelRules {
    var rules = TunnelRules(
      mayPublish: { topic, qos, retain in topic.hasPrefix("a/") && qos < .exactlyOnce && !retain },
      maySubscribe: { filter, _ in filter.text.hasPrefix("a/") },
      mayReceive: { topic, _ in topic != "a/secret" }, takeRate: { true })
    rules.username = "bridge"
    rules.password = [1, 2]
    rules.clientIDPrefix = "bob/"
    rules.reservedClientID = "the-bridge"
    rules.packetBytesMax = 10_000
    return rules
  }

  private func bytes(_ packet: Packet) -> [UInt8] {
    var bytes: [UInt8] = []
    try? PacketEncoder.encode(packet, version: version, into: &bytes)
    return bytes
  }

  private mutating func say(_ packet: Packet) -> [TunnelFilter.Action] {
    filter.receivedFromClient(bytes(packet), &actions)
    return exchange(&actions, with: [])
  }

  private mutating func brokerSays(_ packet: Packet) -> [TunnelFilter.Action] {
    filter.receivedFromBroker(bytes(packet), &actions)
    return exchange(&actions, with: [])
  }

  private func toBroker(_ packet: Packet) -> TunnelFilter.Action { .sendToBroker(bytes(packet)) }
  private func toClient(_ packet: Packet) -> TunnelFilter.Action { .sendToClient(bytes(packet)) }

  private static func connect(
    _ clientID: String = "x", _ version: ProtocolVersion = .v5
  ) -> Connect {
    Connect(version: version, clientID: clientID, cleanStart: true, keepAlive: 60)
  }

  private mutating func open(_ version: ProtocolVersion = .v5, aliases: UInt16 = 0) {
    self.version = version
    _ = say(.connect(Self.connect("x", version)))
    var ack = ConnectAck(sessionPresent: false, reasonCode: .success)
    if aliases > 0 { ack.properties.topicAliasMaximum = aliases }
    _ = brokerSays(.connectAck(ack))
  }

  private func publish(_ topic: String, _ qos: QoS = .atMostOnce) -> Publish {
    Publish(topic: topic, payload: [1], qos: qos, packetID: qos == .atMostOnce ? nil : 7)
  }

  @Test mutating func `the broker sees the bridge's credentials and the caller's own session`()
    throws
  {
    var connect = Self.connect()
    connect.username = "mallory"
    connect.password = [9]
    connect.properties.topicAliasMaximum = 5
    let first = say(.connect(connect)).first
    let action = try #require(first)
    guard case .sendToBroker(let bytes) = action else {
      Issue.record("not sent to the broker")
      return
    }
    var decoder = PacketDecoder(serverWithMaximumPacketSize: 1000)
    decoder.append(bytes)
    guard case .connect(let seen) = try decoder.next() else {
      Issue.record("no CONNECT")
      return
    }
    #expect(seen.username == "bridge" && seen.password == [1, 2])
    #expect(seen.clientID == "bob/x")
    #expect(seen.properties.topicAliasMaximum == nil)
    #expect(seen.properties.maximumPacketSize == 10_000)
  }

  @Test mutating func `a will that may not be published, and the bridge's own name, are refused`() {
    var connect = Self.connect()
    connect.will = Will(topic: "b", payload: [])
    #expect(
      say(.connect(connect)) == [
        toClient(.connectAck(ConnectAck(sessionPresent: false, reasonCode: .notAuthorized))),
        .end(.forbidden),
      ])
    var rules = Self.rules()
    rules.clientIDPrefix = ""
    filter = TunnelFilter(rules)
    #expect(
      say(.connect(Self.connect("the-bridge"))) == [
        toClient(
          .connectAck(ConnectAck(sessionPresent: false, reasonCode: .clientIdentifierNotValid))),
        .end(.forbidden),
      ])
  }

  @Test mutating func `with MQTT 5 a message that is refused is answered in its place`() {
    open()
    #expect(
      say(.publish(publish("a/1", .atLeastOnce))) == [
        toBroker(.publish(publish("a/1", .atLeastOnce)))
      ])
    #expect(
      say(.publish(publish("b", .atLeastOnce))) == [
        toClient(.publishAck(PublishReply(7, .notAuthorized)))
      ])
    #expect(
      say(.publish(publish("a/1", .exactlyOnce))) == [
        toClient(.publishReceived(PublishReply(7, .notAuthorized)))
      ])
    let gone = PublishReply(7, .packetIdentifierNotFound)
    #expect(say(.publishRelease(PublishReply(7))) == [toClient(.publishComplete(gone))])
    #expect(say(.publishRelease(PublishReply(7))) == [toBroker(.publishRelease(PublishReply(7)))])
    #expect(say(.publish(publish("b"))) == [])
    let dropped = filter.droppedMessages
    #expect(dropped == 1)
  }

  @Test mutating func `before MQTT 5 it ends the tunnel`() {
    open(.v311)
    #expect(say(.publish(publish("b"))) == [.end(.forbidden)])
    #expect(say(.publish(publish("a/1"))) == [])
  }

  @Test mutating func `an alias is resolved, and stands for what it was given last`() {
    open(aliases: 3)
    var first = publish("b")
    first.properties.topicAlias = 2
    #expect(say(.publish(first)) == [])
    var second = publish("")
    second.properties.topicAlias = 2
    #expect(say(.publish(second)) == [])
    first.topic = "a/1"
    #expect(say(.publish(first)) == [toBroker(.publish(publish("a/1")))])
    #expect(say(.publish(second)) == [toBroker(.publish(publish("a/1")))])
    second.properties.topicAlias = 3
    #expect(say(.publish(second)).last == .end(.protocolError))
  }

  @Test mutating func `filters that are refused are taken out, and their refusals put in`() {
    open()
    let wanted = ["a/1", "b", "a/2"].map { Subscription($0) }
    var rest = Subscribe(packetID: 3, subscriptions: wanted)
    let whole = rest
    rest.subscriptions.remove(at: 1)
    #expect(say(.subscribe(whole)) == [toBroker(.subscribe(rest))])
    #expect(
      brokerSays(.subscribeAck(SubscribeAck(packetID: 3, reasonCodes: [.success, .grantedQoS2])))
        == [
          toClient(
            .subscribeAck(
              SubscribeAck(packetID: 3, reasonCodes: [.success, .notAuthorized, .grantedQoS2])))
        ])
    let none = Subscribe(packetID: 4, subscriptions: [Subscription("b")])
    #expect(
      say(.subscribe(none)) == [
        toClient(.subscribeAck(SubscribeAck(packetID: 4, reasonCodes: [.notAuthorized])))
      ])
  }

  @Test mutating func `a denied message is acknowledged for the client, which does not see it`() {
    open()
    #expect(brokerSays(.publish(publish("a/1"))) == [toClient(.publish(publish("a/1")))])
    #expect(brokerSays(.publish(publish("a/secret"))) == [])
    #expect(
      brokerSays(.publish(publish("a/secret", .atLeastOnce))) == [
        toBroker(.publishAck(PublishReply(7)))
      ])
    #expect(
      brokerSays(.publish(publish("a/secret", .exactlyOnce))) == [
        toBroker(.publishReceived(PublishReply(7)))
      ])
    #expect(
      brokerSays(.publishRelease(PublishReply(7))) == [
        toBroker(.publishComplete(PublishReply(7)))
      ])
    #expect(
      brokerSays(.publishRelease(PublishReply(7))) == [toClient(.publishRelease(PublishReply(7)))])
  }

  @Test mutating func `what is not MQTT, comes too early or is too large ends the tunnel`() {
    filter.receivedFromClient([0xC0, 0x00], &actions)
    #expect(exchange(&actions, with: []) == [.end(.protocolError)])
    filter = TunnelFilter(Self.rules())
    filter.receivedFromClient([0x00, 0x00], &actions)
    #expect(exchange(&actions, with: []) == [.end(.malformed)])
    filter = TunnelFilter(Self.rules())
    open()
    var large = publish("a/1")
    large.payload = Array(repeating: 0, count: 10_000)[...]
    #expect(
      say(.publish(large)) == [toClient(.disconnect(Disconnect(.packetTooLarge))), .end(.tooLarge)])
    filter = TunnelFilter(Self.rules())
    open()
    #expect(
      say(.connect(Self.connect())) == [
        toClient(.disconnect(Disconnect(.protocolError))), .end(.protocolError),
      ])
    filter = TunnelFilter(Self.rules())
    open()
    filter.receivedFromClient([0x32, 0x03, 0x00, 0x01, 0xFF], &actions)
    #expect(
      exchange(&actions, with: []) == [
        toClient(.disconnect(Disconnect(.malformedPacket))), .end(.malformed),
      ])
  }

  @Test mutating func `the rules are those of the client identifier that the client gives`() {
    var rules = Self.rules()
    rules.bound = { id in
      var bound = Self.rules()
      bound.mayPublish = { topic, _, _ in topic == "dev/\(id)" }
      return bound
    }
    filter = TunnelFilter(rules)
    open()
    #expect(say(.publish(publish("dev/x"))) == [toBroker(.publish(publish("dev/x")))])
    #expect(say(.publish(publish("a/1"))) == [])
    #expect(filter.droppedMessages == 1)
  }

  @Test mutating func `a caller whose time is over is told, and nothing passes after that`() {
    open()
    filter.expired(&actions)
    #expect(
      exchange(&actions, with: []) == [
        toClient(
          .disconnect(Disconnect(.notAuthorized, reasonString: TunnelFilter.expiry))),
        .end(.expired),
      ])
    #expect(say(.publish(publish("a/1"))) == [])
    #expect(brokerSays(.publish(publish("a/1"))) == [])
  }

  @Test mutating func `bytes in pieces of any size mean the same`() {
    open()
    let all = bytes(.publish(publish("a/1"))) + bytes(.publish(publish("b"))) + bytes(.pingRequest)
    for byte in all { filter.receivedFromClient([byte], &actions) }
    #expect(
      exchange(&actions, with: []) == [
        toBroker(.publish(publish("a/1"))), toBroker(.pingRequest),
      ])
    let answers = bytes(.publish(publish("a/2"))) + bytes(.publish(publish("a/secret")))
    for byte in answers + bytes(.pingResponse) { filter.receivedFromBroker([byte], &actions) }
    #expect(
      exchange(&actions, with: []) == [
        toClient(.publish(publish("a/2"))), toClient(.pingResponse),
      ])
  }
}
