// The packets of which a client sends as many as messages, in their plainest form: checked and written
// in one go.

extension Publish {
  /// Appends all but the payload of a message without properties; false when it is not so plain.
  func appendPlainHeader(
    _ version: ProtocolVersion, to buffer: inout [UInt8]
  ) throws(EncodeError) -> Bool {
    let topic = self.topic.utf8.span
    guard properties.isEmpty, topic.count <= UInt16.max, !topic.isEmpty,
      (packetID ?? 0 != 0) == (qos != .atMostOnce), packetID == nil || qos != .atMostOnce,
      !isDuplicate || qos != .atMostOnce
    else { return false }
    guard TopicName.isValid(self.topic) else { throw .topicNameInvalid }
    let remainingLength =
      2 + topic.count + (packetID == nil ? 0 : 2) + (version == .v5 ? 1 : 0) + payload.count
    guard remainingLength <= VariableInteger.maximum else { throw .packetTooLarge }
    let first = PacketType.publish.rawValue << 4 | flags
    buffer.append(addingCapacity: topic.count + 10) { span in
      span.append(first)
      var rest = remainingLength
      while rest > 0x7F {
        span.append(UInt8(truncatingIfNeeded: rest & 0x7F | 0x80))
        rest >>= 7
      }
      span.append(UInt8(truncatingIfNeeded: rest))
      span.append(UInt8(truncatingIfNeeded: topic.count >> 8))
      span.append(UInt8(truncatingIfNeeded: topic.count))
      for index in topic.indices { span.append(topic[index]) }
      if let packetID {
        span.append(UInt8(truncatingIfNeeded: packetID >> 8))
        span.append(UInt8(truncatingIfNeeded: packetID))
      }
      if version == .v5 { span.append(0) }
    }
    return true
  }
}

extension PublishReply {
  /// Appends a success that says no more than its packet identifier; false when it is not so plain.
  func appendShort(_ type: PacketType, to buffer: inout [UInt8]) -> Bool {
    guard packetID != 0, reasonCode == .success, reasonString == nil, userProperties.isEmpty else {
      return false
    }
    buffer.append(addingCapacity: 4) { span in
      span.append(type.rawValue << 4 | (type.fixedFlags ?? 0))
      span.append(2)
      span.append(UInt8(truncatingIfNeeded: packetID >> 8))
      span.append(UInt8(truncatingIfNeeded: packetID))
    }
    return true
  }
}
