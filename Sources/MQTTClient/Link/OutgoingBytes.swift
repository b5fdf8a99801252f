import DequeModule

/// The bytes that wait for the socket.
///
/// Small packets are encoded one behind the other into one buffer, which leaves in one write; a
/// long payload is not copied but waits as a slice of the caller's storage. What is not a publish
/// goes before all publishes of which no byte has left: an acknowledgement or a ping never waits for
/// a queue of messages. [MQTT 5.0, 4.6]
struct OutgoingBytes {
  /// A payload from this length on is a piece of its own.
  static let sharedPayloadMin = 16 << 10
  /// While no more bytes than this are queued, urgent packets are put before them in the same buffer,
  /// so that one write is enough.
  static let joiningMax = 16 << 10

  /// Where a packet of the queue ends, and the QoS 0 message that it is, if it is one.
  private struct Mark {
    let end: Int64
    let key: UInt64?
  }

  private var urgent: [UInt8] = []
  private var urgentWritten = 0

  private var pieces: Deque<Bytes> = []
  private var buffer: [UInt8] = []
  private var written = 0
  private var marks: Deque<Mark> = []
  /// Bytes of the queue since the beginning: put in, and gone out.
  private var appended: Int64 = 0
  private var taken: Int64 = 0
  /// The end of the last packet that has left as a whole.
  private var lastEnd: Int64 = 0
  /// Where the urgent packets end that were put before the queue; later ones follow them.
  private var joinedEnd: Int64 = 0

  /// The QoS 0 messages that were taken as a whole; whoever reports them empties it.
  var takenKeys: [UInt64] = []

  /// How many bytes wait.
  var count: Int { queuedCount + urgentCount }
  var isEmpty: Bool { count == 0 }

  private var queuedCount: Int { Int(appended - taken) }
  private var urgentCount: Int { urgent.count - urgentWritten }
  private var isBetweenPackets: Bool { taken == lastEnd }
  private var mayOvertake: Bool { isBetweenPackets && taken >= joinedEnd }

  /// Encodes a packet, in whose place `key` stands afterwards; nothing changes when it throws.
  mutating func append(
    _ packet: Packet, version: ProtocolVersion, key: UInt64? = nil
  ) throws(EncodeError) {
    if case .publish(let publish) = packet, publish.payload.count >= Self.sharedPayloadMin {
      let before = buffer.count
      try PacketEncoder.encodePublishHeader(publish, version: version, into: &buffer)
      pieces.append(buffer[written...])
      pieces.append(publish.payload)
      appended += Int64(buffer.count - before + publish.payload.count)
      buffer = []
      written = 0
    } else if packet.isUrgent {
      return try PacketEncoder.encode(packet, version: version, into: &urgent)
    } else {
      let before = buffer.count
      try PacketEncoder.encode(packet, version: version, into: &buffer)
      appended += Int64(buffer.count - before)
    }
    marks.append(Mark(end: appended, key: key))
  }

  /// Gives `send` what waits until that takes no more; returns how many bytes it took.
  mutating func write<Failure: Error>(
    _ send: (Bytes) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    let before = count
    joinUrgent()
    while true {
      if urgentCount > 0, mayOvertake {
        guard try writeUrgent(send) else { break }
      }
      guard queuedCount > 0 else { break }
      let rest = marks.first.map { Int($0.end - taken) } ?? queuedCount
      guard try writeQueue(atMost: urgentCount > 0 ? rest : queuedCount, send) else { break }
    }
    compact()
    return before - count
  }

  /// Puts urgent packets before a short queue, where they count as one packet.
  private mutating func joinUrgent() {
    guard urgentCount > 0, urgentWritten == 0, mayOvertake, pieces.isEmpty,
      queuedCount <= Self.joiningMax
    else { return }
    marks.prepend(Mark(end: taken, key: nil))
    joinedEnd = taken
    taken -= Int64(urgent.count)
    lastEnd = taken
    if queuedCount == urgent.count {
      swap(&buffer, &urgent)
      written = 0
    } else {
      buffer.insert(contentsOf: urgent, at: written)
    }
    urgent.removeAll(keepingCapacity: true)
  }

  /// False when not everything was taken.
  private mutating func writeUrgent<Failure: Error>(
    _ send: (Bytes) throws(Failure) -> Int
  ) throws(Failure) -> Bool {
    while urgentCount > 0 {
      let accepted = try send(urgent[urgentWritten...])
      guard accepted > 0 else { return false }
      urgentWritten += accepted
    }
    urgent.removeAll(keepingCapacity: true)
    urgentWritten = 0
    return true
  }

  /// False when not everything was taken.
  private mutating func writeQueue<Failure: Error>(
    atMost limit: Int, _ send: (Bytes) throws(Failure) -> Int
  ) throws(Failure) -> Bool {
    var left = limit
    while left > 0 {
      let piece = pieces.first ?? buffer[written...]
      let accepted = try send(left < piece.count ? piece.prefix(left) : piece)
      guard accepted > 0 else { return false }
      left -= accepted
      consume(accepted, of: piece)
    }
    return true
  }

  private mutating func consume(_ accepted: Int, of piece: Bytes) {
    if pieces.isEmpty {
      written += accepted
    } else if accepted == piece.count {
      pieces.removeFirst()
    } else {
      pieces[0] = piece.dropFirst(accepted)
    }
    taken += Int64(accepted)
    while let mark = marks.first, mark.end <= taken {
      marks.removeFirst()
      lastEnd = mark.end
      if let key = mark.key { takenKeys.append(key) }
    }
  }

  /// Drops every packet of which no byte has left, because the last one of all follows.
  ///
  /// Returns the QoS 0 messages among them.
  mutating func dropUnsent() -> [UInt64] {
    let keptMarks = isBetweenPackets ? 0 : 1
    let end = isBetweenPackets ? taken : marks.first?.end ?? taken
    var rest = Bytes()
    for piece in pieces { rest += piece.prefix(max(0, Int(end - taken) - rest.count)) }
    rest += buffer[written...].prefix(max(0, Int(end - taken) - rest.count))
    pieces.removeAll()
    buffer = Array(rest)
    written = 0
    appended = end
    let keys = marks.dropFirst(keptMarks).compactMap(\.key)
    marks.removeLast(marks.count - min(marks.count, keptMarks))
    return keys
  }

  /// Forgets everything; returns the QoS 0 messages that had not been taken as a whole, and for each
  /// whether a part of it was.
  mutating func abandon() -> [(key: UInt64, isPartlySent: Bool)] {
    var abandoned: [(key: UInt64, isPartlySent: Bool)] = []
    for (index, mark) in marks.enumerated() {
      if let key = mark.key { abandoned.append((key, index == 0 && !isBetweenPackets)) }
    }
    self = OutgoingBytes()
    return abandoned
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

extension Packet {
  /// Whether it may go before publishes.
  ///
  /// A goodbye may not: what was given to the link before it still leaves.
  fileprivate var isUrgent: Bool {
    switch self {
    case .publish, .disconnect: false
    default: true
    }
  }
}
