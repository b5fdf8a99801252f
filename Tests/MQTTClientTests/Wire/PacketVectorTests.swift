import MQTTClient
import Testing

@Suite struct PacketVectorTests {
  @Test(arguments: PacketVector.canonical)
  func `the bytes decode to the packet`(vector: PacketVector) throws {
    var decoder = PacketDecoder(vector.role, vector.version, for: vector.bytes)
    decoder.append(vector.bytes)
    #expect(try decoder.next() == vector.packet)
    #expect(try decoder.next() == nil)
    #expect(decoder.unreadCount == 0)
  }

  @Test(arguments: PacketVector.canonical)
  func `the packet encodes to the bytes, behind what the buffer held`(
    vector: PacketVector
  ) throws {
    var buffer: [UInt8] = [0xAA]
    try PacketEncoder.encode(vector.packet, version: vector.version, into: &buffer)
    #expect(buffer == [0xAA] + vector.bytes)
    let size = try PacketEncoder.encodedSize(of: vector.packet, version: vector.version)
    #expect(size == vector.bytes.count)
  }

  @Test(arguments: PacketVector.canonical)
  func `the packet decodes from two pieces, wherever they are cut`(vector: PacketVector) throws {
    for cut in 1..<vector.bytes.count {
      var decoder = PacketDecoder(vector.role, vector.version, for: vector.bytes)
      decoder.append(vector.bytes[..<cut])
      #expect(try decoder.next() == nil, "cut at \(cut)")
      decoder.append(vector.bytes[cut...])
      #expect(try decoder.next() == vector.packet, "cut at \(cut)")
    }
  }

  @Test(arguments: PacketVector.canonical)
  func `no packet decodes when its last byte is cut off`(vector: PacketVector) throws {
    var bytes = vector.bytes
    bytes.removeLast()
    guard bytes.count > 1, bytes[1] & 0x80 == 0, bytes[1] > 0 else { return }
    bytes[1] -= 1
    var decoder = PacketDecoder(vector.role, vector.version, for: bytes)
    decoder.append(bytes)
    let packet = Result { () throws(DecodeError) in try decoder.next() }
    #expect(packet != .success(vector.packet))
  }

  @Test(arguments: MalformedVector.all)
  func `malformed bytes are refused with the reason`(vector: MalformedVector) {
    var decoder = vector.decoder
    decoder.append(vector.bytes)
    #expect(throws: vector.error) { try decoder.drain() }
    #expect(throws: vector.error) { try decoder.next() }
  }

  @Test(arguments: MalformedVector.all)
  func `malformed bytes are refused alike when they come one by one`(vector: MalformedVector) {
    var decoder = vector.decoder
    #expect(throws: vector.error) {
      for byte in vector.bytes {
        decoder.append(CollectionOfOne(byte))
        try decoder.drain()
      }
    }
  }

  @Test(arguments: [ProtocolVersion.v311, .v5])
  func `the table has every packet type of the version`(version: ProtocolVersion) {
    let types = Set(PacketVector.canonical.filter { $0.version == version }.map(\.packet.type))
    var expected = Set(PacketType.allCases)
    if version == .v311 { expected.remove(.auth) }
    #expect(types == expected)
  }
}

extension MalformedVector {
  fileprivate var decoder: PacketDecoder {
    name.hasSuffix("before CONNECT")
      ? PacketDecoder(serverWithMaximumPacketSize: 1000)
      : PacketDecoder(role, version, for: bytes)
  }
}

extension PacketDecoder {
  /// Decodes everything that is there.
  @discardableResult
  mutating func drain() throws(DecodeError) -> [Packet] {
    var packets: [Packet] = []
    while let packet = try next() { packets.append(packet) }
    return packets
  }
}
