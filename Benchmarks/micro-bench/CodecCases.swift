import MQTTClient

/// PUBLISH and PUBACK on their way to bytes and back, with MQTT 5.
let codecCases = [
  MicroCase("encode-publish") { count in
    var buffer: [UInt8] = []
    buffer.reserveCapacity(1 << 16)
    for number in 0..<count {
      if buffer.count > 60_000 { buffer.removeAll(keepingCapacity: true) }
      try PacketEncoder.encode(.publish(sample(number)), version: .v5, into: &buffer)
    }
  },
  MicroCase("encode-acknowledgement") { count in
    var buffer: [UInt8] = []
    buffer.reserveCapacity(1 << 16)
    for number in 0..<count {
      if buffer.count > 60_000 { buffer.removeAll(keepingCapacity: true) }
      let reply = PublishReply(PacketID(number % 60_000 + 1))
      try PacketEncoder.encode(.publishAck(reply), version: .v5, into: &buffer)
    }
  },
  MicroCase("decode-publish") { count in
    try decode(count, .publish(sample(0)))
  },
  MicroCase("decode-acknowledgement") { count in
    try decode(count, .publishAck(PublishReply(7)))
  },
]

private let payload = Bytes([UInt8](repeating: UInt8(ascii: "x"), count: 64))

private func sample(_ number: Int) -> Publish {
  Publish(
    topic: "factory/line1/sensor42/temperature", payload: payload, qos: .atLeastOnce,
    packetID: PacketID(number % 60_000 + 1))
}

/// Decodes so many packets, hundred at a time, as they come from a socket.
private func decode(_ count: Int, _ packet: Packet) throws {
  var hundred: [UInt8] = []
  for _ in 0..<100 { try PacketEncoder.encode(packet, version: .v5, into: &hundred) }
  var decoder = PacketDecoder(version: .v5)
  var decoded = 0
  while decoded < count {
    decoder.append(hundred)
    while try decoder.next() != nil { decoded += 1 }
  }
  try expect(decoded == (count + 99) / 100 * 100, "\(decoded) packets for \(count)")
}
