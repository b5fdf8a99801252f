import MQTTClient

/// Feeds a stream to a decoder as a whole and in pieces, and sends again what came out.
enum DecoderCheck {
  /// The first byte decides where the stream is cut.
  static func run(_ input: [UInt8], _ makeDecoder: () -> PacketDecoder) {
    guard let first = input.first else { return }
    var whole = makeDecoder()
    whole.append(input.dropFirst())
    let expected = drain(&whole)

    var cut = makeDecoder()
    var outcome = Outcome()
    var rest = input.dropFirst()
    var size = Int(first >> 1) % 13 + 1
    while !rest.isEmpty, outcome.error == nil {
      cut.append(rest.prefix(size))
      rest = rest.dropFirst(size)
      size = (size &* 7 &+ Int(first)) % 41 + 1
      let part = drain(&cut)
      outcome.packets += part.packets
      outcome.error = part.error
    }
    precondition(outcome == expected, "\(outcome) in pieces, \(expected) at once")

    guard let version = whole.version else { return }
    var stream: [UInt8] = []
    for packet in expected.packets { stream += encoded(packet, version) }
    var again = makeDecoder()
    again.append(stream)
    let second = drain(&again)
    precondition(second.error == nil, "\(expected.packets) is refused when it comes back")
    precondition(second.packets == expected.packets, "\(expected.packets) came back different")
    let secondStream = second.packets.flatMap { encoded($0, version) }
    precondition(secondStream == stream, "\(expected.packets) has two encodings")
  }

  private struct Outcome: Equatable {
    var packets: [Packet] = []
    var error: DecodeError?
  }

  private static func drain(_ decoder: inout PacketDecoder) -> Outcome {
    var outcome = Outcome()
    do throws(DecodeError) {
      while let packet = try decoder.next() { outcome.packets.append(packet) }
    } catch {
      outcome.error = error
    }
    return outcome
  }

  private static func encoded(_ packet: Packet, _ version: ProtocolVersion) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(EncodeError) {
      try PacketEncoder.encode(packet, version: version, into: &bytes)
      let size = try PacketEncoder.encodedSize(of: packet, version: version)
      precondition(size == bytes.count, "\(packet) has \(bytes.count) bytes, not \(size)")
    } catch {
      preconditionFailure("\(packet) decodes, but: \(error)")
    }
    return bytes
  }
}
