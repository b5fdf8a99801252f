import MQTTClient
import TestSupport
import Testing

@Suite struct RandomPacketTests {
  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `what is encoded decodes to the same, however the stream is cut`(
    version: ProtocolVersion
  ) throws {
    var random = RandomPacket(generator: SeededGenerator(seed: TestSeed.value), version: version)
    let packets = (0..<2000).map { _ in random.make() }
    for role in [PacketDecoder.Role.client, .server] {
      let accepted = packets.filter { $0.isAccepted(by: role, version) }
      #expect(accepted.count > 500)
      var stream: [UInt8] = []
      for packet in accepted {
        try PacketEncoder.encode(packet, version: version, into: &stream)
      }
      var decoder = PacketDecoder(role, version)
      var decoded: [Packet] = []
      var rest = stream[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...3000, using: &random.generator))
        decoder.append(piece)
        rest = rest.dropFirst(piece.count)
        decoded += try decoder.drain()
      }
      #expect(decoded == accepted, "seed \(TestSeed.value)")
    }
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `what a CONNECT says survives the wire`(version: ProtocolVersion) throws {
    var random = RandomPacket(generator: SeededGenerator(seed: TestSeed.value), version: version)
    for _ in 0..<5000 {
      let packet = random.make()
      guard packet.type == .connect else { continue }
      var bytes: [UInt8] = []
      try PacketEncoder.encode(packet, version: version, into: &bytes)
      var decoder = PacketDecoder(serverWithMaximumPacketSize: PacketDecoder.largestPacketSize)
      decoder.append(bytes)
      #expect(try decoder.next() == packet, "seed \(TestSeed.value)")
    }
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `the announced size is the encoded size`(version: ProtocolVersion) throws {
    var random = RandomPacket(generator: SeededGenerator(seed: TestSeed.value), version: version)
    for _ in 0..<1000 {
      let packet = random.make()
      var bytes: [UInt8] = []
      try PacketEncoder.encode(packet, version: version, into: &bytes)
      let size = try PacketEncoder.encodedSize(of: packet, version: version)
      #expect(size == bytes.count, "seed \(TestSeed.value)")
    }
  }

  @Test func `damaged packets are refused or mean something that can be sent again`() throws {
    var generator = SeededGenerator(seed: TestSeed.value)
    for vector in PacketVector.canonical {
      for _ in 0..<200 {
        let bytes = damage(vector.bytes, &generator)
        var decoder = PacketDecoder(vector.role, vector.version, for: bytes)
        decoder.append(bytes)
        guard let packet = try? decoder.next(), let version = decoder.version else { continue }
        var again: [UInt8] = []
        try PacketEncoder.encode(packet, version: version, into: &again)
        var second = PacketDecoder(vector.role, version, for: again)
        second.append(again)
        #expect(try second.next() == packet, "seed \(TestSeed.value)")
      }
    }
  }

  private func damage(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let index = Int.random(in: bytes.indices, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[index] = UInt8.random(in: 0...255, using: &generator)
      case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
      default: if bytes.count > 1 { bytes.remove(at: index) }
      }
    }
    return bytes
  }
}

extension Packet {
  /// Whether this end may get the packet after the connection is established.
  fileprivate func isAccepted(by role: PacketDecoder.Role, _ version: ProtocolVersion) -> Bool {
    switch (self, role) {
    case (.connect, _): false
    case (.publish(let publish), .server): publish.properties.subscriptionIdentifiers.isEmpty
    case (.disconnect, .client): version == .v5
    case (.subscribe, _), (.unsubscribe, _), (.pingRequest, _): role == .server
    case (.connectAck, _), (.subscribeAck, _), (.unsubscribeAck, _), (.pingResponse, _):
      role == .client
    default: true
    }
  }
}
