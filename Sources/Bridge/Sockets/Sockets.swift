import EventLoop
import HTTPFront
import HeapModule
import MQTTClient
import WebSocketProtocol

/// The WebSockets of `GET /ws`: what their clients ask for, and how it is answered.
///
/// Each operation is a request that no connection waits for: its name has a shard of its own, by which
/// `Wiring.answer` finds here what waits for it. Called on every thread; what belongs to one http
/// thread is under one lock, which is never held while anything else is called.
final class Sockets: Sendable {
  /// An operation that waits for its answer.
  struct Waiting: Sendable {
    let stream: StreamID
    let reply: SocketReply
    /// What is refused because of it must say that nothing was kept.
    var isPublish = false
  }

  struct Deadline: Comparable, Sendable {
    let at: Duration
    let request: RequestID

    static func < (one: Self, other: Self) -> Bool { one.at < other.at }
    static func == (one: Self, other: Self) -> Bool {
      one.at == other.at && one.request == other.request
    }
  }

  struct State: Sendable {
    var sockets: [StreamID: Socket] = [:]
    var waiting: [RequestID: Waiting] = [:]
    var deadlines = Heap<Deadline>()
    var lastSerial: UInt64 = 0
  }

  final class Part: Sendable {
    let state = Locked(State())
  }

  /// The shards of requests that are operations lie below this.
  static let firstShard = -16

  var configuration: BridgeConfiguration { wiring.live.value }
  let wiring: Wiring
  let desk: AccessDesk
  let ledger: StreamLedger
  let publisher: Publisher
  let requests: Requests
  let subscriptions: SubscriptionRoute
  private let parts: [Part]

  init(
    _ wiring: Wiring, _ desk: AccessDesk, _ ledger: StreamLedger, _ publisher: Publisher,
    _ requests: Requests, _ subscriptions: SubscriptionRoute, threads: Int
  ) {
    self.wiring = wiring
    self.desk = desk
    self.ledger = ledger
    self.publisher = publisher
    self.requests = requests
    self.subscriptions = subscriptions
    parts = (0..<max(1, threads)).map { _ in Part() }
  }

  func part(_ shard: Int) -> Part { parts[shard % parts.count] }
  static func shard(of request: RequestID) -> Int { firstShard - request.shard }

  /// Notes what a socket follows.
  func follows(_ id: StreamID, _ wanted: [Socket.Wanted], _ terms: Socket.Terms) {
    part(id.shard).state.withLock { state in
      state.sockets[id]?.wanted = wanted
      state.sockets[id]?.terms = terms
    }
  }

  func socket(_ id: StreamID) -> Socket? { part(id.shard).state.withLock { $0.sockets[id] } }

  /// A request is about to become a WebSocket.
  func admitted(_ id: StreamID, _ pass: Pass, _ head: RequestHead) {
    part(id.shard).state.withLock { $0.sockets[id] = Socket(pass: pass, head: head) }
    wiring.openStreams.opened(id, as: .socket, from: wiring.clientAddress(of: head))
  }

  /// The handshake is done; false when it is no socket of this kind.
  func opened(_ id: StreamID) -> Bool {
    guard socket(id) != nil else { return false }
    var request = StreamRequest(
      stream: id, filters: [], maximumQoS: .exactlyOnce, wantsRetained: false,
      representation: Socket.Terms().representation)
    request.isSocket = true
    if wiring.link?.send(.openStream(request)) != true { overloaded(id) }
    return true
  }

  /// A socket is gone; what it consumed has been let go of, if it had begun to read.
  func closed(_ id: StreamID) {
    let closed = part(id.shard).state.withLock { state in
      let socket = state.sockets.removeValue(forKey: id)
      for request in socket?.outstanding ?? [] { state.waiting[request] = nil }
      return socket
    }
    if let consumed = closed?.consumed { _ = wiring.named?.detach(id, from: consumed.name) }
    for request in closed?.outstanding ?? [] {
      publisher.clientLeft(request)
      requests.clientLeft(request)
      subscriptions.clientLeft(request)
    }
  }

