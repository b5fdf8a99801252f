/// What happens to streams that change their groups while they write.
extension EventStreams {
  /// Puts a stream into another group behind what it has not written of its own.
  func move(_ stream: EventStream, _ id: GroupID, through position: Int64) {
    guard let group = stream.group, group.id != id else { return }
    admitLoss(stream)
    guard stream.group != nil, takeOver(group, by: stream) else { return }
    stream.knownPosition = position
    join(stream, id, isHeld: false)
    touch(stream)
  }

  /// Makes a stream leave its group, and tells the application as of one that fell behind.
  func part(_ stream: EventStream) {
    guard let group = stream.group else { return }
    admitLoss(stream)
    guard stream.group != nil else { return }
    if stream.isHeld {
      stream.privateFrames.removePositioned(behind: stream.cursor)
    } else if !takeOver(group, by: stream) {
      return
    }
    leave(stream)
    stream.owesDrained = true
    stream.application.streamParted(stream.id, after: stream.positionAhead)
    touch(stream)
  }

  /// Makes the group's frames that a stream has not written its own; false when they are too many,
  /// and it has fallen behind instead.
  private func takeOver(_ group: StreamGroup, by stream: EventStream) -> Bool {
    let numbers = stream.cursor..<max(stream.cursor, group.end)
    let frames = numbers.compactMap { number in
      group.position(of: number).flatMap { log.frame(at: $0) }.map { (number, $0) }
    }
    let bytes = frames.reduce(stream.privateFrames.byteCount) { $0 + $1.1.count }
    let bytesMax = stream.webSocket?.head.waitingBytesMax ?? privateBytesMax
    guard bytes <= bytesMax else {
      group.forgetEvicted(log)
      return lose(frames.count, group, stream)
    }
    stream.privateFrames.takeOver(frames)
    stream.cursor = group.end
    return true
  }

  /// So much is unwritten that it counts as lost; true when the stream may go on all the same.
  private func lose(_ missed: Int, _ group: StreamGroup, _ stream: EventStream) -> Bool {
    let lost = stream.cursor
    switch stream.whenBehind {
    case .gap:
      stream.privateFrames.insertGap(missed: missed, at: lost)
      stream.cursor = group.end
      gapsTotal += 1
      return true
    case .leave, .end:
      fallBehind(stream)
      return false
    }
  }
}
