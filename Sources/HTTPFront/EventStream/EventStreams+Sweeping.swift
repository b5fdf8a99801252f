/// How the frames of groups get from the log into the sockets.
///
/// A turn of the loop visits some streams and goes on at the next turn, so that what comes meanwhile, be
/// it a request or another frame, does not wait for all of them; and a stream is sent at once everything
/// that has come by its visit. The busier the thread, the more frames go out with one call.
extension EventStreams {
  /// How many streams a turn writes to, unless too much waits for them.
  private static let visitsPerTurn = 16

  /// Writes the groups' new frames to some of their members.
  func sweepGroups() {
    var visits = due.isPressing(logBytesMax: log.bytesMax) ? Int.max : Self.visitsPerTurn
    groupVector.removeAll()
    while visits > 0, let group = due.first {
      group.forgetEvicted(log)
      guard sweep(group, &visits) else { break }
      trim(group)
      due.rotate()
    }
    groupVector.removeAll()
  }

  /// Goes round all members once; false when there were not visits enough, and the rest follows.
  ///
  /// More frames than one call takes are shown to them in several rounds.
  private func sweep(_ group: StreamGroup, _ visits: inout Int) -> Bool {
    let goal = group.goal ?? group.end
    group.goal = goal
    while group.flushed < goal {
      let end = min(group.end, max(group.flushed, group.first) + UInt64(WriteVector.piecesMax))
      var sweep = group.sweep ?? Sweep(left: group.members.count, end: end)
      while sweep.left > 0 {
        guard visits > 0 else {
          group.sweep = sweep
          return false
        }
        sweep.left -= 1
        if visit(group.members[sweep.left], of: group) { visits -= 1 }
        sweep.left = min(sweep.left, group.members.count)
      }
      group.sweep = nil
      group.flushed = sweep.end
    }
    group.goal = nil
    return true
  }

  /// Writes to a member what it has not had; false when that needed nothing.
  private func visit(_ stream: EventStream, of group: StreamGroup) -> Bool {
    if stream.isLagging {
      leaveIfBehind(stream, group)
      return false
    }
    guard stream.cursor < group.end || stream.hasPending else { return false }
    if stream.isFlowing, stream.cursor >= group.first {
      gatherShared(from: stream.cursor, of: group)
      writeShared(to: stream)
    } else {
      write(stream)
    }
    return true
  }

  /// Puts together what the kernel is shown, once for all members that stand at the same frame.
  private func gatherShared(from start: UInt64, of group: StreamGroup) {
    if !groupVector.isEmpty, sharedFrames.lowerBound == start, sharedGroup == group.id { return }
    groupVector.removeAll()
    var number = start
    while !groupVector.isFull, let frame = frame(number, of: group) {
      groupVector.append(frame, isChunked: true)
      number += 1
    }
    sharedGroup = group.id
    sharedFrames = start..<number
  }

  private func writeShared(to stream: EventStream) {
    switch groupVector.send(to: stream.socket) {
    case .failed: close(stream, .clientLeft)
    case .wouldBlock: setBlocked(stream, true)
    case .bytes(let count):
      stream.lastProgress = loop.now
      guard count < groupVector.byteCount else {
        stream.cursor = sharedFrames.upperBound
        notePosition(groupVector.lastPosition(ofFirst: groupVector.frames.count), of: stream)
        return
      }
      let (pieces, offset) = groupVector.position(after: count)
      stream.cursor += UInt64(pieces)
      notePosition(groupVector.lastPosition(ofFirst: pieces), of: stream)
      if offset > 0 {
        stream.partial = groupVector.frames[pieces]
        stream.partialOffset = offset
        stream.isPartialShared = true
        stream.cursor += 1
      }
      setBlocked(stream, true)
    }
  }

}
