/// What the server asks of the program it serves.
///
/// Every method is called on the http thread that owns the request or stream, never with a lock
/// held, and must return at once: what takes longer is parked.
package protocol HTTPApplication: Sendable {
  /// Decides on the head, before any byte of the body is read.
  func admit(_ head: RequestHead) -> Admission

  /// Adds what the application says in every error to one that the server found by itself.
  ///
  /// Without a head so little was understood that the request could be any.
  func complete(_ problem: Problem, for head: RequestHead?) -> Problem

  /// Answers a request whose body is complete.
  func handle(_ request: Request) -> Answer

  /// Answers a parked request once more, after `HTTPServer.handleAgain`.
  func handleAgain(_ id: RequestID) -> Answer

  /// Adds headers that every answer has, whoever gives it: errors and the heads of streams too.
  ///
  /// Without a head so little was understood that the request could be any.
  func decorate(_ headers: inout HeaderFields, of id: RequestID, for head: RequestHead?)

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

  /// The socket has taken everything that `.replay` gave the stream so far: once each time that
  /// nothing of it is left, and once after `streamLagged`, when all it had is written.
  ///
  /// When both are so at the same time it is told once. The position is that of the last frame
  /// with one that the socket has taken, which may be one of the group's behind the replay.
  func streamDrained(_ id: StreamID, written position: Int64)

  /// The last words to a stream when the server stops.
  func closingFrame(for id: StreamID) -> Frame?

  /// Something happened that only an operator can act on.
  func report(_ fact: HTTPServerFact)
}

extension HTTPApplication {
  package func complete(_ problem: Problem, for head: RequestHead?) -> Problem { problem }
  package func handleAgain(_ id: RequestID) -> Answer { .park(deadline: nil) }
  package func decorate(
    _ headers: inout HeaderFields, of id: RequestID, for head: RequestHead?
  ) {}
  package func streamLagged(_ id: StreamID, after position: Int64) {}
  package func streamDrained(_ id: StreamID, written position: Int64) {}
}

/// Whether the body of a request is read.
package enum Admission: Sendable {
  /// Read it, up to this size; a larger one is answered 413 as soon as that is known.
  case accept(bodyLimit: Int)
  case refuse(Response)
}

/// What becomes of a request.
package enum Answer: Sendable {
  case respond(Response)
  /// The answer comes later, by `HTTPServer.answer`; the deadline counts from now.
  case park(deadline: Duration?)
  /// The request becomes the stream `RequestID.stream`.
  case stream(StreamHead)
}

/// Something that happened inside the server.
package enum HTTPServerFact: Equatable, Sendable {
  /// A request did not arrive within its time and was cut off.
  case requestTimedOut(clientAddress: String)
  /// A request could not become a stream.
  case streamRefused(StreamID, errorNumber: Int32)
  /// A http thread could not go on; its port no longer answers.
  case shardFailed(shard: Int, call: String, errorNumber: Int32)
}
