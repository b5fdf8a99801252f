import DequeModule

/// How one stream's frames get into its socket.
extension EventStreams {
  /// Writes what one stream has pending, as much as one call shows to the kernel.
  func write(_ stream: EventStream) {
    stream.takeTurn()
    admitLoss(stream)
    gather(stream)
    if vector.byteCount > 0 {
      switch vector.send(to: stream.socket) {
      case .failed: return close(stream, .clientLeft)
      case .wouldBlock: return setBlocked(stream, true)
      case .bytes(let count):
        if count > 0 { stream.lastProgress = loop.now }
        consume(stream, written: count)
      }
    } else {
      consume(stream, written: 0)
    }
    if let reason = stream.ending, !stream.hasEndPending {
      guard let end = stream.webSocket, !isHandshakeOver(stream, end) else {
        return finish(stream, reason)
      }
    }
    setBlocked(stream, stream.hasPending)
    tellDrained(stream)
    if let end = stream.webSocket { noteRoom(stream, end) }
    if let group = stream.group { trim(group, after: stream) }
  }

  func notePosition(_ position: Int64, of stream: EventStream) {
    if position > 0 { stream.lastPosition = position }
  }

  private func gather(_ stream: EventStream) {
    vector.removeAll()
    if let partial = stream.partial {
      vector.append(partial, from: stream.partialOffset, isChunked: stream.isChunked)
    }
    guard stream.isStarted else { return }
    var cursor = stream.cursor
    var index = 0
    while !vector.isFull {
      if index < stream.privateFrames.entries.count,
        stream.privateFrames.entries[index].before <= cursor
      {
        vector.append(privateFrame(index, of: stream), isChunked: stream.isChunked)
        index += 1
        // The end is the last private frame; what the group got since is not for this stream.
        if stream.ending != nil, index == stream.privateFrames.entries.count { return }
      } else if !stream.isHeld, let group = stream.group, let frame = frame(cursor, of: group) {
        vector.append(frame, isChunked: stream.isChunked)
        cursor += 1
      } else {
        return
      }
    }
  }

  /// Strikes off what was gathered and has been written.
  private func consume(_ stream: EventStream, written: Int) {
    var (pieces, offset) = vector.position(after: written)
    notePosition(vector.lastPosition(ofFirst: pieces), of: stream)
    var rest: Frame?
    if offset > 0 {
      rest = vector.frames[pieces]
      if pieces == 0, stream.partial != nil { offset += stream.partialOffset }
      pieces += 1
    }
    if stream.partial != nil, pieces > 0 {
      stream.partial = nil
      pieces -= 1
    }
    for _ in 0..<pieces {
      stream.isPartialShared = !stream.privateFrames.isNext(before: stream.cursor)
      if stream.isPartialShared {
        stream.cursor += 1
      } else {
        stream.privateFrames.removeFirst()
      }
    }
    if let rest {
      stream.partial = rest
      stream.partialOffset = offset
    }
  }

  private func privateFrame(_ index: Int, of stream: EventStream) -> Frame {
    switch stream.privateFrames.entries[index].content {
    case .frame(let frame): return frame
    case .gap(let missed):
      let frame = stream.application.gapFrame(for: stream.id, missed: missed) ?? Frame([])
      stream.privateFrames.fill(index, with: frame)
      return frame
    }
  }

  func frame(_ number: UInt64, of group: StreamGroup) -> Frame? {
    group.position(of: number).flatMap { log.frame(at: $0) }
  }

  private func trim(_ group: StreamGroup, after stream: EventStream) {
    if group.laggingCount == 1, stream.isLagging {
      group.forget(before: min(stream.cursor, group.flushed), &log)
    } else {
      trim(group)
    }
  }
}
