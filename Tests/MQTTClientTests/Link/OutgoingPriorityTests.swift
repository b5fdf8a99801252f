import TestSupport
import Testing

@testable import MQTTClient

/// Acknowledgements and pings between publishes, and what became of each QoS 0 message.
@Suite struct OutgoingPriorityTests {
  private var outgoing = OutgoingBytes()

  private static func publish(_ topic: String, bytes: Int = 0) -> Packet {
    .publish(Publish(topic: topic, payload: Bytes(repeating: 1, count: bytes)))
  }

  /// Takes that many bytes, or all.
  private mutating func take(_ budget: Int = .max) -> [UInt8] {
    var (left, written) = (budget, [UInt8]())
    _ = outgoing.write { bytes in
      let count = min(left, bytes.count)
      left -= count
      written += bytes.prefix(count)
      return count
    }
    return written
  }

  private static func names(_ bytes: [UInt8]) throws -> [String] {
    var decoder = PacketDecoder(serverWithMaximumPacketSize: 1 << 28)
    decoder.append([0x10, 13, 0, 4, 77, 81, 84, 84, 5, 2, 0, 0, 0, 0, 0])
    decoder.append(bytes[...])
    _ = try decoder.next()
    var names: [String] = []
    while let packet = try decoder.next() {
      if case .publish(let publish) = packet {
        names.append(publish.topic)
      } else {
        names.append("\(packet.type)")
      }
    }
    return names
  }

  @Test mutating func `a few packets leave in one write, publishes last`() throws {
    try outgoing.append(Self.publish("a"), version: .v5)
    try outgoing.append(.pingRequest, version: .v5)
    try outgoing.append(Self.publish("b"), version: .v5)
    var writes = 0
    var bytes: [UInt8] = []
    _ = outgoing.write {
      writes += 1
      bytes += $0
      return $0.count
    }
    #expect(writes == 1)
    #expect(try Self.names(bytes) == ["pingRequest", "a", "b"])
  }

  @Test mutating func `control packets pass publishes of which no byte has left`() throws {
    for topic in ["a", "b", "c"] {
      try outgoing.append(Self.publish(topic, bytes: 20_000), version: .v5)
    }
    var bytes = take(1000)
    try outgoing.append(.publishAck(PublishReply(1)), version: .v5)
    try outgoing.append(.pingRequest, version: .v5)
    try outgoing.append(.publishAck(PublishReply(2)), version: .v5)
    bytes += take()
    #expect(
      try Self.names(bytes) == ["a", "publishAck", "pingRequest", "publishAck", "b", "c"])
    #expect(outgoing.isEmpty)
  }

  @Test mutating func `a control packet goes first when no publish is under way`() throws {
    try outgoing.append(Self.publish("a", bytes: 20_000), version: .v5)
    try outgoing.append(.pingRequest, version: .v5)
    #expect(try Self.names(take()) == ["pingRequest", "a"])
  }

  @Test mutating func `a goodbye goes last`() throws {
    try outgoing.append(Self.publish("a", bytes: 20_000), version: .v5)
    try outgoing.append(.pingRequest, version: .v5)
    try outgoing.append(.disconnect(Disconnect()), version: .v5)
    #expect(try Self.names(take()) == ["pingRequest", "a", "disconnect"])
  }

  @Test mutating func `nothing that had not begun follows a DISCONNECT over a fault`() throws {
    for (key, topic) in ["a", "b", "c"].enumerated() {
      try outgoing.append(Self.publish(topic, bytes: 20_000), version: .v5, key: UInt64(key))
    }
    var bytes = take(1000)
    #expect(outgoing.dropUnsent() == [1, 2])
    try outgoing.append(.disconnect(Disconnect(.protocolError)), version: .v5)
    bytes += take()
    #expect(try Self.names(bytes) == ["a", "disconnect"])
    #expect(outgoing.takenKeys == [0])
    #expect(outgoing.dropUnsent().isEmpty)
  }

  @Test mutating func `a QoS 0 message counts as taken with its last byte`() throws {
    for key in 1...3 {
      try outgoing.append(Self.publish("t", bytes: 3), version: .v5, key: UInt64(key))
    }
    let length = outgoing.count / 3
    _ = take(length - 1)
    #expect(outgoing.takenKeys.isEmpty)
    _ = take(1)
    #expect(outgoing.takenKeys == [1])
    _ = take(length + 1)
    #expect(outgoing.takenKeys == [1, 2])
    let abandoned = outgoing.abandon()
    #expect(abandoned.map(\.key) == [3] && abandoned.map(\.isPartlySent) == [true])
    #expect(outgoing.isEmpty)
  }

  @Test mutating func `what was not begun is known not to be sent`() throws {
    for key in 1...2 {
      try outgoing.append(Self.publish("t", bytes: 20_000), version: .v5, key: UInt64(key))
    }
    #expect(outgoing.abandon().map(\.isPartlySent) == [false, false])
  }

  @Test(arguments: 0..<100) mutating func `any mixture arrives whole, in order of its kind`(
    seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    var (publishes, acks): ([String], [PacketID]) = ([], [])
    var keys: [UInt64] = []
    for number in 1...200 {
      if Bool.random(using: &random) {
        let isLong = Int.random(in: 0..<4, using: &random) == 0
        let length = Int.random(in: isLong ? 10_000..<40_000 : 0..<50, using: &random)
        publishes.append("t\(number)")
        keys.append(UInt64(number))
        try outgoing.append(
          Self.publish("t\(number)", bytes: length), version: .v5, key: UInt64(number))
      } else {
        acks.append(PacketID(number))
        try outgoing.append(.publishAck(PublishReply(PacketID(number))), version: .v5)
      }
      bytes += take(Int.random(in: 0..<12_000, using: &random))
    }
    bytes += take()
    var decoder = PacketDecoder(serverWithMaximumPacketSize: 1 << 28)
    decoder.append([0x10, 13, 0, 4, 77, 81, 84, 84, 5, 2, 0, 0, 0, 0, 0])
    decoder.append(bytes[...])
    _ = try decoder.next()
    var (topics, ids): ([String], [PacketID]) = ([], [])
    while let packet = try decoder.next() {
      switch packet {
      case .publish(let publish): topics.append(publish.topic)
      case .publishAck(let reply): ids.append(reply.packetID)
      default: Issue.record("\(packet)")
      }
    }
    #expect(topics == publishes && ids == acks && outgoing.takenKeys == keys)
  }
}
