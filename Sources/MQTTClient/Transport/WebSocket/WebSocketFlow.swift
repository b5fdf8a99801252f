import EventLoop
import WebSocketProtocol

/// The bytes of MQTT through an open WebSocket.
///
/// What is read goes from the one buffer here straight into the caller's, without the heads of the
/// frames; what is sent is masked into the one buffer of the machine.
final class WebSocketFlow {
  private let lower: any Transport
  private let frameBytesMax: Int
  private var machine: WebSocketMachine
  private var pings: PingTimer?
  private var input: [UInt8] = []
  /// A part of which not all has fitted into the caller's buffer.
  private var pending: Bytes = []
  private var hasEnded = false
  /// What ended the link behind the bytes that were handed out last.
  private var failure: TransportError?
  /// Whether we began the closing handshake.
  private var isClosing = false

  init(
    over lower: any Transport, _ opened: WebSocketOpening.Opened, _ options: WebSocketOptions
  ) {
    self.lower = lower
    frameBytesMax = max(1, options.maximumSentFrameBytes)
    pings = options.pingInterval.map { PingTimer(interval: $0, timeout: options.pongTimeout) }
    var limits = WebSocketLimits()
    limits.frameBytesMax = max(0, options.maximumFrameBytes)
    limits.sentFrameBytesMax = frameBytesMax
    // MQTT is a stream: where a message ends does not matter, and so no message is too long.
    limits.messageBytesMax = .max
    limits.compressedBytesMin = options.compression?.bytesMin ?? 0
    let keys = MaskKeys()
    machine = WebSocketMachine(
      .client(maskKey: { keys.next() }), limits: limits, deflate: opened.agreement.deflate)
    machine.append(opened.rest)
  }

  var holdsInput: Bool {
    !pending.isEmpty || machine.hasInput || hasEnded || failure != nil
  }

  var heldOutput: Int { machine.output.count }
  var nextDeadline: Duration? { pings?.nextDeadline }

  func receive(into buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    if let failure { throw failure }
    var filled = try drain(into: &buffer)
    guard filled == 0, !hasEnded else { return filled > 0 ? .bytes(filled) : .end }
    if input.count != buffer.count { input = Array(repeating: 0, count: buffer.count) }
    switch try read() {
    case .nothingYet: return .nothingYet
    case .end:
      hasEnded = true
      return .end
    case .bytes(let count):
      pings?.heard()
      machine.append(input[..<count])
    }
    filled = try drain(into: &buffer)
    if filled > 0 { return .bytes(filled) }
    return hasEnded ? .end : .nothingYet
  }

  /// Reads once; many servers cut the connection instead of answering our Close.
  private func read() throws(TransportError) -> TCPSocket.Received {
    do throws(TransportError) {
      return try lower.receive(into: &input)
    } catch {
      guard isClosing else { throw error }
      return .end
    }
  }

  func send(_ bytes: Bytes) throws(TransportError) -> Int {
    guard machine.state == .open else { return 0 }
    try flush()
    guard machine.output.isEmpty else { return 0 }
    let taken = bytes.prefix(frameBytesMax)
    guard !taken.isEmpty else { return 0 }
    machine.send(.binary, taken)
    try flush()
    return taken.count
  }

  func flush() throws(TransportError) {
    while !machine.output.isEmpty {
      let count = try lower.send(machine.output)
      guard count > 0 else { break }
      machine.wrote(count)
    }
    if lower.heldOutput > 0 { try lower.flush() }
  }

  func timerFired(at now: Duration) throws(TransportError) {
    guard machine.state == .open else { return }
    switch pings?.timerFired(at: now, hasUnreadInput: holdsInput || lower.hasUnreadInput) {
    case .ping?:
      machine.ping()
      try flush()
    case .expired?:
      throw .webSocket(WebSocketFailure("the server does not answer WebSocket pings"))
    case nil: break
    }
  }

  /// Sends a Close; the lower layer says goodbye once the server has answered it.
  func shutDownSending() {
    if machine.state == .open {
      isClosing = true
      machine.close(CloseStatus(.normal))
    }
    flushAtEnd()
  }

  /// Copies what has arrived, as far as it fits, and returns how much.
  ///
  /// What comes before the end of the link counts: a packet may say why the server ends it.
  private func drain(into buffer: inout [UInt8]) throws(TransportError) -> Int {
    var filled = 0
    do throws(TransportError) {
      while true {
        let part = pending.prefix(buffer.count - filled)
        buffer.replaceSubrange(filled..<(filled + part.count), with: part)
        filled += part.count
        pending = pending.dropFirst(part.count)
        guard filled < buffer.count else { return filled }
        // Gives the storage back, for the next read to write it.
        pending = []
        guard let event = try nextEvent() else { return filled }
        try handle(event)
      }
    } catch {
      guard filled > 0 else { throw error }
      failure = error
      return filled
    }
  }

  private func nextEvent() throws(TransportError) -> WebSocketMachine.Event? {
    do throws(WebSocketViolation) {
      return try machine.next()
    } catch {
      // The machine has put the Close that says why into the output.
      flushAtEnd()
      throw .webSocket(
        WebSocketFailure(error.description, closeCode: error.closeCode.rawValue))
    }
  }

  private func handle(_ event: WebSocketMachine.Event) throws(TransportError) {
    switch event {
    case .part(let part):
      guard part.kind == .binary else { throw refusal(of: part) }
      pending = part.bytes
    case .ping, .pong: break
    case .closed(let status):
      hasEnded = true
      flushAtEnd()
      guard !isClosing, let code = status.code, code != .normal else { return }
      let reason = status.reason.isEmpty ? "" : " (\(printable(status.reason)))"
      throw .webSocket(
        WebSocketFailure(
          "the server closed the WebSocket: \(code)\(reason)", closeCode: code.rawValue))
    }
  }

  /// The server's words without control characters.
  private func printable(_ reason: String) -> String {
    String(
      String.UnicodeScalarView(
        reason.unicodeScalars.filter { $0.properties.generalCategory != .control }))
  }

  /// Packets come in binary messages only. [MQTT-6.0.0-1]
  private func refusal(of part: MessagePart) -> TransportError {
    machine.close(CloseStatus(.unsupportedData))
    flushAtEnd()
    return .webSocket(
      WebSocketFailure(
        "the server sends text, which is no MQTT", closeCode: CloseCode.unsupportedData.rawValue))
  }

  /// Writes what the peer takes; a failure to do so is no news at the end.
  private func flushAtEnd() {
    do throws(TransportError) {
      try flush()
    } catch {
      hasEnded = true
    }
    if hasEnded, machine.output.isEmpty { lower.shutDownSending() }
  }
}
