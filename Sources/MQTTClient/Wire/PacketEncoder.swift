/// Puts packets on the wire, in either direction and either protocol version.
///
/// It refuses what the specification forbids any sender. What only one side may not send, such
/// as a subscription identifier in a client's PUBLISH, is for the caller to leave out.
public enum PacketEncoder {
  /// Appends a packet to `buffer`, which stays as it was when the packet is refused.
  ///
  /// - Throws: Why the packet cannot be put on the wire.
  public static func encode(
    _ packet: Packet, version: ProtocolVersion, into buffer: inout [UInt8]
  ) throws(EncodeError) {
    switch packet {
    case .connect(let body): try append(body, packet.type, version, to: &buffer)
    case .connectAck(let body): try append(body, packet.type, version, to: &buffer)
    case .publish(let publish):
      try encodePublishHeader(publish, version: version, into: &buffer)
      buffer.append(contentsOf: publish.payload)
    case .publishAck(let reply), .publishReceived(let reply), .publishRelease(let reply),
      .publishComplete(let reply):
      if reply.appendShort(packet.type, to: &buffer) { return }
      try append(
        PublishReply.Body(reply: reply, type: packet.type), packet.type, version, to: &buffer)
    case .subscribe(let body): try append(body, packet.type, version, to: &buffer)
    case .subscribeAck(let body): try append(body, packet.type, version, to: &buffer)
    case .unsubscribe(let body): try append(body, packet.type, version, to: &buffer)
    case .unsubscribeAck(let body): try append(body, packet.type, version, to: &buffer)
    case .pingRequest, .pingResponse:
      try append(EmptyBody(), packet.type, version, to: &buffer)
    case .disconnect(let body): try append(body, packet.type, version, to: &buffer)
    case .auth(let body): try append(body, packet.type, version, to: &buffer)
    }
  }

  /// Appends all of a PUBLISH but its payload, which must be the next bytes on the wire.
  ///
  /// - Throws: Why the packet cannot be put on the wire; `buffer` stays as it was.
  public static func encodePublishHeader(
    _ publish: Publish, version: ProtocolVersion, into buffer: inout [UInt8]
  ) throws(EncodeError) {
    if try publish.appendPlainHeader(version, to: &buffer) { return }
    try append(
      publish, .publish, flags: publish.flags, followedBy: publish.payload.count, version,
      to: &buffer)
  }

  /// How many bytes `encode` would append.
  ///
  /// - Throws: What `encode` would throw.
  public static func encodedSize(
    of packet: Packet, version: ProtocolVersion
  ) throws(EncodeError) -> Int {
    switch packet {
    case .connect(let body): try total(size(body, version))
    case .connectAck(let body): try total(size(body, version))
    case .publish(let publish): try total(size(publish, version) + publish.payload.count)
    case .publishAck(let reply), .publishReceived(let reply), .publishRelease(let reply),
      .publishComplete(let reply):
      try total(size(PublishReply.Body(reply: reply, type: packet.type), version))
    case .subscribe(let body): try total(size(body, version))
    case .subscribeAck(let body): try total(size(body, version))
    case .unsubscribe(let body): try total(size(body, version))
    case .unsubscribeAck(let body): try total(size(body, version))
    case .pingRequest, .pingResponse: try total(size(EmptyBody(), version))
    case .disconnect(let body): try total(size(body, version))
    case .auth(let body): try total(size(body, version))
    }
  }

  private static func append(
    _ body: some PacketBody, _ type: PacketType, flags: UInt8? = nil, followedBy payload: Int = 0,
    _ version: ProtocolVersion, to buffer: inout [UInt8]
  ) throws(EncodeError) {
    let remainingLength = try size(body, version) + payload
    guard remainingLength <= VariableInteger.maximum else { throw .packetTooLarge }
    var writer = PacketWriter(buffer: exchange(&buffer, with: []))
    defer { buffer = writer.buffer }
    writer.byte(type.rawValue << 4 | (flags ?? type.fixedFlags ?? 0))
    writer.variableInteger(remainingLength)
    try body.write(into: &writer, version)
  }

  private static func size(
    _ body: some PacketBody, _ version: ProtocolVersion
  ) throws(EncodeError) -> Int {
    var size = PacketSize()
    try body.write(into: &size, version)
    return size.count
  }

  private static func total(_ remainingLength: Int) throws(EncodeError) -> Int {
    guard remainingLength <= VariableInteger.maximum else { throw .packetTooLarge }
    return 1 + VariableInteger.length(of: remainingLength) + remainingLength
  }
}

/// A packet after its fixed header.
///
/// `write` runs twice, once to check and measure; what it throws must not depend on the sink.
protocol PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError)
}

/// PINGREQ and PINGRESP have nothing to say.
struct EmptyBody: PacketBody {
  func write(into sink: inout some PacketSink, _ version: ProtocolVersion) throws(EncodeError) {}
}
