import WebSocketProtocol

/// What happens to streams that the log has left behind, and how they catch up.
extension EventStreams {
  /// Notices that the log has lost frames this stream had before it.
  func admitLoss(_ stream: EventStream) {
    guard let group = stream.group else { return }
    group.forgetEvicted(log)
    leaveIfBehind(stream, group)
    guard stream.group != nil, !stream.isHeld, stream.cursor < group.first else { return }
    stream.privateFrames.insertGap(
      missed: Int(clamping: group.first - stream.cursor), at: stream.cursor)
    stream.cursor = group.first
    gapsTotal += 1
  }

  /// Makes a stream that has lost frames leave, unless it is to get a gap when it next writes.
  ///
  /// So nothing is kept for it while it waits for its socket. One that is about to end gets the
  /// gap, because nobody would bring it the lost frames.
  func leaveIfBehind(_ stream: EventStream, _ group: StreamGroup) {
    guard stream.cursor < group.first, stream.ending == nil else { return }
    fallBehind(stream)
  }

  /// Does with a stream what its head says for one that is behind, unless that is to get a gap.
  func fallBehind(_ stream: EventStream) {
    switch stream.whenBehind {
    case .gap: return
    case .leave:
      leaveWithoutLost(stream)
      lagsTotal += 1
      stream.owesDrained = true
      stream.application.streamLagged(stream.id, after: stream.positionAhead)
      touch(stream)
    case .end(let last):
      leaveWithoutLost(stream)
      lagsTotal += 1
      end(stream, last: last, .fellBehind, CloseStatus(.tooSlow, reason: "you fell behind"))
    }
  }

  /// Puts frames for one stream in front of what its group still has for it.
  func replay(_ frames: [Frame], to stream: EventStream) {
    stream.privateFrames.replay(frames, before: stream.cursor)
    stream.owesDrained = true
    touch(stream)
  }

  /// Tells the application once that the stream has room for more.
  func tellDrained(_ stream: EventStream) {
    guard stream.owesDrained, stream.isDrained else { return }
    stream.owesDrained = false
    stream.application.streamDrained(stream.id, written: stream.lastPosition)
  }

  /// What an idle stream writes now.
  func heartbeat(of stream: EventStream) -> Frame {
    guard stream.heartbeatTellsPosition, let told = positionHeartbeats[stream.heartbeatKind],
      stream.isCurrent,
      told.position >= stream.lastPosition
    else { return stream.heartbeat }
    return told
  }

  private func leaveWithoutLost(_ stream: EventStream) {
    stream.privateFrames.removePositioned(behind: stream.cursor)
    leave(stream)
  }
}
