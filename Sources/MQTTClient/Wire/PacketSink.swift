/// Takes the fields of a packet in order: first to check and measure them, then to write them.
protocol PacketSink {
  mutating func byte(_ value: UInt8)
  mutating func string(_ text: String) throws(EncodeError)
  mutating func binary(_ bytes: Bytes) throws(EncodeError)
}

/// Properties of one packet, without their length.
protocol PropertyList {
  func write(into sink: inout some PacketSink) throws(EncodeError)
}

extension PacketSink {
  mutating func uint16(_ value: UInt16) {
    byte(UInt8(truncatingIfNeeded: value >> 8))
    byte(UInt8(truncatingIfNeeded: value))
  }

  mutating func uint32(_ value: UInt32) {
    uint16(UInt16(truncatingIfNeeded: value >> 16))
    uint16(UInt16(truncatingIfNeeded: value))
  }

  /// Writes a number of at most 268,435,455.
  mutating func variableInteger(_ value: Int) {
    var rest = value
    while rest > 0x7F {
      byte(UInt8(truncatingIfNeeded: rest & 0x7F | 0x80))
      rest >>= 7
    }
    byte(UInt8(truncatingIfNeeded: rest))
  }

  /// Packet identifiers on the wire are never zero. [MQTT-2.2.1-3] [MQTT-2.2.1-4]
  mutating func packetID(_ id: PacketID) throws(EncodeError) {
    guard id != 0 else { throw .packetIDZero }
    uint16(id)
  }

  mutating func properties(_ list: some PropertyList) throws(EncodeError) {
    var size = PacketSize()
    try list.write(into: &size)
    guard size.count <= VariableInteger.maximum else { throw .packetTooLarge }
    variableInteger(size.count)
    try list.write(into: &self)
  }

  mutating func property(_ id: PropertyIdentifier, flag value: Bool?) {
    guard let value else { return }
    byte(id.rawValue)
    byte(value ? 1 : 0)
  }

  mutating func property(_ id: PropertyIdentifier, uint16 value: UInt16?) {
    guard let value else { return }
    byte(id.rawValue)
    uint16(value)
  }

  mutating func property(_ id: PropertyIdentifier, nonZero value: UInt16?) throws(EncodeError) {
    guard value != 0 else { throw .propertyValueNotAllowed(id) }
    property(id, uint16: value)
  }

  mutating func property(_ id: PropertyIdentifier, uint32 value: UInt32?) {
    guard let value else { return }
    byte(id.rawValue)
    uint32(value)
  }

  mutating func property(_ id: PropertyIdentifier, nonZero value: UInt32?) throws(EncodeError) {
    guard value != 0 else { throw .propertyValueNotAllowed(id) }
    property(id, uint32: value)
  }

  mutating func property(_ id: PropertyIdentifier, string value: String?) throws(EncodeError) {
    guard let value else { return }
    byte(id.rawValue)
    try string(value)
  }

  mutating func property(_ id: PropertyIdentifier, binary value: Bytes?) throws(EncodeError) {
    guard let value else { return }
    byte(id.rawValue)
    try binary(value)
  }

  mutating func subscriptionIdentifier(_ value: UInt32) throws(EncodeError) {
    guard value >= 1, value <= VariableInteger.maximum else {
      throw .propertyValueNotAllowed(.subscriptionIdentifier)
    }
    byte(PropertyIdentifier.subscriptionIdentifier.rawValue)
    variableInteger(Int(value))
  }

  mutating func userProperties(_ list: [UserProperty]) throws(EncodeError) {
    for property in list {
      byte(PropertyIdentifier.userProperty.rawValue)
      try string(property.name)
      try string(property.value)
    }
  }
}

/// Checks the fields of a packet and counts their bytes.
struct PacketSize: PacketSink {
  private(set) var count = 0

  mutating func byte(_ value: UInt8) { count += 1 }

  mutating func string(_ text: String) throws(EncodeError) {
    let length = text.utf8.count
    guard length <= UInt16.max else { throw .stringTooLong }
    // U+0000 is never part of a string. [MQTT-1.5.4-2]
    guard !text.utf8.contains(0) else { throw .stringContainsNUL }
    count += 2 + length
  }

  mutating func binary(_ bytes: Bytes) throws(EncodeError) {
    guard bytes.count <= UInt16.max else { throw .binaryTooLong }
    count += 2 + bytes.count
  }
}

/// Writes fields that `PacketSize` has checked.
struct PacketWriter: PacketSink {
  var buffer: [UInt8]

  mutating func byte(_ value: UInt8) { buffer.append(value) }

  mutating func string(_ text: String) throws(EncodeError) {
    uint16(UInt16(truncatingIfNeeded: text.utf8.count))
    buffer.append(contentsOf: text.utf8)
  }

  mutating func binary(_ bytes: Bytes) throws(EncodeError) {
    uint16(UInt16(truncatingIfNeeded: bytes.count))
    buffer.append(contentsOf: bytes)
  }
}
