import EventLoop

/// The streams of one http thread.
///
/// Commands only change what is to be written; `flush` then writes, once for every stream that
/// has something new. A frame for a group costs each of its streams one system call, or less
/// when several frames came together: no allocation, no copy, no lock. A stream whose socket is
/// full costs nothing until the socket has room.
final class EventStreams {
  let loop: Loop
  let application: any HTTPApplication
  let lingering: LingeringSockets
  private let quota: Quota
  private let privateBytesMax: Int
  var log: FrameLog
  var vector = WriteVector()
  var groupVector = WriteVector()
  private var streams: [UInt64: EventStream] = [:]
  private var groups: [GroupID: StreamGroup] = [:]
  private var touchedGroups: [StreamGroup] = []
  private var touchedStreams: [EventStream] = []
  private(set) var laggingCount = 0
  var gapsTotal = 0
  var lagsTotal = 0
  var positionHeartbeat: Frame?
  private var sweptUpTo: UInt64 = 0

  init(
    loop: Loop, options: HTTPServerOptions, quota: Quota, application: any HTTPApplication,
    lingering: LingeringSockets
  ) {
    self.loop = loop
    self.application = application
    self.lingering = lingering
    self.quota = quota
    privateBytesMax = options.privateBytesPerStream
    log = FrameLog(bytesMax: options.ringBytes)
  }

  var count: Int { streams.count }
  var isEmpty: Bool { streams.isEmpty }

  /// Takes over a socket and one of the quota's streams, writes the head and watches for the
  /// end of the client.
  func open(_ id: StreamID, socket: Int32, isChunked: Bool, _ head: StreamHead) {
    let stream = EventStream(
      id: id, socket: socket, isChunked: isChunked, head: head, at: loop.now)
    do throws(SystemError) {
      try loop.watch(socket, [.peerClosed], token(of: stream))
    } catch {
      StreamSocket.close(socket)
      quota.giveBack(1)
      application.report(.streamRefused(id, errorNumber: error.number))
      return application.streamClosed(id, reason: .refused)
    }
    StreamSocket.setAcknowledgementLimit(head.writeStallLimit, on: socket)
    streams[id.serial] = stream
    let opening = head.opening?.bytes(isChunked: isChunked) ?? []
    stream.partial = Frame(
      raw: ResponseText.streamHead(head.headers, isChunked: isChunked) + opening)
    arm(stream, at: loop.now + head.heartbeatInterval)
    touch(stream)
  }

  func apply(_ command: StreamCommand) {
    switch command {
    case .join(let id, let group, let isHeld):
      if let stream = live(id) { join(stream, group, isHeld: isHeld) }
    case .release(let id):
      guard let stream = live(id), stream.isHeld else { return }
      stream.release()
      touch(stream)
    case .replay(let id, let frames):
      if let stream = live(id) { replay(frames, to: stream) }
    case .position(let frame, let position): positionHeartbeat = frame.at(position)
    case .start(let id, let frame):
      guard let stream = live(id) else { return }
      if stream.isStarted {
        addPrivate(frame, to: stream)
      } else {
        stream.privateFrames.prepend(frame)
        stream.start()
        touch(stream)
      }
    case .append(let frame, let groups): append(frame, to: groups)
    case .private(let frame, let ids):
      for id in ids {
        if let stream = live(id) { addPrivate(frame, to: stream) }
      }
    case .end(let id, let last):
      if let stream = live(id) { end(stream, last: last, .ended) }
    }
  }

  /// Writes what the commands since the last flush have brought.
  func flush() {
    for group in touchedGroups {
      group.isTouched = false
      flush(group)
    }
    touchedGroups.removeAll(keepingCapacity: true)
    // A stream that ends up behind while this goes on is touched again.
    var index = 0
    while index < touchedStreams.count {
      let stream = touchedStreams[index]
      index += 1
      stream.isTouched = false
      if isOpen(stream), !stream.isBlocked { write(stream) }
    }
    touchedStreams.removeAll(keepingCapacity: true)
  }

  func handle(_ event: Poller.Event, _ token: LoopToken) {
    guard let stream = streams[token.value] else { return }
    if event.isClosed { return close(stream, .clientLeft) }
    if event.isWritable { write(stream) }
  }

  func timerFired(_ token: LoopToken) {
    guard let stream = streams[token.value], stream.timerAt <= loop.now else { return }
    let idle = loop.now - stream.lastProgress
    if stream.isBlocked {
      guard idle < stream.writeStallLimit else { return close(stream, .stalled) }
      return arm(stream, at: stream.lastProgress + stream.writeStallLimit)
    }
    guard idle >= stream.heartbeatInterval else {
      return arm(stream, at: stream.lastProgress + stream.heartbeatInterval)
    }
    arm(stream, at: loop.now + stream.heartbeatInterval)
    stream.partial = heartbeat(of: stream)
    stream.partialOffset = 0
    stream.isPartialShared = false
    write(stream)
  }

