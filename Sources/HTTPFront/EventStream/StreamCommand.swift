package import WebSocketProtocol

/// What other threads tell the streams of one http thread; handled in the order sent.
///
/// Commands that name a stream or a group which is gone are ignored.
package enum StreamCommand: Sendable {
  /// Puts a stream into a group; the frames appended from now on are for it. A stream is in one
  /// group at most, and a second join moves it.
  ///
  /// A held stream writes nothing of its group before `release`; what it must not miss is kept
  /// for it as for a stream that is not started.
  ///
  /// `through` is a position up to which the stream has, or will be sent, everything that is for it.
  case join(StreamID, GroupID, isHeld: Bool = false, through: Int64 = 0)
  /// Puts a stream that is in a group into another one; what it has not written of its old group it
  /// writes first. Ignored when it is in none, because `HTTPApplication.streamLagged` has told so, or
  /// when so much is unwritten that it now falls behind.
  case move(StreamID, GroupID, through: Int64)
  /// Makes a stream leave its group as one that fell behind, but what it has not written of the group it
  /// still writes, unless it is held. `HTTPApplication.streamParted` tells that it has. Ignored when it is
  /// in none.
  case part(StreamID)
  /// Changes what becomes of the stream when it is behind.
  case whenBehind(StreamID, WhenBehind)
  /// Lets a held stream write its group's frames.
  case release(StreamID)
  /// Lets a stream write: first this frame, then its private frames so far, then its group's
  /// frames since it joined.
  case start(StreamID, Frame)
  /// One frame for every stream of these groups.
  case append(Frame, groups: [GroupID])
  /// A frame for these streams only, before what their groups are sent later.
  case `private`(Frame, streams: [StreamID])
  /// Frames for one stream alone, written in this order before everything of its group that it
  /// has not written yet; `HTTPApplication.streamDrained` tells when they are gone.
  ///
  /// They are never dropped, so the application must not send more before it is told.
  case replay(StreamID, [Frame])
  /// The heartbeat that idle streams of the thread write from now on, if their head allows one of
  /// this kind, and the position that a stream has reached that has nothing to write.
  ///
  /// It must come after all frames up to that position. A stream that is held or in no group,
  /// has something to write or has been told a later position writes its own heartbeat.
  case position(Frame, Int64, kind: Int = 0)
  /// Writes what waits, then `last`, then the end of the stream, and closes.
  ///
  /// For a stream that is held, what waits are its private frames only.
  ///
  /// A WebSocket then closes with 1000, and waits for the client's Close.
  case end(StreamID, last: Frame?)
  /// A message for one WebSocket, compressed if that was agreed on; ignored for other streams.
  ///
  /// It goes out before what its group is sent later, and does not wait while its group is held.
  case message(StreamID, WebSocketMessage)
  /// Reads on from a WebSocket whose `SocketFlow` was `.pause`.
  case resumeReading(StreamID)
  /// Closes a WebSocket with this status when what waits is written.
  case close(StreamID, CloseStatus)
}

/// Why a stream ended.
package enum StreamEnd: Equatable, Sendable {
  /// By `StreamCommand.end`, everything written.
  case ended
  /// It was behind, and its head said so; its last frame is written.
  case fellBehind
  /// The client closed the connection, or its network did.
  case clientLeft
  /// The client of a WebSocket began the closing handshake.
  case closedByClient(CloseStatus)
  /// The client of a WebSocket broke its rules or our limits.
  case violated(WebSocketViolation)
  /// The client of a WebSocket did not answer a ping.
  case unanswered
  /// The client took nothing for the write stall limit.
  case stalled
  /// The server stopped.
  case serverStopped
  /// It never opened, because the system had no descriptor for it.
  case refused
}
