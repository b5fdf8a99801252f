/// One end of an open WebSocket: bytes of the peer in, messages out, and the other way round.
///
///     open ─close─▶ closing ─Close received─▶ closed
///       ├─Close received─▶ closed (it is answered)
///       └─violation─▶ failed (it is answered by a Close that says why)
///
/// The owner appends what it reads and calls `next` until that returns nil; whatever there is to
/// write, answers to pings included, is in `output`. The machine keeps no input but at most one control
/// frame, and makes decompressed bytes only as `next` asks for them, so that a small frame cannot
/// fill the memory.
package struct WebSocketMachine: ~Copyable {
  package enum Event: Equatable {
    case part(MessagePart)
    /// The pong is in the output already.
    case ping(ArraySlice<UInt8>)
    case pong(ArraySlice<UInt8>)
    /// The peer's Close, which was answered; nothing comes after it.
    case closed(CloseStatus)
  }

  /// How far the closing handshake is.
  package enum State: Equatable {
    case open
    /// Our Close is out or in the output, the peer's has not come.
    case closing
    case closed
    case failed(WebSocketViolation)
  }

  /// A message of which not all has come.
  private struct Incoming {
    let kind: MessageKind
    let isCompressed: Bool
    var byteCount = 0
    var text = TextValidator()
  }

  /// Decompressed bytes are made in pieces up to this size.
  private static let inflatedBytesMax = 64 << 10
  /// What ends each compressed message and is not sent. [RFC 7692, 7.2.2]
  private static let compressionTail: ArraySlice<UInt8> = [0x00, 0x00, 0xFF, 0xFF]

  private let limits: WebSocketLimits
  private let inflater: Inflater?
  private let resetsInflater: Bool
  private var decoder: FrameDecoder
  private var input: ArraySlice<UInt8> = []
  private var frame = FrameHeader(opcode: .continuation, payloadCount: 0)
  private var controlPayload: [UInt8] = []
  private var incoming: Incoming?
  /// Compressed bytes that wait for `next`; nil when none do.
  private var compressed: ArraySlice<UInt8>?
  private var isAtCompressionTail = false
  private var sender: MessageSender

  package private(set) var state = State.open

  /// Starts after the handshake, with what that agreed on.
  package init(
    _ role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(),
    deflate: DeflateParameters? = nil
  ) {
    self.limits = limits
    let isServer = if case .server = role { true } else { false }
    decoder = FrameDecoder(
      expectsMask: isServer, allowsCompression: deflate != nil, payloadMax: limits.frameBytesMax)
    sender = MessageSender(role, limits, deflate)
    inflater = deflate.map {
      Inflater(windowBits: isServer ? $0.clientWindowBits : $0.serverWindowBits)
    }
    let keepsContext = isServer ? deflate?.clientContextTakeover : deflate?.serverContextTakeover
    resetsInflater = keepsContext == false
  }

  /// Whether `next` may have something without further input.
  package var hasInput: Bool { !input.isEmpty || compressed != nil }

  /// What waits to be written; report with `wrote` how much of it was.
  package var output: ArraySlice<UInt8> { sender.output }

  package mutating func wrote(_ count: Int) { sender.wrote(count) }

  /// Adds bytes from the peer; what comes after its Close is dropped.
  package mutating func append(_ bytes: ArraySlice<UInt8>) {
    guard isReading else { return }
    if input.isEmpty { input = bytes } else { input += bytes }
  }

  /// The next event; nil when that takes more bytes.
  package mutating func next() throws(WebSocketViolation) -> Event? {
    if case .failed(let violation) = state { throw violation }
    guard isReading else { return nil }
    do throws(WebSocketViolation) {
      return try nextEvent()
    } catch {
      fail(error)
      throw error
    }
  }

  /// Sends a message, unless the closing handshake has begun.
  package mutating func send(_ kind: MessageKind, _ bytes: ArraySlice<UInt8>) {
    guard state == .open else { return }
    sender.send(kind, bytes)
  }

  /// Sends a ping with at most 125 bytes, unless the closing handshake has begun.
  package mutating func ping(_ bytes: ArraySlice<UInt8> = []) {
    guard state == .open else { return }
    sender.sendControl(.ping, bytes.prefix(125))
  }

  /// Begins the closing handshake, unless it has begun.
  package mutating func close(_ status: CloseStatus) {
    guard state == .open else { return }
    state = .closing
    sender.sendControl(.close, status.payload[...])
  }

  /// Ends with a Close as after a violation: for what the owner finds wrong.
  private mutating func fail(_ violation: WebSocketViolation) {
    close(CloseStatus(violation.closeCode, reason: violation.description))
    state = .failed(violation)
    drop()
  }

  private var isReading: Bool { state == .open || state == .closing }

  private mutating func drop() {
    input = []
    compressed = nil
    incoming = nil
  }

  private mutating func nextEvent() throws(WebSocketViolation) -> Event? {
    while true {
      if compressed != nil {
        if let event = try nextInflated() { return event }
        continue
      }
      guard let element = try decoder.next(&input) else {
        // Whoever owns the storage may write it again.
        input = []
        return nil
      }
      let event: Event? =
        switch element {
        case .header(let header): try started(header)
        case .payload(let bytes): try received(bytes)
        }
      if let event { return event }
    }
  }

  private mutating func started(_ header: FrameHeader) throws(WebSocketViolation) -> Event? {
    frame = header
    switch header.opcode {
    case .ping, .pong, .close: controlPayload.removeAll(keepingCapacity: true)
    case .continuation: guard incoming != nil else { throw .continuationOfNothing }
    case .text, .binary:
      guard incoming == nil else { throw .interruptedMessage }
      let kind: MessageKind = header.opcode == .text ? .text : .binary
      incoming = Incoming(kind: kind, isCompressed: header.isCompressed)
    }
    if let incoming, !header.opcode.isControl, !incoming.isCompressed,
      header.payloadCount > limits.messageBytesMax - incoming.byteCount
    {
      throw .messageTooLarge(limit: limits.messageBytesMax)
    }
    return header.payloadCount == 0 ? try received([]) : nil
  }

  private mutating func received(
    _ bytes: ArraySlice<UInt8>
  ) throws(WebSocketViolation) -> Event? {
    guard !frame.opcode.isControl else {
      controlPayload += bytes
      return decoder.missingCount == 0 ? try receivedControl() : nil
    }
    guard incoming?.isCompressed == true else {
      return try part(bytes, isLast: frame.isFinal && decoder.missingCount == 0)
    }
    compressed = bytes
    return nil
  }

  private mutating func receivedControl() throws(WebSocketViolation) -> Event? {
    switch frame.opcode {
    case .ping:
      // After our Close nothing else goes out.
      if state == .open { sender.sendPong(controlPayload[...]) }
      return .ping(controlPayload[...])
    case .pong: return .pong(controlPayload[...])
    case .close:
      let status = try CloseStatus(controlPayload)
      close(CloseStatus(status.code))
      state = .closed
      drop()
      return .closed(status)
    case .continuation, .text, .binary: preconditionFailure("\(frame.opcode) is no control frame")
    }
  }

  /// Checks a part of the present message and hands it out, unless it says nothing.
  private mutating func part(
    _ bytes: ArraySlice<UInt8>, isLast: Bool
  ) throws(WebSocketViolation) -> Event? {
    guard var message = exchange(&incoming, with: nil) else {
      preconditionFailure("a part of no message")
    }
    guard bytes.count <= limits.messageBytesMax - message.byteCount else {
      throw .messageTooLarge(limit: limits.messageBytesMax)
    }
    message.byteCount += bytes.count
    if message.kind == .text {
      guard message.text.accepts(bytes), !isLast || message.text.isComplete else {
        throw .invalidText
      }
    }
    let kind = message.kind
    if !isLast { incoming = message }
    return bytes.isEmpty && !isLast
      ? nil : .part(MessagePart(kind: kind, bytes: bytes, isLast: isLast))
  }

  /// Decompresses the next piece of what waits.
  private mutating func nextInflated() throws(WebSocketViolation) -> Event? {
    guard var bytes = exchange(&compressed, with: nil), let inflater else { return nil }
    let limit = min(max(bytes.count * 4, 512), Self.inflatedBytesMax)
    let output = try inflater.inflate(&bytes, atMost: limit)
    let isFrameComplete = decoder.missingCount == 0 && frame.isFinal
    guard output.count < limit else {
      compressed = bytes
      return try part(output[...], isLast: false)
    }
    guard isFrameComplete, !isAtCompressionTail else {
      let isLast = exchange(&isAtCompressionTail, with: false)
      if isLast, resetsInflater { inflater.reset() }
      return try part(output[...], isLast: isLast)
    }
    isAtCompressionTail = true
    compressed = Self.compressionTail
    return try part(output[...], isLast: false)
  }
}
