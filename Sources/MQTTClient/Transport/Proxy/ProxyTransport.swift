package import EventLoop

/// The tunnel through a proxy: its handshake first, and then the bytes of the layer below.
package final class ProxyTransport: Transport {
  private let lower: any Transport
  private var handshake: any ProxyHandshake
  private var isStarted = false
  private var isOpen = false
  private var output: [UInt8] = []
  private var sent = 0
  /// What came from beyond the proxy together with its answer.
  private var rest: Bytes = []
  private var buffer = [UInt8](repeating: 0, count: 4096)

  /// Stands on the connection to the proxy, whose own handshakes it waits for.
  package init(over lower: any Transport, _ handshake: any ProxyHandshake) {
    self.lower = lower
    self.handshake = handshake
  }

  /// Stands on the connection to the proxy that the options name.
  package convenience init(
    over lower: any Transport, _ proxy: ProxyOptions, host: String, port: UInt16
  ) {
    let (name, password) = (proxy.username, proxy.password)
    let handshake: any ProxyHandshake =
      switch proxy.kind {
      case .http, .https:
        HTTPConnectHandshake(host: host, port: port, username: name, password: password)
      case .socks5: SOCKS5Handshake(host: host, port: port, username: name, password: password)
      }
    self.init(over: lower, handshake)
  }

  package var descriptor: Int32 { lower.descriptor }
  package var holdsInput: Bool { !rest.isEmpty || lower.holdsInput }
  package var hasUnreadInput: Bool { !rest.isEmpty || lower.hasUnreadInput }
  package var heldOutput: Int { lower.heldOutput }
  package var nextDeadline: Duration? { lower.nextDeadline }

  package var needs: Poller.Interest {
    guard !isOpen else { return lower.needs }
    let isWriting = sent < output.count || lower.heldOutput > 0
    return lower.needs.union(isWriting ? [.readable, .writable] : .readable)
  }

  package func advance() throws(TransportError) -> Bool {
    if isOpen { return true }
    guard try lower.advance() else { return false }
    if !isStarted {
      isStarted = true
      output = try proxied { () throws(ProxyFailure) in try handshake.start() }
    }
    while !isOpen {
      guard try write() else { return false }
      switch try lower.receive(into: &buffer) {
      case .nothingYet: return false
      case .end: throw .proxy(.closed)
      case .bytes(let count): try received(buffer[..<count])
      }
    }
    buffer = []
    return true
  }

  package func receive(into buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    guard !rest.isEmpty else { return try lower.receive(into: &buffer) }
    let count = min(rest.count, buffer.count)
    buffer.replaceSubrange(..<count, with: rest.prefix(count))
    rest.removeFirst(count)
    return .bytes(count)
  }

  package func send(_ bytes: Bytes) throws(TransportError) -> Int { try lower.send(bytes) }
  package func flush() throws(TransportError) { try lower.flush() }
  package func timerFired(at now: Duration) throws(TransportError) {
    try lower.timerFired(at: now)
  }
  package func shutDownSending() { lower.shutDownSending() }

  private func received(_ bytes: Bytes) throws(TransportError) {
    let progress = try proxied { () throws(ProxyFailure) in
      try handshake.received(bytes, &output)
    }
    if case .open(let rest) = progress {
      self.rest = rest
      isOpen = true
    }
  }

  /// Whether everything that is to be said has left.
  private func write() throws(TransportError) -> Bool {
    if lower.heldOutput > 0 { try lower.flush() }
    while sent < output.count {
      let taken = try lower.send(output[sent...])
      sent += taken
      if taken == 0 { return false }
    }
    output.removeAll()
    sent = 0
    return lower.heldOutput == 0
  }

  private func proxied<Result>(
    _ body: () throws(ProxyFailure) -> Result
  ) throws(TransportError) -> Result {
    do throws(ProxyFailure) {
      return try body()
    } catch {
      throw .proxy(error)
    }
  }
}
