/// The property values that are narrower than their wire type.
extension PacketReader {
  /// A byte that must be 0 or 1.
  mutating func flag(_ id: PropertyIdentifier) throws(DecodeError) -> Bool {
    switch try byte() {
    case 0: return false
    case 1: return true
    default: throw .protocolError(.propertyValueNotAllowed(id), at: offset - 1)
    }
  }

  mutating func nonZeroUInt16(_ id: PropertyIdentifier) throws(DecodeError) -> UInt16 {
    let value = try uint16()
    guard value != 0 else {
      throw .protocolError(.propertyValueNotAllowed(id), at: offset - 2)
    }
    return value
  }

  mutating func nonZeroUInt32(_ id: PropertyIdentifier) throws(DecodeError) -> UInt32 {
    let value = try uint32()
    guard value != 0 else {
      throw .protocolError(.propertyValueNotAllowed(id), at: offset - 4)
    }
    return value
  }

  /// From 1 to 268,435,455. [MQTT 5.0, 3.8.2.1.2]
  mutating func subscriptionIdentifier() throws(DecodeError) -> UInt32 {
    let start = offset
    let value = try variableInteger()
    guard value != 0, let identifier = UInt32(exactly: value) else {
      throw .protocolError(.propertyValueNotAllowed(.subscriptionIdentifier), at: start)
    }
    return identifier
  }

  /// A topic name without wildcards. [MQTT-3.3.2-14]
  mutating func responseTopic() throws(DecodeError) -> String {
    let start = offset
    let topic = try string()
    guard TopicName.isValid(topic) else {
      throw .protocolError(.propertyValueNotAllowed(.responseTopic), at: start)
    }
    return topic
  }
}
