/// Reads the fields of one packet, and never beyond it.
struct PacketReader {
  /// Exactly one packet, a slice of the decoder's buffer.
  let packet: Bytes
  let version: ProtocolVersion
  /// Who reads the packet.
  let role: PacketDecoder.Role
  /// The lower half of the first byte.
  let flags: UInt8
  private var position: Int
  private var end: Int
  /// True as soon as a field was returned that shares the decoder's buffer.
  private(set) var hasShared = false
  private(set) var topics: TopicCache

  init(
    _ packet: Bytes, headerLength: Int, version: ProtocolVersion, role: PacketDecoder.Role,
    topics: TopicCache = TopicCache()
  ) {
    self.topics = topics
    self.packet = packet
    self.version = version
    self.role = role
    flags = packet[packet.startIndex] & 0x0F
    position = packet.startIndex + headerLength
    end = packet.endIndex
  }

  var remaining: Int { end - position }

  /// From the first byte of the packet, for error reports.
  var offset: Int { position - packet.startIndex }

  func malformed(_ what: DecodeError.Malformation) -> DecodeError { .malformed(what, at: offset) }

  func violation(_ what: DecodeError.Violation) -> DecodeError {
    .protocolError(what, at: offset)
  }

  mutating func byte() throws(DecodeError) -> UInt8 {
    guard remaining >= 1 else { throw malformed(.truncated) }
    defer { position += 1 }
    return packet[position]
  }

  mutating func uint16() throws(DecodeError) -> UInt16 {
    guard remaining >= 2 else { throw malformed(.truncated) }
    defer { position += 2 }
    return UInt16(packet[position]) << 8 | UInt16(packet[position + 1])
  }

  mutating func uint32() throws(DecodeError) -> UInt32 {
    guard remaining >= 4 else { throw malformed(.truncated) }
    let high = try uint16()
    let low = try uint16()
    return UInt32(high) << 16 | UInt32(low)
  }

  mutating func variableInteger() throws(DecodeError) -> Int {
    switch VariableInteger.parse(packet[position..<end]) {
    case .value(let value, let length):
      position += length
      return value
    case .incomplete: throw malformed(.truncated)
    case .tooLong: throw malformed(.variableIntegerTooLong)
    case .notMinimal: throw malformed(.variableIntegerNotMinimal)
    }
  }

  /// A string is well-formed UTF-8 without U+0000. [MQTT-1.5.4-1] [MQTT-1.5.4-2]
  ///
  /// A U+FEFF stays where it is. [MQTT-1.5.4-3]
  mutating func string() throws(DecodeError) -> String {
    let field = try lengthPrefixed()
    guard let text = String(validating: packet[field], as: UTF8.self) else {
      throw .malformed(.stringNotUTF8, at: field.lowerBound - packet.startIndex)
    }
    guard !text.utf8.contains(0) else {
      throw .malformed(.stringContainsNUL, at: field.lowerBound - packet.startIndex)
    }
    return text
  }

  /// A topic name, or nothing. [MQTT-3.3.2-2]
  mutating func topicName() throws(DecodeError) -> String {
    let start = position
    let field = try lengthPrefixed()
    if let topic = topics.topic(packet[field]) { return topic }
    position = start
    let text = try string()
    guard text.isEmpty || TopicName.isValid(text) else {
      throw .protocolError(.topicNameInvalid, at: start - packet.startIndex)
    }
    topics.remember(text, packet[field])
    return text
  }

  mutating func binary() throws(DecodeError) -> Bytes {
    let field = try lengthPrefixed()
    return share(field)
  }

  /// Everything that is left of the packet.
  mutating func rest() -> Bytes {
    let field = position..<end
    position = end
    return share(field)
  }

  mutating func packetID() throws(DecodeError) -> PacketID {
    let id = try uint16()
    guard id != 0 else { throw .protocolError(.packetIDZero, at: offset - 2) }
    return id
  }

  mutating func reasonCode(in type: PacketType) throws(DecodeError) -> ReasonCode {
    let code = ReasonCode(rawValue: try byte())
    guard code.isAllowed(in: type) else {
      throw .malformed(.reasonCodeNotAllowed(code), at: offset - 1)
    }
    return code
  }

  mutating func userProperty() throws(DecodeError) -> UserProperty {
    let name = try string()
    let value = try string()
    return UserProperty(name, value)
  }

  func finish() throws(DecodeError) {
    guard remaining == 0 else { throw malformed(.trailingBytes) }
  }

  /// Narrows the reader to a property block; `nextProperty` widens it again at the block's end.
  mutating func beginProperties() throws(DecodeError) -> PropertyBlock {
    let length = try variableInteger()
    guard length <= remaining else { throw malformed(.truncated) }
    let block = PropertyBlock(outerEnd: end)
    end = position + length
    return block
  }

  /// The identifier of the next property; nil after the last one.
  mutating func nextProperty(
    _ block: inout PropertyBlock
  ) throws(DecodeError) -> PropertyIdentifier? {
    guard remaining > 0 else {
      end = block.outerEnd
      return nil
    }
    let start = offset
    let number = try variableInteger()
    guard let id = UInt8(exactly: number).flatMap(PropertyIdentifier.init) else {
      throw .malformed(.propertyUnknown, at: start)
    }
    guard block.insert(id) else { throw .protocolError(.propertyRepeated(id), at: start) }
    return id
  }

  private mutating func lengthPrefixed() throws(DecodeError) -> Range<Int> {
    let length = Int(try uint16())
    guard length <= remaining else { throw malformed(.truncated) }
    defer { position += length }
    return position..<position + length
  }

  private mutating func share(_ field: Range<Int>) -> Bytes {
    guard !field.isEmpty else { return [] }
    hasShared = true
    return packet[field]
  }
}

/// Where a property block ends, and what it has said so far.
struct PropertyBlock {
  let outerEnd: Int
  private var seen: UInt64 = 0
  /// User Property may always come again. [MQTT 5.0, 2.2.2.2]
  private var repeatable = PropertyIdentifier.userProperty.bit

  init(outerEnd: Int) { self.outerEnd = outerEnd }

  mutating func allowRepeating(_ id: PropertyIdentifier) { repeatable |= id.bit }

  /// False when the property was there already and may not come again.
  mutating func insert(_ id: PropertyIdentifier) -> Bool {
    guard seen & id.bit & ~repeatable == 0 else { return false }
    seen |= id.bit
    return true
  }
}
