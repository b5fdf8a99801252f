import MQTTClient
import Testing

@Suite struct PacketDecoderTests {
  @Test func `several packets in one read come out in order`() throws {
    var decoder = PacketDecoder(version: .v5)
    decoder.append(wire("20 03 00 00 00 D0 00 40 02 0007 D0"))
    #expect(
      try decoder.drain() == [
        .connectAck(ConnectAck(sessionPresent: false, reasonCode: .success)), .pingResponse,
        .publishAck(PublishReply(7)),
      ])
    #expect(decoder.unreadCount == 1)
  }

  @Test func `a packet above the limit is refused on its fixed header alone`() {
    var decoder = PacketDecoder(version: .v5, maximumPacketSize: 1000)
    decoder.append(wire("30 E6 07"))
    #expect(throws: DecodeError.packetTooLarge(size: 1001, limit: 1000)) { try decoder.next() }
  }

  @Test func `a packet exactly at the limit is accepted`() throws {
    var bytes = wire("30 E5 07 't' 00")
    bytes += [UInt8](repeating: 1, count: 1000 - bytes.count)
    var decoder = PacketDecoder(version: .v5, maximumPacketSize: 1000)
    decoder.append(bytes)
    #expect(try decoder.next()?.type == .publish)
  }

  @Test func `a packet of one mebibyte that comes byte by byte takes linear time`() throws {
    let payload = Bytes((0..<1 << 20).map { UInt8(truncatingIfNeeded: $0) })
    let packet = Packet.publish(Publish(topic: "t", payload: payload))
    var bytes: [UInt8] = []
    try PacketEncoder.encode(packet, version: .v5, into: &bytes)
    var decoder = PacketDecoder(version: .v5)
    for byte in bytes {
      #expect(try decoder.next() == nil)
      decoder.append(CollectionOfOne(byte))
    }
    #expect(try decoder.next() == packet)
  }

  @Test func `a payload is a slice of the read buffer`() throws {
    var decoder = PacketDecoder(version: .v311)
    decoder.append(wire("30 ['t' 2A 2B]"))
    guard case .publish(let publish) = try decoder.next() else {
      Issue.record("no PUBLISH")
      return
    }
    #expect(publish.payload.startIndex == 5)
  }

  @Test func `payloads outlive the bytes that come after them`() throws {
    var decoder = PacketDecoder(version: .v311)
    var payloads: [Bytes] = []
    let stream = (0..<200).flatMap { wire("30 ['t' \($0 % 10)\($0 % 7) \($0 % 6)\($0 % 5)]") }
    var rest = stream[...]
    while !rest.isEmpty {
      decoder.append(rest.prefix(17))
      rest = rest.dropFirst(17)
      for case .publish(let publish) in try decoder.drain() { payloads.append(publish.payload) }
    }
    #expect(payloads.count == 200)
    for (index, payload) in payloads.enumerated() {
      #expect(Array(payload) == wire("\(index % 10)\(index % 7) \(index % 6)\(index % 5)"))
    }
  }

  @Test func `a caller may append before it has taken every packet`() throws {
    var decoder = PacketDecoder(version: .v311)
    var count = 0
    for _ in 0..<500 {
      decoder.append(wire("D0 00 D0 00 D0 00"))
      if try decoder.next() != nil { count += 1 }
    }
    count += try decoder.drain().count
    #expect(count == 1500)
  }

  @Test func `a read may go straight into the buffer`() throws {
    var decoder = PacketDecoder(version: .v311)
    decoder.append(addingCapacity: 64) { span in
      span.append(0xD0)
      span.append(0x00)
    }
    #expect(try decoder.next() == .pingResponse)
    #expect(decoder.unreadCount == 0)
  }

  @Test func `a server learns the version from CONNECT`() throws {
    var decoder = PacketDecoder(serverWithMaximumPacketSize: 1000)
    #expect(decoder.version == nil)
    decoder.append(wire("10 ['MQTT' 04 02 0000 '']"))
    #expect(try decoder.next()?.type == .connect)
    #expect(decoder.version == .v311)
  }

  @Test func `the refusal of a 3.1.1 broker reaches an MQTT 5 client`() throws {
    var decoder = PacketDecoder(version: .v5)
    decoder.append(wire("20 02 00 01"))
    #expect(
      try decoder.next()
        == .connectAck(
          ConnectAck(sessionPresent: false, reasonCode: .unsupportedProtocolVersion)))
  }

  @Test(arguments: [
    ("40 [0001 00 []]", Packet.publishAck(PublishReply(1))),
    ("40 [0001 00]", .publishAck(PublishReply(1))),
    ("62 [0001 92 []]", .publishRelease(PublishReply(1, .packetIdentifierNotFound))),
    ("E0 [00 []]", .disconnect(Disconnect())),
    ("E0 [00]", .disconnect(Disconnect())),
    ("E0 [8B []]", .disconnect(Disconnect(.serverShuttingDown))),
  ]) func `long forms mean the same as the short ones`(notation: String, packet: Packet) throws {
    var decoder = PacketDecoder(version: .v5)
    decoder.append(wire(notation))
    #expect(try decoder.next() == packet)
  }

  @Test(arguments: PacketType.allCases, [ProtocolVersion.v311, .v5])
  func `each end accepts only what the other may send`(
    type: PacketType, version: ProtocolVersion
  ) {
    let fromClient: Set<PacketType> = [.connect, .subscribe, .unsubscribe, .pingRequest]
    let fromServer: Set<PacketType> = [.connectAck, .subscribeAck, .unsubscribeAck, .pingResponse]
    let error = DecodeError.protocolError(.packetNotAllowed(type), at: 0)
    for (role, refused) in [(PacketDecoder.Role.client, fromClient), (.server, fromServer)] {
      var decoder = PacketDecoder(role, version)
      decoder.append(CollectionOfOne(type.rawValue << 4 | (type.needsFlag ? 2 : 0)))
      if refused.contains(type) {
        #expect(throws: error) { try decoder.next() }
      } else if type == .connect || version == .v311 && (type == .auth || type == .disconnect) {
        continue
      } else {
        #expect(throws: Never.self) { try decoder.next() }
      }
    }
  }
}

extension PacketType {
  fileprivate var needsFlag: Bool {
    self == .publishRelease || self == .subscribe || self == .unsubscribe
  }
}