  /// Ends every stream with its last words.
  func endAll() {
    for stream in streams.values where stream.ending == nil {
      end(stream, last: application.closingFrame(for: stream.id), .serverStopped)
    }
  }

  /// Cuts every stream off.
  func closeAll() {
    for stream in streams.values { close(stream, .serverStopped) }
  }

  func close(_ stream: EventStream, _ reason: StreamEnd) {
    forget(stream)
    StreamSocket.close(stream.socket)
    application.streamClosed(stream.id, reason: reason)
  }

  /// Everything is written, the end included.
  func finish(_ stream: EventStream, _ reason: StreamEnd) {
    forget(stream)
    lingering.add(stream.socket)
    application.streamClosed(stream.id, reason: reason)
  }

  func setBlocked(_ stream: EventStream, _ isBlocked: Bool) {
    guard stream.isBlocked != isBlocked else { return }
    if isBlocked {
      stream.block()
      laggingCount += 1
      stream.lastProgress = loop.now
      let deadline = loop.now + stream.writeStallLimit
      if deadline < stream.timerAt { arm(stream, at: deadline) }
    } else {
      stream.unblock()
      laggingCount -= 1
    }
    loop.rewatch(
      stream.socket, isBlocked ? [.peerClosed, .writable] : [.peerClosed], token(of: stream))
  }

  /// Lets go of the frames that no member of the group needs.
  func trim(_ group: StreamGroup) {
    if group.laggingCount == 0 { group.forget(before: group.flushed, &log) }
  }

  private func join(_ stream: EventStream, _ id: GroupID, isHeld: Bool) {
    leave(stream)
    if isHeld { stream.hold() }
    let group = groups[id] ?? StreamGroup(id: id)
    groups[id] = group
    group.insert(stream)
    stream.cursor = group.end
    stream.privateFrames.moveBefore(stream.cursor)
  }

  /// Takes a stream out of its group; its private frames are all it has left to write.
  func leave(_ stream: EventStream) {
    guard let group = stream.group else { return }
    group.remove(stream)
    stream.letGo()
    stream.isPartialShared = false
    stream.cursor = 0
    stream.privateFrames.moveBefore(0)
    if group.members.isEmpty {
      group.forget(before: group.end, &log)
      groups[group.id] = nil
    } else if !group.isTouched {
      trim(group)
    }
  }

  private func append(_ frame: Frame, to ids: [GroupID]) {
    var position: UInt64?
    for id in ids {
      guard let group = groups[id] else { continue }
      let place = position ?? log.append(frame)
      if position == nil { sweep() }
      position = place
      guard group.append(place) else { continue }
      log.hold(place)
      if group.isTouched { continue }
      group.isTouched = true
      touchedGroups.append(group)
    }
  }

  /// Makes groups in which nothing happens forget frames too, once in many.
  private func sweep() {
    guard log.oldest - sweptUpTo >= 16_384 else { return }
    sweptUpTo = log.oldest
    for group in groups.values { group.forgetEvicted(log) }
  }

  private func addPrivate(_ frame: Frame, to stream: EventStream) {
    let number = stream.isStarted ? stream.group?.end ?? 0 : stream.cursor
    stream.privateFrames.append(frame, before: number, bytesMax: privateBytesMax)
    touch(stream)
  }

  func end(_ stream: EventStream, last: Frame?, _ reason: StreamEnd) {
    if !stream.isStarted || stream.isHeld {
      leave(stream)
      stream.start()
    }
    let number = stream.group?.end ?? 0
    if let last { stream.privateFrames.appendAlways(last, before: number) }
    stream.privateFrames.appendAlways(Frame.terminator, before: number)
    stream.ending = reason
    touch(stream)
  }

  func touch(_ stream: EventStream) {
    if stream.isTouched { return }
    stream.isTouched = true
    touchedStreams.append(stream)
  }

  /// The stream, unless it is gone or about to end.
  private func live(_ id: StreamID) -> EventStream? {
    guard let stream = streams[id.serial], stream.ending == nil else { return nil }
    return stream
  }

  private func isOpen(_ stream: EventStream) -> Bool { streams[stream.id.serial] === stream }

  private func forget(_ stream: EventStream) {
    quota.giveBack(1)
    if stream.isBlocked { laggingCount -= 1 }
    leave(stream)
    streams[stream.id.serial] = nil
    loop.unwatch(stream.socket)
  }

  private func arm(_ stream: EventStream, at deadline: Duration) {
    stream.timerAt = deadline
    loop.schedule(token(of: stream), at: deadline)
  }

  private func token(of stream: EventStream) -> LoopToken {
    LoopToken(.stream, stream.id.serial)
  }
}
