import DequeModule

/// The bytes that wait for the socket, in order.
///
/// Small packets are encoded one behind the other into one buffer, which leaves in one write; a
/// long payload is not copied but waits as a slice of the caller's storage.
struct OutgoingBytes {
  /// A payload from this length on is a piece of its own.
  static let sharedPayloadMin = 16 << 10

  private var pieces: Deque<Bytes> = []
  private var buffer: [UInt8] = []
  private var written = 0

  /// How many bytes wait.
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// Encodes a packet behind what waits; nothing changes when it throws.
  mutating func append(_ packet: Packet, version: ProtocolVersion) throws(EncodeError) {
    let before = buffer.count
    guard case .publish(let publish) = packet, publish.payload.count >= Self.sharedPayloadMin
    else {
      try PacketEncoder.encode(packet, version: version, into: &buffer)
      count += buffer.count - before
      return
    }
    try PacketEncoder.encodePublishHeader(publish, version: version, into: &buffer)
    count += buffer.count - before + publish.payload.count
    pieces.append(buffer[written...])
    pieces.append(publish.payload)
    buffer = []
    written = 0
  }

  /// Gives `send` what waits until that takes no more; returns how many bytes it took.
  mutating func write<Failure: Error>(
    _ send: (Bytes) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    let before = count
    while let piece = pieces.first {
      let taken = try send(piece)
      count -= taken
      guard taken == piece.count else {
        pieces[0] = piece.dropFirst(taken)
        if taken == 0 { return before - count }
        continue
      }
      pieces.removeFirst()
    }
    while written < buffer.count {
      let taken = try send(buffer[written...])
      guard taken > 0 else { break }
      written += taken
      count -= taken
    }
    compact()
    return before - count
  }

  /// Keeps the buffer as long as what is in it, give or take a factor of two.
  private mutating func compact() {
    if written == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
    } else if written > buffer.count / 2 {
      buffer.removeSubrange(..<written)
    } else {
      return
    }
    written = 0
  }
}
