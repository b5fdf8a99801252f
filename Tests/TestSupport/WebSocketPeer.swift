package import WebSocketProtocol

/// A blocking WebSocket end of a test, on a loopback connection; every wait has a deadline.
package final class WebSocketPeer {
  package let socket: LoopbackSocket
  /// What the client asked for, if this is the server.
  package let request: HTTPRequestHead?
  /// What both ends agreed on.
  package let subprotocol: String?
  package let deflate: DeflateParameters?
  private var machine: WebSocketMachine
  private var assembler = MessageAssembler()

  /// Answers the handshake of a client that has connected.
  package init(
    accepting socket: LoopbackSocket, subprotocols: [String] = [],
    deflate: DeflateParameters? = nil, limits: WebSocketLimits = WebSocketLimits()
  ) throws {
    self.socket = socket
    var reader = HTTPHeadReader()
    var head: HTTPHeadReader.Head?
    while head == nil {
      head = try reader.append(Self.receive(socket)[...])
    }
    guard let head else { throw TestFailure("no request") }
    let request = try HTTPRequestHead(head)
    let handshake = try ServerHandshake(request, subprotocols: subprotocols, deflate: deflate)
    try socket.send(handshake.response.encoded())
    self.request = request
    subprotocol = handshake.subprotocol
    self.deflate = handshake.deflate
    machine = WebSocketMachine(.server, limits: limits, deflate: handshake.deflate)
    machine.append(reader.rest)
  }

  /// Opens a WebSocket to a server on this machine.
  package init(
    connectingTo port: UInt16, path: String = "/", headers: HTTPFields = [],
    subprotocols: [String] = [],
    deflate: DeflateParameters? = nil, limits: WebSocketLimits = WebSocketLimits(),
    tls: TestTLSOptions? = nil
  ) throws {
    socket =
      if let tls { try LoopbackSocket(port: port, tls: tls) } else {
        try LoopbackSocket(port: port)
      }
    request = nil
    let handshake = ClientHandshake(
      nonce: (0..<16).map { _ in .random(in: 0...255) }, subprotocols: subprotocols,
      deflate: deflate)
    try socket.send(handshake.request(authority: "127.0.0.1:\(port)", path: path, headers: headers))
    var reader = HTTPResponseReader()
    var head: HTTPResponseHead?
    while head == nil {
      head = try reader.append(Self.receive(socket)[...])
    }
    guard let head else { throw TestFailure("no response") }
    let agreement = try handshake.agreement(head)
    subprotocol = agreement.subprotocol
    self.deflate = agreement.deflate
    machine = WebSocketMachine(
      .client(maskKey: { .random(in: 0...UInt32.max) }), limits: limits,
      deflate: agreement.deflate)
    machine.append(reader.rest)
  }

  package var state: WebSocketMachine.State { machine.state }

  /// The next event; nil at the end of the stream.
  ///
  /// What answers it (a pong, a Close) is sent at once, also when the client violates the protocol.
  package func next(within limit: Duration = .seconds(20)) throws -> WebSocketMachine.Event? {
    let deadline = Deadline(after: limit)
    while true {
      do throws(WebSocketViolation) {
        if let event = try machine.next() {
          try? flush()
          return event
        }
      } catch {
        try? flush()
        throw error
      }
      guard let bytes = try socket.receive(until: deadline) else {
        throw TestFailure("the WebSocket said nothing in time")
      }
      guard !bytes.isEmpty else { return nil }
      machine.append(bytes[...])
    }
  }

  /// The next whole message; nil when the peer closes, and pings are passed over.
  package func nextMessage(within limit: Duration = .seconds(20)) throws -> WebSocketMessage? {
    while let event = try next(within: limit) {
      switch event {
      case .part(let part): if let message = assembler.add(part) { return message }
      case .ping, .pong: continue
      case .closed: return nil
      }
    }
    return nil
  }

  package func send(_ kind: MessageKind, _ bytes: ArraySlice<UInt8>) throws {
    machine.send(kind, bytes)
    try flush()
  }

  package func ping(_ bytes: ArraySlice<UInt8> = []) throws {
    machine.ping(bytes)
    try flush()
  }

  package func close(_ status: CloseStatus) throws {
    machine.close(status)
    try flush()
  }

  private func flush() throws {
    let output = Array(machine.output)
    try socket.send(output, within: .seconds(60))
    machine.wrote(output.count)
  }

  private static func receive(_ socket: LoopbackSocket) throws -> [UInt8] {
    let bytes = try socket.receive(until: Deadline(after: .seconds(20)))
    guard let bytes, !bytes.isEmpty else {
      throw TestFailure("the connection ended in the handshake")
    }
    return bytes
  }
}

extension WebSocketLimits {
  /// Wide enough for the largest messages of the suites, which want even short ones compressed.
  package static var ofConformanceSuites: WebSocketLimits {
    var limits = WebSocketLimits()
    limits.frameBytesMax = 64 << 20
    limits.messageBytesMax = 64 << 20
    limits.compressedBytesMin = 0
    return limits
  }
}
