/// Makes frames of what one end of a WebSocket sends.
///
/// Frames wait in one buffer, whose size is the owner's to bound; pongs alone are bounded here,
/// because the peer causes them: while many bytes wait, only the latest ping is answered.
/// [RFC 6455, 5.5.3]
struct MessageSender: ~Copyable {
  /// While this many bytes wait, a pong does too.
  private static let outputBytesBeforePong = 64 << 10

  private let maskKey: (() -> UInt32)?
  private let frameBytesMax: Int
  private let compressedBytesMin: Int
  private let deflater: Deflater?
  private let resetsDeflater: Bool
  private var buffer: [UInt8] = []
  private var written = 0
  private var deflated: [UInt8] = []
  private var waitingPong: [UInt8]?

  init(_ role: WebSocketRole, _ limits: WebSocketLimits, _ deflate: DeflateParameters?) {
    let isServer: Bool
    switch role {
    case .server: (maskKey, isServer) = (nil, true)
    case .client(let key): (maskKey, isServer) = (key, false)
    }
    frameBytesMax = max(1, limits.sentFrameBytesMax)
    // A message of no bytes would make zlib flush twice, which it does not.
    compressedBytesMin = max(1, limits.compressedBytesMin)
    deflater = deflate.map {
      Deflater(windowBits: isServer ? $0.serverWindowBits : $0.clientWindowBits)
    }
    let keepsContext = isServer ? deflate?.serverContextTakeover : deflate?.clientContextTakeover
    resetsDeflater = keepsContext == false
  }

  var output: ArraySlice<UInt8> { buffer[written...] }

  mutating func wrote(_ count: Int) {
    written += count
    if written == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 1 << 20)
      written = 0
    } else if written > buffer.count / 2 {
      buffer.removeSubrange(..<written)
      written = 0
    }
    if hasRoomForPong, let pong = exchange(&waitingPong, with: nil) {
      appendFrame(.pong, pong[...], isFinal: true, isCompressed: false)
    }
  }

  mutating func send(_ kind: MessageKind, _ bytes: ArraySlice<UInt8>) {
    let opcode: Opcode = kind == .text ? .text : .binary
    guard let deflater, bytes.count >= compressedBytesMin else {
      return appendFrames(opcode, bytes, isCompressed: false)
    }
    var compressed = exchange(&deflated, with: [])
    deflater.deflate(bytes, into: &compressed)
    if resetsDeflater { deflater.reset() }
    appendFrames(opcode, compressed[...], isCompressed: true)
    if compressed.capacity <= 1 << 20 { deflated = compressed }
  }

  mutating func sendControl(_ opcode: Opcode, _ payload: ArraySlice<UInt8>) {
    // Nothing may follow a Close.
    if opcode == .close { waitingPong = nil }
    appendFrame(opcode, payload, isFinal: true, isCompressed: false)
  }

  mutating func sendPong(_ payload: ArraySlice<UInt8>) {
    guard hasRoomForPong else { return waitingPong = Array(payload) }
    sendControl(.pong, payload)
  }

  private var hasRoomForPong: Bool { buffer.count - written < Self.outputBytesBeforePong }

  private mutating func appendFrames(
    _ opcode: Opcode, _ bytes: ArraySlice<UInt8>, isCompressed: Bool
  ) {
    var rest = bytes
    var opcode = opcode
    var isCompressed = isCompressed
    repeat {
      let payload = rest.prefix(frameBytesMax)
      rest = rest.dropFirst(payload.count)
      appendFrame(opcode, payload, isFinal: rest.isEmpty, isCompressed: isCompressed)
      (opcode, isCompressed) = (.continuation, false)
    } while !rest.isEmpty
  }

  private mutating func appendFrame(
    _ opcode: Opcode, _ payload: ArraySlice<UInt8>, isFinal: Bool, isCompressed: Bool
  ) {
    let mask = maskKey.map { MaskKey(word: $0()) }
    let header = FrameHeader(
      opcode: opcode, isFinal: isFinal, isCompressed: isCompressed, payloadCount: payload.count,
      mask: mask)
    header.encode(into: &buffer)
    let start = buffer.count
    buffer.append(contentsOf: payload)
    mask?.apply(to: &buffer, from: start)
  }
}
