package import WebSocketProtocol

/// What the server asks of the program it serves.
///
/// Every method is called on the http thread that owns the request or stream, never with a lock
/// held, and must return at once: what takes longer is parked.
package protocol HTTPApplication: Sendable {
  /// Whether a new connection is welcome; if not, its first request is answered 429.
  ///
  /// The address is numeric, or `unix` for a socket in the file system.
  func admitsConnection(from clientAddress: String) -> Bool

  /// Whether connections from this address count against what one address may have.
  func countsConnection(from clientAddress: String) -> Bool

  /// Decides on the head, before any byte of the body is read.
  func admit(_ head: RequestHead) -> Admission

  /// Adds what the application says in every error to one that the server found by itself.
  ///
  /// Without a head so little was understood that the request could be any.
  func complete(_ problem: Problem, for head: RequestHead?) -> Problem

  /// Answers a request whose body is complete; it is empty if it was taken in pieces.
  func handle(_ request: Request) -> Answer

  /// A piece of a body whose admission was `.acceptPieces`.
  ///
  /// After `.pause` and `.hold` the rest stays with the client until `HTTPServer.resumeBody`.
  func bodyReceived(_ piece: [UInt8], of id: RequestID, _ head: RequestHead) -> BodyFlow

  /// A body of which pieces were taken ends too early, or is too large: `handle` does not follow.
  func bodyAborted(_ id: RequestID)

  /// Answers a parked request once more, after `HTTPServer.handleAgain`.
  func handleAgain(_ id: RequestID) -> Answer

  /// Adds headers that every answer has, whoever gives it: errors and the heads of streams too.
  ///
  /// Without a head so little was understood that the request could be any.
  func decorate(_ headers: inout HeaderFields, of id: RequestID, for head: RequestHead?)

  /// What a request is called in logs and in its answer's header `Request-Id`; empty leaves it out.
  func name(of id: RequestID, _ head: RequestHead) -> String

  /// How the route of a request is named in its `AccessRecord`.
  func route(of head: RequestHead) -> String?

  /// A request was answered; without a head so little was understood that it could be any.
  func answered(_ record: AccessRecord, _ head: RequestHead?)

  /// The client has been sent all of an answer with `Response.reportsEnd`, or went away before.
  ///
  /// An answer to a parked request whose client was gone already ends in `clientLeft` only.
  func answerEnded(_ id: RequestID, wasSent: Bool)

  /// A parked request has reached its deadline; nil leaves it parked, without a deadline.
  func deadlineReached(_ id: RequestID) -> Response?

  /// The client of a parked request went away; an answer to it is now ignored.
  func clientLeft(_ id: RequestID)

  /// A stream has ended, whoever ended it; commands to it are now ignored.
  func streamClosed(_ id: StreamID, reason: StreamEnd)

  /// What to tell a stream that will not get `missed` frames; nil tells it nothing.
  func gapFrame(for id: StreamID, missed: Int) -> Frame?

  /// A stream whose head said `.leave` fell behind and has left its group; it stays open.
  ///
  /// What its group got after this position it will not get. The position is that of the last
  /// frame with one that is written or still will be, as far as this thread knows: frames of a
  /// `.replay` that is on its way are written too, and come after it. 0 when there is none.
  /// When the stream can take more, `streamDrained` tells.
  func streamLagged(_ id: StreamID, after position: Int64)

  /// A stream has left its group because of `StreamCommand.part`; otherwise as `streamLagged`.
  func streamParted(_ id: StreamID, after position: Int64)

  /// The socket has taken everything that `.replay` gave the stream so far: once each time that
  /// nothing of it is left, and once after `streamLagged`, when all it had is written.
  ///
  /// When both are so at the same time it is told once. The position is that of the last frame
  /// with one that the socket has taken, which may be one of the group's behind the replay.
  func streamDrained(_ id: StreamID, written position: Int64)

  /// A request has become a WebSocket, with the subprotocol that was agreed on.
  func socketOpened(_ id: StreamID, subprotocol: String?)

  /// A WebSocket has received something, as its head's `reception` says.
  ///
  /// After `.pause` nothing more comes until `StreamCommand.resumeReading`.
  func socketReceived(_ id: StreamID, _ message: WebSocketMessage) -> SocketFlow

  /// So much waits for one WebSocket alone that it had better get less: nothing is read from it until
  /// `streamDrained` tells that all is written, and much more of it ends it with 4008.
  func socketCrowded(_ id: StreamID)

  /// The last words to a stream when the server stops; to a WebSocket a frame of its kind.
  func closingFrame(for id: StreamID) -> Frame?

  /// A http thread has done all that was there to do, and waits for more after this.
  func turnEnded()

  /// Something happened that only an operator can act on.
  func report(_ fact: HTTPServerFact)
}

