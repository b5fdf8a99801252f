import MQTTClient
@testable import MQTTClientTesting
import Testing

@Suite struct BrokerModelTests {
  var model = BrokerModel()

  static func connect(_ id: String, clean: Bool = true, expiry: UInt32? = nil) -> Packet {
    var connect = Connect(version: .v5, clientID: id, cleanStart: clean)
    connect.properties.sessionExpiryInterval = expiry
    return .connect(connect)
  }

  static func subscribe(_ filter: String, _ qos: QoS = .exactlyOnce) -> Packet {
    .subscribe(Subscribe(packetID: 1, subscriptions: [Subscription(filter, maximumQoS: qos)]))
  }

  static func publish(
    _ topic: String, _ qos: QoS = .atMostOnce, id: PacketID? = nil, retained: Bool = false
  ) -> Publish {
    var publish = Publish(topic: topic, payload: [1, 2][...], qos: qos, isRetained: retained)
    publish.packetID = id
    return publish
  }

  private mutating func deliveries(of packet: Packet, from connection: Int) -> [Publish] {
    model.received(packet, from: connection).compactMap {
      if case .send(.publish(let publish), to: _) = $0 { publish } else { nil }
    }
  }

  @Test mutating func `a message goes to the matching sessions with the lower QoS`() {
    for connection in 1...3 {
      _ = model.received(Self.connect("c\(connection)"), from: connection)
    }
    _ = model.received(Self.subscribe("a/+", .atLeastOnce), from: 1)
    _ = model.received(Self.subscribe("b"), from: 2)
    let outputs = model.received(.publish(Self.publish("a/x", .exactlyOnce, id: 9)), from: 3)
    var delivered = Self.publish("a/x", .atLeastOnce, id: 1)
    delivered.properties.subscriptionIdentifiers = []
    #expect(
      outputs == [
        .send(.publishReceived(PublishReply(9)), to: 3), .send(.publish(delivered), to: 1),
      ])
  }

  @Test mutating func `a repeated QoS 2 publish is answered again and routed once`() {
    _ = model.received(Self.connect("c"), from: 1)
    _ = model.received(Self.subscribe("a"), from: 1)
    let packet = Packet.publish(Self.publish("a", .exactlyOnce, id: 9))
    #expect(deliveries(of: packet, from: 1).count == 1)
    #expect(
      model.received(packet, from: 1) == [.send(.publishReceived(PublishReply(9)), to: 1)])
    _ = model.received(.publishRelease(PublishReply(9)), from: 1)
    #expect(deliveries(of: packet, from: 1).count == 1)
  }

  @Test mutating func `a kept session gets what came while it was away, in its old phase`() {
    _ = model.received(Self.connect("c", clean: false, expiry: 60), from: 1)
    _ = model.received(Self.subscribe("a"), from: 1)
    _ = model.route(Self.publish("a", .exactlyOnce))
    _ = model.received(.publishReceived(PublishReply(1)), from: 1)
    model.closed(1)
    #expect(model.route(Self.publish("a", .atLeastOnce)).isEmpty)
    let outputs = model.received(Self.connect("c", clean: false, expiry: 60), from: 2)
    var second = Self.publish("a", .atLeastOnce, id: 2)
    second.isDuplicate = true
    #expect(
      outputs == [
        .send(.connectAck(ConnectAck(sessionPresent: true, reasonCode: .success)), to: 2),
        .send(.publishRelease(PublishReply(1)), to: 2), .send(.publish(second), to: 2),
      ])
  }

  @Test mutating func `a clean start and a session without expiry forget everything`() {
    _ = model.received(Self.connect("c", clean: false, expiry: 60), from: 1)
    _ = model.received(Self.subscribe("a"), from: 1)
    _ = model.received(Self.connect("c"), from: 2)
    #expect(model.route(Self.publish("a")).isEmpty)
    _ = model.received(Self.subscribe("a"), from: 2)
    model.closed(2)
    let outputs = model.received(Self.connect("c", clean: false), from: 3)
    let ack = ConnectAck(sessionPresent: false, reasonCode: .success)
    #expect(outputs == [.send(.connectAck(ack), to: 3)])
  }

  @Test mutating func `a second client of the same name ends the first`() {
    _ = model.received(Self.connect("c"), from: 1)
    #expect(model.received(Self.connect("c"), from: 2).first == .close(1))
  }

  @Test mutating func `retained messages come to new subscriptions until they are cleared`() {
    _ = model.received(Self.connect("c"), from: 1)
    _ = model.received(.publish(Self.publish("a/x", retained: true)), from: 1)
    let found = deliveries(of: Self.subscribe("a/#"), from: 1)
    #expect(found.map(\.topic) == ["a/x"] && found.allSatisfy(\.isRetained))
    var clearing = Self.publish("a/x", retained: true)
    clearing.payload = []
    _ = model.received(.publish(clearing), from: 1)
    #expect(deliveries(of: Self.subscribe("a/#"), from: 1).isEmpty)
  }
}
