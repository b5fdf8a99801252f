/// What other threads tell the streams of one http thread; handled in the order sent.
///
/// Commands that name a stream or a group which is gone are ignored.
package enum StreamCommand: Sendable {
  /// Puts a stream into a group; the frames appended from now on are for it. A stream is in one
  /// group at most, and a second join moves it.
  case join(StreamID, GroupID)
  /// Lets a stream write: first this frame, then its private frames so far, then its group's
  /// frames since it joined.
  case start(StreamID, Frame)
  /// One frame for every stream of these groups.
  case append(Frame, groups: [GroupID])
  /// A frame for these streams only, before what their groups are sent later.
  case `private`(Frame, streams: [StreamID])
  /// Writes what waits, then `last`, then the end of the stream, and closes.
  case end(StreamID, last: Frame?)
}

/// Why a stream ended.
package enum StreamEnd: Equatable, Sendable {
  /// By `StreamCommand.end`, everything written.
  case ended
  /// The client closed, or its network did.
  case clientLeft
  /// The client took nothing for the write stall limit.
  case stalled
  /// The server stopped.
  case serverStopped
  /// It never opened, because the system had no descriptor for it.
  case refused
}
