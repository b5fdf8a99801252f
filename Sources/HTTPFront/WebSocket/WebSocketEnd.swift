import WebSocketProtocol

/// What a stream that is a WebSocket has beside what it writes: its protocol, and its reading.
final class WebSocketEnd {
  let head: WebSocketHead
  var machine: WebSocketMachine
  var assembler = MessageAssembler()
  /// The application wants nothing more for now.
  var isPaused = false
  /// So much waits for the client that nothing is read from it.
  var isCrowded = false
  /// Nothing more can arrive, or is wanted.
  var isDeaf = false
  /// What the client did wrong, and when it is told.
  var failure: (violation: WebSocketViolation, at: Duration)?
  /// When the next ping is due.
  var pingAt: Duration
  /// When something must have arrived after a ping.
  var pongBy: Duration?
  /// When the closing handshake must be over.
  var closeBy: Duration?
  /// When it is told that the server stops.
  var drainAt: Duration?

  init(_ head: WebSocketHead, _ deflate: DeflateParameters?, at now: Duration) {
    self.head = head
    machine = WebSocketMachine(.server, limits: head.limits, deflate: deflate)
    pingAt = now + head.pingInterval
  }

  var isReading: Bool { !isPaused && !isCrowded && !isDeaf }

  /// Something has arrived at a time.
  func heard(at now: Duration) {
    pongBy = nil
    pingAt = now + head.pingInterval
  }

  /// Takes what the machine wants written.
  func takeOutput() -> Frame? {
    let output = machine.output
    guard !output.isEmpty else { return nil }
    let frame = Frame(raw: Array(output))
    machine.wrote(output.count)
    return frame
  }

  /// The earliest time at which something is due.
  var nextDeadline: Duration {
    if let closeBy { return closeBy }
    let next = isReading ? pongBy ?? pingAt : pingAt
    return min(next, drainAt ?? next, failure?.at ?? next)
  }
}
