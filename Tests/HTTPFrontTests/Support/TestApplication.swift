import EventLoop
import Glibc
import HTTPFront
import WebSocketProtocol

/// An application whose behaviour is a few closures, and which tells what happened to it.
final class TestApplication: HTTPApplication {
  enum Event: Equatable, Sendable {
    case handled(RequestID)
    case left(RequestID)
    case closed(StreamID, StreamEnd)
    case lagged(StreamID, Int64)
    case drained(StreamID, Int64)
    case opened(StreamID, String?)
    case received(StreamID, String)
    case crowded(StreamID)
    case piece(RequestID, String)
    case aborted(RequestID)
    case reported(HTTPServerFact)
  }

  let admission: @Sendable (RequestHead) -> Admission
  let answer: @Sendable (Request) -> Answer
  let late: @Sendable (RequestID) -> Response?
  let reception: @Sendable (StreamID, WebSocketMessage) -> SocketFlow
  /// What becomes of a body that is taken in pieces.
  let flow: @Sendable (RequestID, [UInt8]) -> BodyFlow
  /// Added to every answer.
  let decoration: @Sendable (inout HeaderFields, RequestHead?) -> Void
  let welcomes: @Sendable (String) -> Bool
  private let mailbox: Mailbox<Event>
  private let records: TestMailbox<AccessRecord>
  private let unread = Locked<[Event]>([])
  private let sockets = Locked<Set<StreamID>>([])

  init(
    admission: @escaping @Sendable (RequestHead) -> Admission = { _ in .accept(bodyLimit: 1 << 20)
    },
    late: @escaping @Sendable (RequestID) -> Response? = { _ in .text("late", status: 202) },
    reception: @escaping @Sendable (StreamID, WebSocketMessage) -> SocketFlow = { _, _ in .more },
    flow: @escaping @Sendable (RequestID, [UInt8]) -> BodyFlow = { _, _ in .more },
    decoration: @escaping @Sendable (inout HeaderFields, RequestHead?) -> Void = { _, _ in },
    welcomes: @escaping @Sendable (String) -> Bool = { _ in true },
    answer: @escaping @Sendable (Request) -> Answer
  ) throws {
    self.flow = flow
    self.decoration = decoration
    self.welcomes = welcomes
    self.reception = reception
    self.admission = admission
    self.answer = answer
    self.late = late
    mailbox = try Mailbox(capacity: 1)
    records = try TestMailbox()
  }

  func admit(_ head: RequestHead) -> Admission { admission(head) }

  func handle(_ request: Request) -> Answer {
    defer { mailbox.sendReserved(.handled(request.id)) }
    return answer(request)
  }

  func deadlineReached(_ id: RequestID) -> Response? { late(id) }
  func clientLeft(_ id: RequestID) { mailbox.sendReserved(.left(id)) }
  func gapFrame(for id: StreamID, missed: Int) -> Frame? { Frame("gap \(missed)\n\n") }
  func closingFrame(for id: StreamID) -> Frame? {
    sockets.withLock { $0.contains(id) }
      ? Frame(webSocket: .text, "bye".utf8) : Frame("bye\n\n")
  }

  func socketOpened(_ id: StreamID, subprotocol: String?) {
    sockets.withLock { _ = $0.insert(id) }
    mailbox.sendReserved(.opened(id, subprotocol))
  }

  func socketReceived(_ id: StreamID, _ message: WebSocketMessage) -> SocketFlow {
    mailbox.sendReserved(.received(id, String(decoding: message.bytes, as: UTF8.self)))
    return reception(id, message)
  }

  func socketCrowded(_ id: StreamID) { mailbox.sendReserved(.crowded(id)) }

  func report(_ fact: HTTPServerFact) { mailbox.sendReserved(.reported(fact)) }

  func admitsConnection(from clientAddress: String) -> Bool { welcomes(clientAddress) }