extension HTTPApplication {
  package func admitsConnection(from clientAddress: String) -> Bool { true }
  package func countsConnection(from clientAddress: String) -> Bool { true }
  package func complete(_ problem: Problem, for head: RequestHead?) -> Problem { problem }
  package func bodyReceived(
    _ piece: [UInt8], of id: RequestID, _ head: RequestHead
  ) -> BodyFlow { .more }
  package func bodyAborted(_ id: RequestID) {}
  package func handleAgain(_ id: RequestID) -> Answer { .park(deadline: nil) }
  package func decorate(
    _ headers: inout HeaderFields, of id: RequestID, for head: RequestHead?
  ) {}
  package func name(of id: RequestID, _ head: RequestHead) -> String { "" }
  package func route(of head: RequestHead) -> String? { nil }
  package func answered(_ record: AccessRecord, _ head: RequestHead?) {}
  package func answerEnded(_ id: RequestID, wasSent: Bool) {}
  package func streamLagged(_ id: StreamID, after position: Int64) {}
  package func streamParted(_ id: StreamID, after position: Int64) {}
  package func socketOpened(_ id: StreamID, subprotocol: String?) {}
  package func socketReceived(_ id: StreamID, _ message: WebSocketMessage) -> SocketFlow { .more }
  package func socketCrowded(_ id: StreamID) {}
  package func streamDrained(_ id: StreamID, written position: Int64) {}
  package func turnEnded() {}
}

/// Whether the body of a request is read.
package enum Admission: Sendable {
  /// Read it, up to this size; a larger one is answered 413 as soon as that is known.
  case accept(bodyLimit: Int)
  /// Hand it to `HTTPApplication.bodyReceived` as it arrives, and keep nothing of it.
  case acceptPieces(bodyLimit: Int)
  /// Answer at once: no, or what needs no route, such as a preflight.
  case refuse(Response)
}

/// Whether more of a body is to be read.
package enum BodyFlow: Equatable, Sendable {
  case more
  /// Nothing more until `HTTPServer.resumeBody`.
  case pause
  /// The same, and this piece was not taken: it comes again then, with what has come behind it.
  case hold
  /// Answer now, and close the connection instead of reading the rest.
  case refuse(Response)
}

/// What becomes of a request.
package enum Answer: Sendable {
  case respond(Response)
  /// The answer comes later, by `HTTPServer.answer`; the deadline counts from now.
  case park(deadline: Duration?)
  /// The request becomes the stream `RequestID.stream`.
  case stream(StreamHead)
  /// The request becomes the WebSocket `RequestID.stream`, if it asks for one in the right way;
  /// otherwise that is answered.
  case upgrade(WebSocketHead)
}

/// Something that happened inside the server.
package enum HTTPServerFact: Equatable, Sendable {
  /// A request did not arrive within its time and was cut off.
  case requestTimedOut(clientAddress: String)
  /// A request could not become a stream.
  case streamRefused(StreamID, errorNumber: Int32)
  /// A http thread has no means to show a new TLS identity, and shows the old one.
  case identityNotReplaced(shard: Int)
  /// A http thread could not go on; its port no longer answers.
  case shardFailed(shard: Int, call: String, errorNumber: Int32)
}
