package import EventLoop
import WebSocketProtocol

/// MQTT in the binary messages of a WebSocket, over any other transport. [MQTT 5.0, section 6]
///
///     lower's handshakes ─▶ opening (request, 101) ─▶ open ─shutDownSending─▶ Close, answered ─▶ end
///
/// Packets may share a frame or span several in both directions [MQTT-6.0.0-2]: a frame is what one
/// `send` took.
package final class WebSocketTransport: Transport {
  private enum Phase {
    case below
    case opening(WebSocketOpening)
    case open(WebSocketFlow)
  }

  private let lower: any Transport
  private let request: WebSocketRequest
  private let options: WebSocketOptions
  private var phase = Phase.below

  /// Stands on a transport whose handshakes may not have begun; `request` is final.
  package init(
    over lower: any Transport, request: WebSocketRequest, options: WebSocketOptions
  ) {
    self.lower = lower
    self.request = request
    self.options = options
  }

  private var flow: WebSocketFlow? {
    if case .open(let flow) = phase { flow } else { nil }
  }

  package var descriptor: Int32 { lower.descriptor }

  package var needs: Poller.Interest {
    guard case .opening(let opening) = phase else { return lower.needs }
    let isWriting = !opening.isRequestSent || lower.heldOutput > 0
    return lower.needs.union(isWriting ? [.readable, .writable] : .readable)
  }

  package var holdsInput: Bool { flow?.holdsInput ?? false || lower.holdsInput }

  package var hasUnreadInput: Bool { flow?.holdsInput ?? false || lower.hasUnreadInput }

  package var heldOutput: Int { (flow?.heldOutput ?? 0) + lower.heldOutput }

  package var nextDeadline: Duration? {
    [flow?.nextDeadline, lower.nextDeadline].compactMap(\.self).min()
  }

  package func advance() throws(TransportError) -> Bool {
    if case .below = phase {
      guard try lower.advance() else { return false }
      do throws(HandshakeFailure) {
        phase = .opening(try WebSocketOpening(request, options))
      } catch {
        throw .webSocket(WebSocketFailure(error))
      }
    }
    guard case .opening(let opening) = phase else { return true }
    guard let opened = try opening.advance(over: lower) else { return false }
    phase = .open(WebSocketFlow(over: lower, opened, options))
    return true
  }

  package func receive(into buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    guard let flow else { preconditionFailure("a WebSocket is read before it is open") }
    return try flow.receive(into: &buffer)
  }

  package func send(_ bytes: Bytes) throws(TransportError) -> Int {
    guard let flow else { preconditionFailure("a WebSocket is written before it is open") }
    return try flow.send(bytes)
  }

  package func flush() throws(TransportError) {
    if let flow { try flow.flush() } else { try lower.flush() }
  }

  package func timerFired(at now: Duration) throws(TransportError) {
    try lower.timerFired(at: now)
    try flow?.timerFired(at: now)
  }

  package func shutDownSending() {
    if let flow { flow.shutDownSending() } else { lower.shutDownSending() }
  }
}
