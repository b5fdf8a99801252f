import EventLoop
import WebSocketProtocol

/// What the streams do that are WebSockets: they also read, and end by a closing handshake.
extension EventStreams {
  /// Takes over a socket whose handshake is right, and one of the quota's streams.
  func open(
    _ id: StreamID, socket: Int32, of connection: Connection, _ head: WebSocketHead,
    _ handshake: ServerHandshake
  ) {
    let end = WebSocketEnd(head, handshake.deflate, at: loop.now)
    var timing = StreamHead(headers: [:], heartbeat: Frame([]))
    timing.writeStallLimit = head.writeStallLimit
    timing.whenBehind = head.whenBehind
    let stream = EventStream(
      id: id, socket: socket, of: connection, isChunked: true, head: timing, webSocket: end,
      at: loop.now)
    stream.partial = Frame(
      raw: ResponseText.switchingProtocols(handshake.response, head.headers))
    stream.start()
    guard adopt(stream) else { return }
    arm(stream, at: end.nextDeadline)
    stream.application.socketOpened(id, subprotocol: handshake.subprotocol)
  }

  /// Reads what has come, as much as is wanted now.
  func read(_ stream: EventStream, _ end: WebSocketEnd) {
    var turns = 0
    while turns < 8, end.isReading, isOpen(stream) {
      turns += 1
      switch StreamSocket.receive(from: stream.socket, into: &input) {
      case .bytes(let count):
        end.heard(at: loop.now)
        end.machine.append(input[..<count])
        digest(stream, end)
        if count < input.count { return }
      case .wouldBlock: return
      case .end, .failed: return lost(stream, end)
      }
    }
  }

  /// Handles what was read.
  func digest(_ stream: EventStream, _ end: WebSocketEnd) {
    do throws(WebSocketViolation) {
      while !end.isPaused, isOpen(stream), let event = try end.machine.next() {
        switch event {
        case .part(let part): take(part, of: stream, end)
        case .ping, .pong: continue
        case .closed(let status): closedByClient(stream, end, status)
        }
      }
    } catch {
      // What the application answers to the messages before it still goes out: in the next turn.
      let deadline = loop.now + .milliseconds(1)
      end.isDeaf = true
      end.failure = (error, deadline)
      if deadline < stream.timerAt { arm(stream, at: deadline) }
    }
    guard isOpen(stream) else { return }
    if stream.ending == nil, end.failure == nil, let output = end.takeOutput() {
      stream.privateFrames.prepend(output)
      touch(stream)
    }
    noteCrowd(stream, end)
    watchAgain(stream)
  }

  private func take(_ part: MessagePart, of stream: EventStream, _ end: WebSocketEnd) {
    guard stream.ending == nil else { return }
    let message: WebSocketMessage
    switch end.head.reception {
    case .messages:
      guard let whole = end.assembler.add(part) else { return }
      message = whole
    case .pieces:
      guard part.kind == .binary else {
        let status = CloseStatus(.unsupportedData, reason: "binary messages only")
        return closeSocket(stream, end, status, .ended, dropsWaiting: false)
      }
      guard !part.bytes.isEmpty else { return }
      message = WebSocketMessage(.binary, part.bytes)
    }
    if stream.application.socketReceived(stream.id, message) == .pause { end.isPaused = true }
  }

  private func closedByClient(
    _ stream: EventStream, _ end: WebSocketEnd, _ status: CloseStatus
  ) {
    end.isDeaf = true
    guard let reason = stream.ending else {
      return closeSocket(stream, end, status, .closedByClient(status), dropsWaiting: true)
    }
    if !stream.hasEndPending { finish(stream, reason) }
  }

  /// The connection has ended without a closing handshake, or after it.
  private func lost(_ stream: EventStream, _ end: WebSocketEnd) {
    end.isDeaf = true
    close(stream, stream.hasEndPending ? .clientLeft : stream.ending ?? .clientLeft)
  }

  /// Begins the closing handshake behind what waits, or in its place.
  func closeSocket(
    _ stream: EventStream, _ end: WebSocketEnd, last: Frame? = nil, _ status: CloseStatus,
    _ reason: StreamEnd, dropsWaiting: Bool
  ) {
    guard stream.ending == nil else { return }
    if dropsWaiting || stream.isHeld { leave(stream) }
    if dropsWaiting { stream.privateFrames = PrivateFrames() }
    let number = stream.group?.end ?? 0
    if let last { stream.privateFrames.appendAlways(last, before: number) }
    end.machine.close(status)
    end.failure = nil
    if let output = end.takeOutput() {
      stream.privateFrames.appendAlways(output, before: number)
    }
    stream.ending = reason
    // What the client still sends is only read for its Close.
    end.isPaused = false
    end.isCrowded = false
    let deadline = loop.now + end.head.closeTimeout
    end.closeBy = deadline
    if deadline < stream.timerAt { arm(stream, at: deadline) }
    watchAgain(stream)
    touch(stream)
  }

