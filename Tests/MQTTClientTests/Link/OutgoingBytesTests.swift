import TestSupport
import Testing

@testable import MQTTClient

@Suite struct OutgoingBytesTests {
  private var outgoing = OutgoingBytes()

  @Test mutating func `small packets leave in one write`() throws {
    for number in 0..<1000 {
      try outgoing.append(publish(payload: [UInt8(number & 0xFF)]), version: .v5)
    }
    var writes: [Int] = []
    let taken = outgoing.write { bytes in
      writes.append(bytes.count)
      return bytes.count
    }
    #expect(writes == [taken])
    #expect(outgoing.isEmpty)
    #expect(outgoing.write { _ in 1 } == 0)
  }

  @Test mutating func `a long payload is not copied`() throws {
    let payload = [UInt8](repeating: 7, count: OutgoingBytes.sharedPayloadMin)
    try outgoing.append(publish(payload: [1]), version: .v5)
    try outgoing.append(publish(payload: payload[...]), version: .v5)
    try outgoing.append(publish(payload: [2]), version: .v5)
    var pieces: [Bytes] = []
    _ = outgoing.write { bytes in
      pieces.append(bytes)
      return bytes.count
    }
    #expect(pieces.count == 3)
    #expect(pieces[1] == payload[...])
    let original = unsafe payload.withUnsafeBytes { $0.baseAddress }
    let sent = unsafe pieces[1].withUnsafeBytes { $0.baseAddress }
    #expect(unsafe sent == original)
  }

  @Test mutating func `a packet that cannot be encoded leaves what waits as it was`() throws {
    try outgoing.append(.pingRequest, version: .v5)
    #expect(throws: EncodeError.self) {
      try outgoing.append(.publish(Publish(topic: "#", payload: [])), version: .v5)
    }
    let long = [UInt8](repeating: 7, count: OutgoingBytes.sharedPayloadMin)
    #expect(throws: EncodeError.self) {
      try outgoing.append(.publish(Publish(topic: "#", payload: long[...])), version: .v5)
    }
    var written: [UInt8] = []
    _ = outgoing.write { bytes in
      written += bytes
      return bytes.count
    }
    #expect(written == [0xC0, 0])
  }

  @Test(arguments: 0..<50) mutating func `any partial writes keep every byte in order`(
    seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    var expected: [UInt8] = []
    var written: [UInt8] = []
    for _ in 0..<50 {
      let isLong = Int.random(in: 0..<5, using: &random) == 0
      let length = isLong ? 20_000 : Int.random(in: 0..<100, using: &random)
      let payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      let packet = publish(payload: payload[...])
      try PacketEncoder.encode(packet, version: .v5, into: &expected)
      try outgoing.append(packet, version: .v5)
      var budget = Int.random(in: 0..<15_000, using: &random)
      let before = outgoing.count
      let taken = outgoing.write { bytes in
        let count = min(bytes.count, budget)
        budget -= count
        written += bytes.prefix(count)
        return count
      }
      #expect(outgoing.count == before - taken)
    }
    _ = outgoing.write { bytes in
      written += bytes
      return bytes.count
    }
    #expect(outgoing.isEmpty)
    #expect(written == expected)
  }

  private func publish(payload: Bytes) -> Packet {
    .publish(Publish(topic: "topic", payload: payload))
  }
}
