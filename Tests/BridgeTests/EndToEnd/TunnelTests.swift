import MQTTClient
import TestSupport
import Testing
import WebSocketProtocol

@testable import Bridge

extension EndToEnd {
  /// `GET /mqtt` with a real broker; scripts/mqtt_tunnel.py does the same with a client of others.
  @Suite struct TunnelTests {
    private let guarded: GuardedProgram

    init() throws { guarded = try GuardedProgram(flags: ["--mqtt-tunnel", "true"]) }

    /// An MQTT client on a WebSocket.
    private final class Client {
      let peer: WebSocketPeer
      private var decoder = PacketDecoder(version: .v5)

      init(_ program: RunningProgram, _ token: String) throws {
        var headers: HTTPFields = []
        headers.append("Authorization", "Bearer \(token)")
        peer = try WebSocketPeer(
          connectingTo: program.port, path: "/mqtt", headers: headers, subprotocols: ["mqtt"])
      }

      func send(_ packet: Packet) throws {
        var bytes: [UInt8] = []
        try PacketEncoder.encode(packet, version: .v5, into: &bytes)
        try peer.send(.binary, bytes[...])
      }

      func next() throws -> Packet? {
        while true {
          if let packet = try decoder.next() { return packet }
          guard let message = try peer.nextMessage() else { return nil }
          decoder.append(message.bytes)
        }
      }

      func connect(_ clientID: String = "page", will: Will? = nil) throws -> ConnectAck? {
        var connect = Connect(version: .v5, clientID: clientID, cleanStart: true, keepAlive: 60)
        connect.will = will
        try send(.connect(connect))
        guard case .connectAck(let ack)? = try next() else { return nil }
        return ack
      }
    }

