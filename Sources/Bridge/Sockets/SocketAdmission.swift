import Access
import HTTPFront

/// What `GET /ws` and `GET /mqtt` ask of a request alike, before it becomes a WebSocket.
struct SocketAdmission: Sendable {
  let wiring: Wiring
  let ledger: StreamLedger

  /// The stream that the request becomes, which counts from now on.
  func admit(
    _ request: Request, _ pass: Pass, subprotocols: [String]
  ) throws(Problem) -> StreamID {
    let head = request.head
    if let problem = WebSocketUpgrade.problem(with: head, subprotocols: subprotocols) {
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
    return id
  }

  /// A ticket may stand in the URL, and nothing else.
  private static func checkQuery(_ head: RequestHead) throws(Problem) {
    let unknown = head.query.parameters.first { parameter in
      guard let name = try? parameter.name else { return true }
      return name != "ticket" && !name.hasPrefix("x_")
    }
    guard let unknown else { return }
    let name = (try? unknown.name) ?? "?"
    throw Problem(.unknownParameter, detail: "there is no parameter '\(name)' here")
  }
}
