/// Splits what the peer sends into frames, in pieces of any size.
///
///     first ─▶ second ─▶ length ─▶ mask ─▶ payload ─▶ first
///                 └─────────┴────────┴───────┘ (whatever the frame does not have)
///
/// Each byte is looked at once, and a wrong one is found as soon as it is there. A payload is a slice
/// of the input, or a copy if it is masked.
struct FrameDecoder: Sendable {
  enum Element: Equatable {
    case header(FrameHeader)
    /// The next bytes of the payload; the frame is complete when `missingCount` is zero.
    case payload(ArraySlice<UInt8>)
  }

  private enum Stage {
    case first
    case second
    /// Bytes of the length that are missing, and those before it.
    case length(missing: Int, UInt64)
    case mask(missing: Int, UInt32)
    case payload
  }

  private let expectsMask: Bool
  private let allowsCompression: Bool
  private let payloadMax: Int
  private var stage = Stage.first
  private var header = FrameHeader(opcode: .continuation, payloadCount: 0)
  private var lengthBytes = 0

  /// How many bytes of the payload have not come.
  private(set) var missingCount = 0

  init(expectsMask: Bool, allowsCompression: Bool, payloadMax: Int) {
    self.expectsMask = expectsMask
    self.allowsCompression = allowsCompression
    self.payloadMax = payloadMax
  }

  /// Takes the next element from the front of the input; nil when that does not suffice.
  mutating func next(
    _ input: inout ArraySlice<UInt8>
  ) throws(WebSocketViolation) -> Element? {
    while !input.isEmpty {
      if case .payload = stage { return .payload(takePayload(&input)) }
      if let header = try take(input.removeFirst()) { return .header(header) }
    }
    return nil
  }

  private mutating func takePayload(_ input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var bytes = input.prefix(missingCount)
    input.removeFirst(bytes.count)
    if let mask = header.mask {
      var copy = Array(bytes)
      mask.advanced(by: header.payloadCount - missingCount).apply(to: &copy, from: 0)
      bytes = copy[...]
    }
    missingCount -= bytes.count
    if missingCount == 0 { stage = .first }
    return bytes
  }

  /// Returns the header with its last byte.
  private mutating func take(_ byte: UInt8) throws(WebSocketViolation) -> FrameHeader? {
    switch stage {
    case .first:
      try takeFirst(byte)
      stage = .second
      return nil
    case .second: return try takeSecond(byte)
    case .length(let missing, let value):
      let value = value << 8 | UInt64(byte)
      guard missing == 1 else {
        stage = .length(missing: missing - 1, value)
        return nil
      }
      return try takeLength(value)
    case .mask(let missing, let word):
      let word = word << 8 | UInt32(byte)
      guard missing == 1 else {
        stage = .mask(missing: missing - 1, word)
        return nil
      }
      header.mask = MaskKey(word: word)
      return finished()
    case .payload: preconditionFailure("a payload is not taken byte by byte")
    }
  }

  private mutating func takeFirst(_ byte: UInt8) throws(WebSocketViolation) {
    guard let opcode = Opcode(rawValue: byte & 0x0F) else { throw .unknownOpcode(byte & 0x0F) }
    let isFinal = byte & 0x80 != 0
    let isCompressed = byte & 0x40 != 0
    let mayBeCompressed = allowsCompression && (opcode == .text || opcode == .binary)
    guard byte & 0x30 == 0, !isCompressed || mayBeCompressed else { throw .reservedBits }
    guard isFinal || !opcode.isControl else { throw .fragmentedControl }
    header = FrameHeader(
      opcode: opcode, isFinal: isFinal, isCompressed: isCompressed, payloadCount: 0)
  }

  private mutating func takeSecond(_ byte: UInt8) throws(WebSocketViolation) -> FrameHeader? {
    guard (byte & 0x80 != 0) == expectsMask else { throw .wrongMasking }
    let length = byte & 0x7F
    guard length >= 126 else {
      lengthBytes = 0
      return try takeLength(UInt64(length))
    }
    guard !header.opcode.isControl else { throw .longControl }
    lengthBytes = length == 126 ? 2 : 8
    stage = .length(missing: lengthBytes, 0)
    return nil
  }

  private mutating func takeLength(_ length: UInt64) throws(WebSocketViolation) -> FrameHeader? {
    let isShortest = lengthBytes == 0 || length > (lengthBytes == 2 ? 125 : 0xFFFF)
    guard isShortest, length >> 63 == 0 else { throw .malformedLength }
    guard length <= UInt64(payloadMax) else { throw .frameTooLarge(limit: payloadMax) }
    header.payloadCount = Int(length)
    guard expectsMask else { return finished() }
    stage = .mask(missing: 4, 0)
    return nil
  }

  private mutating func finished() -> FrameHeader {
    missingCount = header.payloadCount
    stage = missingCount == 0 ? .first : .payload
    return header
  }
}