  func bodyReceived(_ piece: [UInt8], of id: RequestID, _ head: RequestHead) -> BodyFlow {
    mailbox.sendReserved(.piece(id, String(decoding: piece, as: UTF8.self)))
    return flow(id, piece)
  }

  func bodyAborted(_ id: RequestID) { mailbox.sendReserved(.aborted(id)) }

  func decorate(_ headers: inout HeaderFields, of id: RequestID, for head: RequestHead?) {
    decoration(&headers, head)
  }

  func route(of head: RequestHead) -> String? { head.path.hasPrefix("/t/") ? "/t/{name}" : nil }
  func answered(_ record: AccessRecord, _ head: RequestHead?) { records.send(record) }

  func streamClosed(_ id: StreamID, reason: StreamEnd) {
    mailbox.sendReserved(.closed(id, reason))
  }

  func streamParted(_ id: StreamID, after position: Int64) {
    mailbox.sendReserved(.lagged(id, position))
  }

  func streamLagged(_ id: StreamID, after position: Int64) {
    mailbox.sendReserved(.lagged(id, position))
  }

  func streamDrained(_ id: StreamID, written position: Int64) {
    mailbox.sendReserved(.drained(id, position))
  }

  /// Takes away everything that has happened so far.
  func takeAll() -> [Event] {
    var arrived: [Event] = []
    _ = mailbox.receive(into: &arrived)
    return unread.withLock { unread in
      defer { unread = [] }
      return unread + arrived
    }
  }

  /// Waits for the first event that `pick` wants, and takes it away; nil after a long time.
  func next<Value>(_ pick: (Event) -> Value?) -> Value? {
    let deadline = MonotonicClock.now() + .seconds(10)
    while MonotonicClock.now() < deadline {
      var arrived: [Event] = []
      _ = mailbox.receive(into: &arrived)
      let found: Value? = unread.withLock { unread in
        unread += arrived
        for (index, event) in unread.enumerated() {
          if let value = pick(event) {
            unread.remove(at: index)
            return value
          }
        }
        return nil
      }
      if let found { return found }
      mailbox.wait(atMost: deadline - MonotonicClock.now())
    }
    return nil
  }

  func nextHandled() -> RequestID? {
    next { if case .handled(let id) = $0 { id } else { nil } }
  }

  func nextClosed() -> StreamEnd? {
    next { if case .closed(_, let reason) = $0 { reason } else { nil } }
  }

  func nextPiece() -> String? {
    next { if case .piece(_, let text) = $0 { text } else { nil } }
  }

  func nextPieceID() -> RequestID? {
    next { if case .piece(let id, _) = $0 { id } else { nil } }
  }

  func nextAborted() -> RequestID? {
    next { if case .aborted(let id) = $0 { id } else { nil } }
  }

  /// What is told of the first request since the last call; only the first one is kept.
  func nextRecord() -> AccessRecord? { records.next() }

  func nextReceived() -> String? {
    next { if case .received(_, let text) = $0 { text } else { nil } }
  }

  /// The position after which a stream has lagged.
  func nextLagged() -> Int64? {
    next { if case .lagged(_, let position) = $0 { position } else { nil } }
  }

  /// The position that was written when a stream had drained.
  func nextDrained() -> Int64? {
    next { if case .drained(_, let position) = $0 { position } else { nil } }
  }
}

/// A server for one test; it is stopped at the end, whatever happened.
func withServer(
  _ application: TestApplication, _ configure: (inout HTTPServerOptions) -> Void = { _ in },
  _ body: (HTTPServer) throws -> Void
) throws {
  var options = HTTPServerOptions()
  configure(&options)
  let server = try HTTPServer(options: options, application: application)
  try server.start()
  defer {
    server.stop(deadline: .seconds(5))
    server.join()
  }
  try body(server)
}

/// Waits until what another thread publishes is so; false after a long time.
func eventually(_ condition: () -> Bool) -> Bool {
  let deadline = MonotonicClock.now() + .seconds(10)
  while !condition() {
    if MonotonicClock.now() > deadline { return false }
    sched_yield()
  }
  return true
}
