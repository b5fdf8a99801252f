import MQTTClient

/// The bytes of one item in the database; the first one tells its kind.
enum StoredItemCoding {
  enum Item: Equatable {
    case publish(StoredPublish)
    case inbound(PacketID)
  }

  private static let publishKind: UInt8 = 1
  private static let inboundKind: UInt8 = 2

  /// Kind, sequence, time, and the message as a PUBLISH packet of MQTT 5; nil if none can carry it.
  static func encode(_ stored: StoredPublish) -> [UInt8]? {
    var publish = stored.publish
    publish.isDuplicate = false
    publish.packetID = publish.qos == .atMostOnce ? nil : 1
    var bytes = [publishKind]
    append(stored.sequence, to: &bytes)
    append(UInt64(bitPattern: stored.acceptedAt), to: &bytes)
    do throws(EncodeError) {
      try PacketEncoder.encode(.publish(publish), version: .v5, into: &bytes)
      return bytes
    } catch {
      return nil
    }
  }

  static func encode(_ id: PacketID) -> [UInt8] {
    [inboundKind, UInt8(truncatingIfNeeded: id >> 8), UInt8(truncatingIfNeeded: id)]
  }

  static func decode(_ bytes: [UInt8], isReceived: Bool) -> Item? {
    switch bytes.first {
    case publishKind: decodePublish(bytes, isReceived).map(Item.publish)
    case inboundKind where bytes.count == 3:
      .inbound(PacketID(bytes[1]) << 8 | PacketID(bytes[2]))
    default: nil
    }
  }

  private static func decodePublish(_ bytes: [UInt8], _ isReceived: Bool) -> StoredPublish? {
    guard bytes.count > 17 else { return nil }
    var decoder = PacketDecoder(
      version: .v5, maximumPacketSize: PacketDecoder.largestPacketSize)
    decoder.append(bytes[17...])
    do throws(DecodeError) {
      guard case .publish(var publish) = try decoder.next() else { return nil }
      publish.packetID = nil
      return StoredPublish(
        sequence: number(bytes[1..<9]), publish: publish,
        acceptedAt: Int64(bitPattern: number(bytes[9..<17])), isReceived: isReceived)
    } catch {
      return nil
    }
  }

  private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
