import Access
import HTTPFront
import WebSocketProtocol

/// `GET /ws`: turns a request into a WebSocket.
struct SocketRoute: Sendable {
  static let subprotocol = "bridge.v1.json"
  /// An envelope is longer than its payload: base64, escapes, names and properties.
  private static let envelopeBytes = 64 * 1024

  let wiring: Wiring
  let sockets: Sockets
  let ledger: StreamLedger

  func open(_ request: Request, _ pass: Pass) throws(Problem) -> Answer {
    let head = request.head
    let id = try SocketAdmission(wiring: wiring, ledger: ledger).admit(
      request, pass, subprotocols: [Self.subprotocol])
    sockets.admitted(id, pass, head)
    var limits = WebSocketLimits()
    limits.messageBytesMax =
      wiring.live.value.http.payloadBytes.bytes * 2 + Self.envelopeBytes
    limits.frameBytesMax = limits.messageBytesMax
    var socket = WebSocketHead(
      headers: ["Bridge-Connection-Id": id.description], subprotocols: [Self.subprotocol],
      limits: limits)
    socket.writeStallLimit = wiring.live.value.streams.writeStall
    return .upgrade(socket)
  }
}
