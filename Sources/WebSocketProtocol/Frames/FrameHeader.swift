/// The head of one frame. [RFC 6455, 5.2]
struct FrameHeader: Equatable, Sendable {
  var opcode: Opcode
  /// Whether the message ends with this frame.
  var isFinal = true
  /// The reserved bit 1, which permessage-deflate sets on the first frame. [RFC 7692, 6]
  var isCompressed = false
  var payloadCount: Int
  var mask: MaskKey?

  /// Adds the head to `bytes` with the shortest form of the length.
  func encode(into bytes: inout [UInt8]) {
    bytes.append((isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0) | opcode.rawValue)
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    switch payloadCount {
    case ...125: bytes.append(maskBit | UInt8(payloadCount))
    case ...0xFFFF:
      bytes.append(maskBit | 126)
      Self.append(UInt64(payloadCount), bytes: 2, to: &bytes)
    default:
      bytes.append(maskBit | 127)
      Self.append(UInt64(payloadCount), bytes: 8, to: &bytes)
    }
    if let mask { Self.append(UInt64(mask.word), bytes: 4, to: &bytes) }
  }

  private static func append(_ value: UInt64, bytes count: Int, to bytes: inout [UInt8]) {
    for index in (0..<count).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> (UInt64(index) * 8)))
    }
  }
}
