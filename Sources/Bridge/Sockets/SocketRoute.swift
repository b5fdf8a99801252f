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
    if let problem = WebSocketUpgrade.problem(with: head, subprotocols: [Self.subprotocol]) {
      throw problem
    }
    try Self.checkQuery(head)
    try pass.checkWebSocket(head)
    guard !wiring.isDraining else {
      throw Problem(.draining, detail: "the bridge is stopping", headers: ["Retry-After": "1"])
    }
    let id = request.id.stream
    if let refusal = ledger.opened(id, pass.caller, head) {
      throw Problem(
        ProblemCode(refusal.code), detail: refusal.detail, headers: ["Retry-After": "5"])
    }
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

  /// A ticket may stand in the URL, and nothing else.
  static func checkQuery(_ head: RequestHead) throws(Problem) {
    let unknown = head.query.parameters.first { parameter in
      guard let name = try? parameter.name else { return true }
      return name != "ticket" && !name.hasPrefix("x_")
    }
    guard let unknown else { return }
    let name = (try? unknown.name) ?? "?"
    throw Problem(.unknownParameter, detail: "there is no parameter '\(name)' here")
  }
}
