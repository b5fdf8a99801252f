/// Turns the bytes of a connection, in pieces of any size, into packets.
///
/// Append what the socket delivers, then call `next` until it returns nil. Payloads and other
/// binary fields are slices of the read buffer: whoever keeps one for long should copy it, because
/// it keeps the whole buffer alive. After an error the connection is unusable, and `next` repeats
/// the error.
public struct PacketDecoder: Sendable {
  /// The end of the connection that reads.
  public enum Role: Sendable { case client, server }

  /// The largest packet that a fixed header can announce, with the fixed header.
  public static let largestPacketSize = VariableInteger.maximum + 5

  /// A buffer that grew beyond this for a large packet is given back afterwards.
  private static let keptCapacity = 256 * 1024

  /// Which end of the connection this decoder reads for.
  public let role: Role
  /// The version of the connection; nil only before a server has read the CONNECT.
  public private(set) var version: ProtocolVersion?
  /// The largest packet that is accepted, in bytes with its fixed header.
  ///
  /// A larger one is refused as soon as its fixed header is there. [MQTT 5.0, 3.1.2.11.4]
  public let maximumPacketSize: Int

  private var buffer: [UInt8] = []
  private var position = 0
  private var hasSharedBuffer = false
  private var failure: DecodeError?
  private var topics = TopicCache()

  /// A client's decoder, for what brokers send.
  public init(
    version: ProtocolVersion, maximumPacketSize: Int = PacketDecoder.largestPacketSize
  ) {
    role = .client
    self.version = version
    self.maximumPacketSize = maximumPacketSize
  }

  /// A server's decoder, which learns the protocol version from the CONNECT.
  public init(serverWithMaximumPacketSize size: Int = PacketDecoder.largestPacketSize) {
    role = .server
    maximumPacketSize = size
  }

  /// How many bytes wait for the rest of their packet, or for `next`.
  public var unreadCount: Int { buffer.count - position }

  /// Adds bytes from the connection.
  public mutating func append(_ bytes: some Collection<UInt8>) {
    makeRoom()
    buffer.append(contentsOf: bytes)
  }

  /// Lets `initialize` put at most `capacity` bytes from the connection into the buffer.
  public mutating func append<Failure: Error>(
    addingCapacity capacity: Int,
    initializingWith initialize: (inout OutputSpan<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    makeRoom()
    try buffer.append(addingCapacity: capacity, initializingWith: initialize)
  }

  /// The next packet; nil when more bytes are needed.
  ///
  /// - Throws: What is wrong with the bytes, at this and every later call.
  public mutating func next() throws(DecodeError) -> Packet? {
    if let failure { throw failure }
    do throws(DecodeError) {
      return try decodeNext()
    } catch {
      failure = error
      throw error
    }
  }

  private mutating func decodeNext() throws(DecodeError) -> Packet? {
    if let reply = shortReply {
      position += 4
      return reply
    }
    guard let header = try FixedHeader(buffer[position...], role: role, version: version) else {
      return nil
    }
    guard header.packetSize <= maximumPacketSize else {
      throw .packetTooLarge(size: header.packetSize, limit: maximumPacketSize)
    }
    guard unreadCount >= header.packetSize else { return nil }
    // Before the CONNECT says more, any version reads it alike.
    var reader = PacketReader(
      buffer[position..<position + header.packetSize], headerLength: header.length,
      version: version ?? .v5, role: role, topics: exchange(&topics, with: TopicCache()))
    let packet = try Packet(header.type, &reader)
    topics = reader.topics
    if case .connect(let connect) = packet { version = connect.version }
    hasSharedBuffer = hasSharedBuffer || reader.hasShared
    position += header.packetSize
    return packet
  }

  /// The answer to a publish that says no more than its packet identifier, as most do: such packets
  /// are as many as the messages.
  private var shortReply: Packet? {
    guard version != nil, unreadCount >= 4, buffer[position + 1] == 2, maximumPacketSize >= 4 else {
      return nil
    }
    let id = PacketID(buffer[position + 2]) << 8 | PacketID(buffer[position + 3])
    guard id != 0 else { return nil }
    return switch buffer[position] {
    case 0x40: .publishAck(PublishReply(id))
    case 0x50: .publishReceived(PublishReply(id))
    case 0x62: .publishRelease(PublishReply(id))
    case 0x70: .publishComplete(PublishReply(id))
    default: nil
    }
  }

  /// Drops what is decoded, so that a byte is moved at most once per packet.
  ///
  /// A buffer with living slices must not be written, since that would copy all of it: only the
  /// unread end of it moves to a new one.
  private mutating func makeRoom() {
    if position == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= Self.keptCapacity)
    } else if hasSharedBuffer {
      buffer = Array(buffer[position...])
    } else if position > buffer.count / 2 {
      buffer.removeSubrange(..<position)
    } else {
      return
    }
    position = 0
    hasSharedBuffer = false
  }
}