  /// Everything is written, the Close included; true when the client's has come too.
  func isHandshakeOver(_ stream: EventStream, _ end: WebSocketEnd) -> Bool {
    leave(stream)
    return end.isDeaf || end.machine.state != .closing
  }

  /// Sends one message to one client, compressed if that was agreed on.
  func send(_ message: WebSocketMessage, to stream: EventStream) {
    guard let end = stream.webSocket else { return }
    if end.failure == nil {
      end.machine.send(message.kind, message.bytes)
      if let frame = end.takeOutput() { addToSocket(frame, stream, end) }
    } else {
      // The Close is in the machine's output already.
      addToSocket(Frame(webSocket: message.kind, message.bytes), stream, end)
    }
  }

  /// Adds what must not get lost, before what its group is sent later; a held one does not wait.
  func addToSocket(_ frame: Frame, _ stream: EventStream, _ end: WebSocketEnd) {
    guard stream.privateFrames.byteCount + frame.count <= end.head.waitingBytesMax else {
      lagsTotal += 1
      let status = CloseStatus(.tooSlow, reason: "too much waits for you")
      return closeSocket(stream, end, status, .fellBehind, dropsWaiting: true)
    }
    let number = stream.isHeld ? stream.cursor : stream.group?.end ?? 0
    stream.privateFrames.insert(frame, before: number)
    noteCrowd(stream, end)
    touch(stream)
  }

  private func noteCrowd(_ stream: EventStream, _ end: WebSocketEnd) {
    guard !end.isCrowded, stream.ending == nil,
      stream.privateFrames.byteCount > end.head.crowdedBytes
    else { return }
    end.isCrowded = true
    stream.owesDrained = true
    watchAgain(stream)
    stream.application.socketCrowded(stream.id)
  }

  /// Reads on once little waits.
  func noteRoom(_ stream: EventStream, _ end: WebSocketEnd) {
    guard end.isCrowded, stream.privateFrames.byteCount <= end.head.crowdedBytes / 2 else {
      return
    }
    end.isCrowded = false
    end.heard(at: loop.now)
    digest(stream, end)
  }

  func resumeReading(_ stream: EventStream) {
    guard let end = stream.webSocket, end.isPaused else { return }
    end.isPaused = false
    end.heard(at: loop.now)
    digest(stream, end)
  }

  /// Does what is due; the next time is set again.
  func socketTimerFired(_ stream: EventStream, _ end: WebSocketEnd) {
    var next = stream.lastProgress + stream.writeStallLimit
    if stream.isBlocked {
      guard next > loop.now else { return close(stream, .stalled) }
    } else {
      next = .seconds(Int64.max / 2)
    }
    if let closeBy = end.closeBy, closeBy <= loop.now {
      return close(stream, stream.ending ?? .ended)
    }
    if let failure = end.failure, failure.at <= loop.now, stream.ending == nil {
      closeSocket(
        stream, end, CloseStatus(nil), .violated(failure.violation), dropsWaiting: false)
    }
    if let drainAt = end.drainAt, drainAt <= loop.now { drain(stream, end) }
    if stream.ending == nil {
      if end.isReading, let pongBy = end.pongBy, pongBy <= loop.now {
        return close(stream, .unanswered)
      }
      if end.pingAt <= loop.now { ping(stream, end) }
    }
    arm(stream, at: min(next, end.nextDeadline))
  }

  private func ping(_ stream: EventStream, _ end: WebSocketEnd) {
    end.pingAt = loop.now + end.head.pingInterval
    // What is not read cannot be answered; then only the writing shows that the client lives.
    guard end.isReading, end.pongBy == nil, !stream.isBlocked else { return }
    end.pongBy = loop.now + end.head.pongTimeout
    stream.privateFrames.prepend(Frame(raw: ServerFrame.ping([])))
    touch(stream)
  }

  /// Ends a WebSocket because the server stops.
  func drain(_ stream: EventStream, _ end: WebSocketEnd) {
    end.drainAt = nil
    closeSocket(
      stream, end, last: stream.application.closingFrame(for: stream.id),
      CloseStatus(.goingAway, reason: "draining"), .serverStopped, dropsWaiting: false)
  }
}
