import EventLoop
import MQTTClient
import TestSupport
import Testing

/// The transport against a real broker's WebSocket listener.
@Suite struct WebSocketMosquittoTests {
  private static func opened(
    _ broker: Mosquitto, _ options: WebSocketOptions = WebSocketOptions()
  ) throws -> WebSocketTransport {
    let transport = WebSocketTransport(
      over: try NarrowTransport(port: broker.port, bytesMax: .max),
      request: WebSocketRequest(host: "127.0.0.1", port: broker.port), options: options)
    guard try eventually({ try transport.advance() }) else {
      throw TestFailure("the WebSocket does not open")
    }
    return transport
  }

  private static func broker() throws -> Mosquitto {
    var options = Mosquitto.Options()
    options.transport = "websockets"
    return try Mosquitto(options)
  }

  @Test(arguments: [ProtocolVersion.v311, .v5], [QoS.atMostOnce, .atLeastOnce, .exactlyOnce])
  func `messages of every size come back`(version: ProtocolVersion, qos: QoS) throws {
    let broker = try Self.broker()
    let client = PacketClient(try Self.opened(broker), version)
    var connect = Connect(version: version, clientID: "ws")
    connect.cleanStart = true
    try client.send(.connect(connect))
    guard case .connectAck = try client.next() else {
      Issue.record("the broker does not accept")
      return
    }
    try client.send(
      .subscribe(Subscribe(packetID: 1, subscriptions: [Subscription("t", maximumQoS: qos)])))
    guard case .subscribeAck = try client.next() else {
      Issue.record("the broker does not subscribe")
      return
    }
    for (index, count) in [0, 1, 100, 200_000].enumerated() {
      let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }[...]
      let id: UInt16? = qos == .atMostOnce ? nil : UInt16(index + 10)
      try client.send(.publish(Publish(topic: "t", payload: payload, qos: qos, packetID: id)))
      #expect(try client.delivery().payload == payload, "\(count) bytes")
    }
    client.transport.shutDownSending()
    #expect(try eventually { try client.transport.receive(into: &client.buffer) == .end })
  }

  @Test func `a subprotocol that the broker does not know is refused`() throws {
    var options = WebSocketOptions()
    options.subprotocols = ["chat"]
    let broker = try Self.broker()
    #expect(throws: TransportError.self) { try Self.opened(broker, options) }
  }
}

/// Packets over a transport, read one after the other, with QoS 1 and 2 answered.
private final class PacketClient {
  let transport: WebSocketTransport
  var buffer = [UInt8](repeating: 0, count: 16_384)
  private let version: ProtocolVersion
  private var decoder: PacketDecoder

  init(_ transport: WebSocketTransport, _ version: ProtocolVersion) {
    self.transport = transport
    self.version = version
    decoder = PacketDecoder(version: version)
  }

  func send(_ packet: Packet) throws {
    var bytes: [UInt8] = []
    try PacketEncoder.encode(packet, version: version, into: &bytes)
    var rest = bytes[...]
    let isSent = try eventually {
      rest = rest.dropFirst(try transport.send(rest))
      if transport.heldOutput > 0 { try transport.flush() }
      return rest.isEmpty && transport.heldOutput == 0
    }
    guard isSent else { throw TestFailure("the broker takes nothing") }
  }

  func next() throws -> Packet {
    while true {
      if let packet = try decoder.next() { return packet }
      let isThere = try eventually {
        guard case .bytes(let count) = try transport.receive(into: &buffer) else { return false }
        decoder.append(buffer[..<count])
        return true
      }
      guard isThere else { throw TestFailure("the broker says nothing") }
    }
  }

  /// The next PUBLISH, with the acknowledgements on the way.
  func delivery() throws -> Publish {
    while true {
      switch try next() {
      case .publish(let publish):
        if let id = publish.packetID {
          try send(
            publish.qos == .atLeastOnce
              ? .publishAck(PublishReply(id)) : .publishReceived(PublishReply(id)))
        }
        return publish
      case .publishReceived(let reply): try send(.publishRelease(PublishReply(reply.packetID)))
      case .publishRelease(let reply): try send(.publishComplete(PublishReply(reply.packetID)))
      case .publishAck, .publishComplete: continue
      default: throw TestFailure("an unexpected packet")
      }
    }
  }
}