    @Test func `a client speaks with the broker as far as its caller may`() throws {
      let token = try TestToken.make(
        "bob", grants: ##""publish":["house/#"],"subscribe":["house/#"],"deny":["house/secret"]"##)
      let client = try Client(guarded.program, token)
      #expect(try client.connect()?.reasonCode == .success)
      try client.send(
        .subscribe(
          Subscribe(
            packetID: 1, subscriptions: [Subscription("house/#"), Subscription("garden/#")])))
      guard case .subscribeAck(let ack)? = try client.next() else {
        Issue.record("no SUBACK")
        return
      }
      #expect(ack.reasonCodes == [.grantedQoS2, .notAuthorized])
      try guarded.publish("hidden", to: "house/secret")
      try guarded.publish("seen", to: "house/x")
      guard case .publish(let seen)? = try client.next() else {
        Issue.record("no PUBLISH")
        return
      }
      #expect(seen.topic == "house/x" && Array(seen.payload) == Array("seen".utf8))
      try client.send(
        .publish(
          Publish(topic: "garden/x", payload: [1], qos: .atLeastOnce, packetID: 2)))
      #expect(try client.next() == .publishAck(PublishReply(2, .notAuthorized)))
      let kinds = try guarded.program.adminClient.get(
        "/admin/connections",
        headers: [TestToken.header(try TestToken.make("root", grants: #""admin":true"#))]
      ).json.objects("connections").map { $0.string("kind") }
      #expect(kinds == ["mqtt"])
    }

    @Test func `a grant can be about the client identifier of the connection`() throws {
      let token = try TestToken.make(
        "bob", grants: ##""publish":["dev/${clientid}/#"],"subscribe":["dev/${clientid}/#"]"##)
      let client = try Client(guarded.program, token)
      #expect(try client.connect("d-7")?.reasonCode == .success)
      let filters = [Subscription("dev/d-7/#"), Subscription("dev/d-8/#")]
      try client.send(.subscribe(Subscribe(packetID: 1, subscriptions: filters)))
      guard case .subscribeAck(let ack)? = try client.next() else {
        Issue.record("no SUBACK")
        return
      }
      #expect(ack.reasonCodes == [.grantedQoS2, .notAuthorized])
      for (topic, answer) in [("dev/d-8/x", ReasonCode.notAuthorized), ("dev/d-7/x", .success)] {
        try client.send(
          .publish(Publish(topic: topic, payload: [1], qos: .atLeastOnce, packetID: 2)))
        var packet = try client.next()
        while case .publish = packet { packet = try client.next() }
        #expect(packet == .publishAck(PublishReply(2, answer)), "\(topic)")
      }
      let other = try guarded.program.client.post(
        "/publish?topic=dev/d-7/x", "1", headers: [TestToken.header(token)])
      #expect(other.status == 403)
      #expect(other.text.contains("clientid"))
    }

    @Test func `a second CONNECT is a protocol error`() throws {
      let token = try TestToken.make("bob", grants: ##""publish":["house/#"]"##)
      let client = try Client(guarded.program, token)
      #expect(try client.connect()?.reasonCode == .success)
      try client.send(
        .connect(Connect(version: .v5, clientID: "page", cleanStart: true, keepAlive: 60)))
      #expect(try client.next() == .disconnect(Disconnect(.protocolError)))
      #expect(try client.next() == nil)
    }

    @Test func `a will needs the right to publish it`() throws {
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: guarded.broker)
      let token = try TestToken.make("bob", grants: ##""publish":["house/#"]"##)
      let denied = try Client(guarded.program, token)
      let outside = Will(topic: "garden/will", payload: [120], qos: .atLeastOnce)
      #expect(try denied.connect(will: outside)?.reasonCode == .notAuthorized)
      #expect(try denied.next() == nil)
      let client = try Client(guarded.program, token)
      let inside = Will(topic: "house/will", payload: [120], qos: .atLeastOnce)
      #expect(try client.connect(will: inside)?.reasonCode == .success)
      client.peer.socket.close(reset: true)
      #expect(eventually { !watcher.output.messages.isEmpty })
      #expect(watcher.output.messages == ["1 0 house/will x"])
    }

    @Test func `packets are packets wherever frames end, and the session is the caller's own`()
      throws
    {
      let token = try TestToken.make(
        "bob", grants: ##""publish":["house/#"],"subscribe":["house/#"]"##)
      let client = try Client(guarded.program, token)
      let packets: [Packet] = [
        .connect(Connect(version: .v5, clientID: "page", cleanStart: true, keepAlive: 60)),
        .subscribe(Subscribe(packetID: 1, subscriptions: [Subscription("house/#")])),
        .publish(Publish(topic: "house/x", payload: [1, 2], qos: .atLeastOnce, packetID: 2)),
      ]
      var bytes: [UInt8] = []
      for packet in packets { try PacketEncoder.encode(packet, version: .v5, into: &bytes) }
      for byte in bytes.dropLast(20) { try client.peer.send(.binary, [byte]) }
      try client.peer.send(.binary, bytes.suffix(20))
      var seen: [PacketType?] = []
      for _ in 0..<4 { seen.append(try client.next()?.type) }
      #expect(Set(seen) == [.connectAck, .subscribeAck, .publish, .publishAck])
      #expect(seen.first == .connectAck)
      #expect(eventually { guarded.broker.log.contains { $0.contains("as jwt::bob/page ") } })
    }

    @Test func `every message counts against the rate of its caller`() throws {
      let token = try TestToken.make("bob", grants: ##""publish":["house/#"],"rate":"1/h""##)
      let client = try Client(guarded.program, token)
      #expect(try client.connect()?.reasonCode == .success)
      for id in 1...3 as ClosedRange<PacketID> {
        try client.send(
          .publish(Publish(topic: "house/x", payload: [1], qos: .atLeastOnce, packetID: id)))
      }
      var codes: [PacketID: ReasonCode] = [:]
      while codes.count < 3, case .publishAck(let reply)? = try client.next() {
        codes[reply.packetID] = reply.reasonCode
      }
      #expect(codes[3] == .quotaExceeded)
      #expect(codes[1]?.isFailure == false && codes[2]?.isFailure == false)
    }

    @Test func `a token that ends ends the client too, in the way of MQTT`() throws {
      let token = try TestToken.make("bob", lifetime: 4, grants: ##""subscribe":["house/#"]"##)
      let client = try Client(guarded.program, token)
      #expect(try client.connect()?.reasonCode == .success)
      let end = Disconnect(.notAuthorized, reasonString: TunnelFilter.expiry)
      #expect(try client.next() == .disconnect(end))
      #expect(try client.next() == nil)
    }

    @Test func `bytes that are no MQTT end the socket, and so does the end of the broker`() throws {
      let token = try TestToken.make("bob", grants: ##""subscribe":["house/#"]"##)
      let wrong = try Client(guarded.program, token)
      try wrong.peer.send(.binary, [0, 0, 0, 0])
      var status: CloseStatus?
      while let event = try wrong.peer.next() {
        if case .closed(let closed) = event { status = closed }
      }
      #expect(status?.code == .protocolError)
      let client = try Client(guarded.program, token)
      #expect(try client.connect()?.reasonCode == .success)
      try guarded.broker.stop()
      #expect(try client.next() == nil)
    }

    @Test func `without the setting there is no tunnel`() throws {
      let broker = try Mosquitto()
      let bridge = try RunningProgram(broker)
      #expect(try bridge.client.get("/mqtt").status == 404)
    }
  }
}