  /// Takes in an operation that will be answered later; nil when the socket is gone.
  func begin(
    _ id: StreamID, _ ref: JSONValue?, isPublish: Bool = false
  ) throws(Problem) -> SocketReply? {
    try part(id.shard).state.withLock { (state) throws(Problem) in
      guard let socket = state.sockets[id] else { return nil }
      guard socket.outstanding.count < Socket.outstandingMaximum else {
        throw Problem(
          .tooManyRequestsOutstanding,
          detail: "\(Socket.outstandingMaximum) operations of this WebSocket are not answered yet",
          headers: ["Retry-After": "1"])
      }
      state.lastSerial += 1
      let request = RequestID(shard: Self.firstShard - id.shard, serial: state.lastSerial)
      let reply = SocketReply(ref: ref, request: request)
      state.sockets[id]?.outstanding.insert(request)
      state.waiting[request] = Waiting(stream: id, reply: reply, isPublish: isPublish)
      return reply
    }
  }

  /// An operation is answered, or nobody wants its answer any more.
  @discardableResult
  func end(_ request: RequestID) -> Waiting? {
    part(Self.shard(of: request)).state.withLock { state in
      guard let waiting = state.waiting.removeValue(forKey: request) else { return nil }
      state.sockets[waiting.stream]?.outstanding.remove(request)
      return waiting
    }
  }

  /// The answer to an operation, as an HTTP request would get it; on any thread.
  func answer(_ request: RequestID, with response: Response) {
    guard let waiting = end(request) else { return }
    send(waiting.reply.message(response), to: waiting.stream)
  }

  /// The broker has answered for the filters that an operation asked for; on the mqtt thread.
  func changed(_ changed: StreamChanged) {
    let id = changed.request.stream
    if let request = changed.opening.reply?.request { end(request) }
    guard !changed.refused.isEmpty else { return }
    part(id.shard).state.withLock { state in
      state.sockets[id]?.wanted.removeAll { changed.refused.contains($0.filter) }
    }
  }

  func send(_ text: [UInt8], to id: StreamID) {
    deliver([.message(id, WebSocketMessage(.text, text[...]))], to: id)
  }

  func deliver(_ commands: [StreamCommand], to id: StreamID) {
    wiring.server?.deliver(commands, toShard: id.shard)
  }

  /// Ends a socket with a word and a status.
  func close(_ id: StreamID, _ reason: String, _ status: CloseStatus, reconnects: Bool) {
    deliver(SocketEnd.commands(id, reason, status, reconnects: reconnects), to: id)
  }

  private func overloaded(_ id: StreamID) {
    close(
      id, "overload", CloseStatus(.tryAgainLater, reason: "too much is waiting"), reconnects: true)
  }

  /// Notes until when an operation may wait; the mqtt thread looks after it.
  func setDeadline(_ request: RequestID, at deadline: Duration) {
    part(Self.shard(of: request)).state.withLock { state in
      guard state.waiting[request] != nil else { return }
      state.deadlines.insert(Deadline(at: deadline, request: request))
    }
    wiring.link?.sendReserved(.wake)
  }

  /// When `timerFired` has something to do; on the mqtt thread.
  var nextDeadline: Duration? {
    parts.compactMap { part in
      part.state.withLock { state in
        while let first = state.deadlines.min, state.waiting[first.request] == nil {
          state.deadlines.removeMin()
        }
        return state.deadlines.min?.at
      }
    }.min()
  }

  func timerFired(at now: Duration) {
    for part in parts {
      let due = part.state.withLock { state in
        var due: [RequestID] = []
        while let first = state.deadlines.min, first.at <= now {
          state.deadlines.removeMin()
          if state.waiting[first.request] != nil { due.append(first.request) }
        }
        return due
      }
      for request in due {
        let response =
          publisher.deadlineReached(request) ?? subscriptions.deadlineReached(request)
          ?? requests.deadlineReached(request)
        if let response { answer(request, with: response) }
      }
    }
  }
}

/// How a WebSocket is ended, whoever does it.
enum SocketEnd {
  static func commands(
    _ id: StreamID, _ reason: String, _ status: CloseStatus, reconnects: Bool
  ) -> [StreamCommand] {
    let last = StreamFrames.close(reason: reason, reconnects: reconnects, as: .socket)
    return [.private(last, streams: [id]), .close(id, status)]
  }
}
