import Access
import EventLoop
import HTTPFront
import JSONText
import MQTTClient
import WebSocketProtocol

/// What clients send on WebSockets; on the http thread of the socket.
extension Sockets {
  /// A message came; false when the socket is of another kind.
  func received(_ id: StreamID, _ message: WebSocketMessage) -> Bool {
    guard socket(id) != nil else { return false }
    guard message.kind == .text else {
      close(
        id, "binary", CloseStatus(.unsupportedData, reason: "text messages only"),
        reconnects: false)
      return true
    }
    do throws(SocketOperation.Invalid) {
      let text = Array(message.bytes)
      let operation = try SocketOperation(text)
      do throws(Problem) {
        try run(operation, text, id)
      } catch {
        send(SocketReply(ref: operation.ref).message(error), to: id)
      }
    } catch {
      let problem = error.isPublish ? PublishRoute.withKept(error.problem) : error.problem
      send(SocketReply(ref: error.ref).message(problem), to: id)
    }
    return true
  }

  private func run(
    _ operation: SocketOperation, _ text: [UInt8], _ id: StreamID
  ) throws(Problem) {
    switch operation.kind {
    case .ping: pong(operation.ref, id)
    case .subscribe(let fields): try subscribe(fields, operation.ref, id)
    case .unsubscribe(let topics): try unsubscribe(topics, operation.ref, id)
    case .publish(let node):
      do throws(Problem) {
        try publish(node, text, operation, id)
      } catch {
        throw PublishRoute.withKept(error)
      }
    case .request(let node):
      do throws(Problem) {
        try ask(node, text, operation.ref, id)
      } catch {
        throw PublishRoute.withKept(error)
      }
    case .acknowledge(let name, let ids): try acknowledge(name, ids, operation.ref, id)
    case .authenticate(let token): try authenticate(token, operation.ref, id)
    }
  }

  private func pong(_ ref: JSONValue?, _ id: StreamID) {
    var members = [JSONValue.Member("op", .string("pong"))]
    if let ref { members.append(.init("ref", ref)) }
    send(JSONValue.object(members).encoded, to: id)
  }

  private func publish(
    _ node: JSONNode, _ text: [UInt8], _ operation: SocketOperation, _ id: StreamID
  ) throws(Problem) {
    let draft = try PublishParser.parse(node, in: text)
    try handle(operation.ref, id, "/publish", wait: operation.wait) {
      (request, pass) throws(Problem) in try publisher.publish(draft, request, pass)
    }
  }

  private func ask(
    _ node: JSONNode, _ text: [UInt8], _ ref: JSONValue?, _ id: StreamID
  ) throws(Problem) {
    let draft = try PublishParser.parse(node, in: text, extras: RequestQuestion.names)
    try handle(ref, id, "/request") { (request, pass) throws(Problem) in
      try requests.ask(RequestQuestion(draft, request.head), request, pass)
    }
  }

  private func acknowledge(
    _ name: String?, _ ids: [String], _ ref: JSONValue?, _ id: StreamID
  ) throws(Problem) {
    guard let name = name ?? socket(id)?.consumed?.name else {
      throw Problem(
        .badParameter, detail: "'subscription' names the subscription whose events these are",
        hint: "a WebSocket that consumes one can leave it out")
    }
    let body = JSONValue.object([.init("ids", .array(ids.map { .string($0) }))]).encoded
    try handle(ref, id, "/subscriptions/ack", body: body) { (request, pass) throws(Problem) in
      try subscriptions.acknowledge(name, request, pass)
    }
  }

  /// Does what a request over HTTP would, and answers now or later.
  private func handle(
    _ ref: JSONValue?, _ id: StreamID, _ path: String, wait: Int? = nil, body: [UInt8] = [],
    _ answer: (Request, Pass) throws(Problem) -> Answer
  ) throws(Problem) {
    guard let socket = socket(id), let reply = try begin(id, ref), let name = reply.request else {
      return
    }
    let now = MonotonicClock.now()
    let request = Request(
      head: socket.head(path, wait: wait), body: body, id: name, arrivedAt: now)
    do throws(Problem) {
      switch try answer(request, socket.pass) {
      case .respond(let response): self.answer(name, with: response)
      case .park(let limit): if let limit { setDeadline(name, at: now + limit) }
      case .stream, .upgrade: preconditionFailure("an operation became a stream")
      }
    } catch {
      // An answer that came meanwhile stands.
      if end(name) != nil { throw error }
    }
  }

  /// A new token for the same caller.
  private func authenticate(_ token: String, _ ref: JSONValue?, _ id: StreamID) throws(Problem) {
    guard let socket = socket(id) else { return }
    var head = socket.head("/ws")
    head.headers = ["Authorization": "Bearer \(token)"]
    let pass: Pass
    switch desk.admit(head, takesTicket: false) {
    case .pass(let admitted): pass = admitted
    case .refused(let problem): throw problem
    case .check: throw Problem(.tokenInvalid, detail: "a token is wanted, not a password")
    }
    guard pass.account.utf8.elementsEqual(socket.pass.account.utf8) else {
      return close(
        id, "other_subject", CloseStatus(.policyViolation, reason: "the token is somebody else's"),
        reconnects: false)
    }
    let deliveries = try pass.checkSubscribe(socket.pairs)
    part(id.shard).state.withLock { $0.sockets[id]?.pass = pass }
    ledger.renewed(id, pass.caller)
    var members: [JSONValue.Member] = []
    if let expiry = pass.caller.expiry {
      let text = Timestamp(milliseconds: expiry * 1000).description
      members.append(.init("expires_at", .string(text)))
    }
    let terms = socket.terms
    var change = StreamChange(
      stream: id, representation: terms.representation, policy: terms.policy,
      rateMaximum: terms.rateMaximum, guard: deliveries)
    change.isSilent = true
    wiring.link?.sendReserved(.changeStream(change))
    send(SocketReply(ref: ref).message(.json(.object(members))), to: id)
  }
}
