import EventLoop
import WebSocketProtocol

/// The streams of one http thread.
///
/// Commands only change what is to be written; `flush` then writes, to some streams at each turn of
/// the loop. A frame for a group costs each of its streams one system call, or less when several frames
/// came together: no allocation, no copy, no lock. A stream whose socket is full costs nothing until the
/// socket has room.
final class EventStreams {
  let loop: Loop
  let lingering: LingeringSockets
  private let quota: Quota
  let privateBytesMax: Int
  var log: FrameLog
  /// Where everything that WebSockets read goes first.
  var input = [UInt8](repeating: 0, count: 64 << 10)
  var vector = WriteVector()
  /// What the members of one group are shown that stand at the same frame.
  var groupVector = WriteVector()
  var sharedGroup: GroupID = 0
  var sharedFrames: Range<UInt64> = 0..<0
  var due = DueGroups()
  private var streams: [UInt64: EventStream] = [:]
  private var groups: [GroupID: StreamGroup] = [:]
  private var touchedStreams: [EventStream] = []
  private(set) var laggingCount = 0
  var gapsTotal = 0
  var lagsTotal = 0
  /// By their kind.
  var positionHeartbeats: [Int: Frame] = [:]
  private var sweptUpTo: UInt64 = 0

  init(
    loop: Loop, options: HTTPServerOptions, quota: Quota, lingering: LingeringSockets
  ) {
    self.loop = loop
    self.lingering = lingering
    self.quota = quota
    privateBytesMax = options.privateBytesPerStream
    log = FrameLog(bytesMax: options.ringBytes)
  }

  var count: Int { streams.count }
  var isEmpty: Bool { streams.isEmpty }

  /// Takes over a socket and one of the quota's streams, writes the head and watches for the
  /// end of the client.
  func open(
    _ id: StreamID, socket: Int32, of connection: Connection, isChunked: Bool, _ head: StreamHead
  ) {
    let stream = EventStream(
      id: id, socket: socket, of: connection, isChunked: isChunked, head: head, at: loop.now)
    let opening = head.opening?.bytes(isChunked: isChunked) ?? []
    stream.partial = Frame(
      raw: ResponseText.streamHead(head.headers, isChunked: isChunked) + opening)
    guard adopt(stream) else { return }
    arm(stream, at: loop.now + head.heartbeatInterval)
  }

  /// Watches a new stream and keeps it; false when the system refuses, which ends it.
  func adopt(_ stream: EventStream) -> Bool {
    do throws(SystemError) {
      try loop.watch(stream.socket, interest(of: stream), token(of: stream))
    } catch {
      StreamSocket.close(stream.socket)
      quota.giveBack(1)
      stream.application.report(.streamRefused(stream.id, errorNumber: error.number))
      stream.application.streamClosed(stream.id, reason: .refused)
      return false
    }
    streams[stream.id.serial] = stream
    touch(stream)
    return true
  }

  func apply(_ command: StreamCommand) {
    switch command {
    case .join(let id, let group, let isHeld, let position):
      guard let stream = live(id) else { return }
      stream.knownPosition = position
      join(stream, group, isHeld: isHeld)
    case .move(let id, let group, let position):
      if let stream = live(id) { move(stream, group, through: position) }
    case .part(let id):
      if let stream = live(id) { part(stream) }
    case .whenBehind(let id, let whenBehind): live(id)?.whenBehind = whenBehind
    case .release(let id):
      guard let stream = live(id), stream.isHeld else { return }
      stream.release()
      touch(stream)
    case .replay(let id, let frames):
      if let stream = live(id) { replay(frames, to: stream) }
    case .position(let frame, let position, let kind):
      positionHeartbeats[kind] = frame.at(position)
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
      if let stream = live(id) { end(stream, last: last, .ended, CloseStatus(.normal)) }
    case .message(let id, let message):
      if let stream = live(id) { send(message, to: stream) }
    case .resumeReading(let id):
      if let stream = live(id) { resumeReading(stream) }
    case .close(let id, let status):
      if let stream = live(id) { end(stream, last: nil, .ended, status) }
    }
  }

  /// Whether a next flush is needed soon, because one writes to some streams only.
  var hasMoreToFlush: Bool { !due.isEmpty }

  /// Writes what the commands since the last flush have brought.
  func flush() {
    sweepGroups()
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
    if let end = stream.webSocket {
      // A reset may come together with the last bytes, which are still there to be read.
      if end.isReading, event.isReadable || event.isClosed {
        read(stream, end)
      } else if event.isClosed {
        close(stream, stream.ending ?? .clientLeft)
      }
      if event.isWritable, isOpen(stream) { write(stream) }
      return
    }
    if event.isClosed { return close(stream, .clientLeft) }
    if event.isWritable { write(stream) }
  }

  func timerFired(_ token: LoopToken) {
    guard let stream = streams[token.value], stream.timerAt <= loop.now else { return }
    if let end = stream.webSocket { return socketTimerFired(stream, end) }
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

  /// Ends every stream with its last words, WebSockets one after the other within `spread`.
  ///
  /// So not all of their clients come back to another server at the same moment.
  func endAll(within spread: Duration) {
    for stream in streams.values where stream.ending == nil {
      if let end = stream.webSocket {
        let drainAt = loop.now + spread * Double.random(in: 0..<1)
        end.drainAt = drainAt
        if drainAt < stream.timerAt { arm(stream, at: drainAt) }
      } else {
        end(stream, last: stream.application.closingFrame(for: stream.id), .serverStopped)
      }
    }
  }

  /// Cuts every stream off.
  func closeAll() {
    for stream in streams.values { close(stream, .serverStopped) }
  }

  func close(_ stream: EventStream, _ reason: StreamEnd) {
    forget(stream)
    StreamSocket.close(stream.socket)
    stream.application.streamClosed(stream.id, reason: reason)
  }

  /// Everything is written, the end included.
  func finish(_ stream: EventStream, _ reason: StreamEnd) {
    forget(stream)
    lingering.add(stream.socket)
    stream.application.streamClosed(stream.id, reason: reason)
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
    watchAgain(stream)
  }

  /// Watches for what the stream wants now.
  func watchAgain(_ stream: EventStream) {
    loop.rewatch(stream.socket, interest(of: stream), token(of: stream))
  }

  private func interest(of stream: EventStream) -> Poller.Interest {
    let writing: Poller.Interest = stream.isBlocked ? [.writable] : []
    guard let end = stream.webSocket else { return writing.union(.peerClosed) }
    return end.isReading ? writing.union(.readable) : writing
  }

  /// Lets go of the frames that no member of the group needs.
  func trim(_ group: StreamGroup) {
    if group.laggingCount == 0 { group.forget(before: group.flushed, &log) }
  }

  func join(_ stream: EventStream, _ id: GroupID, isHeld: Bool) {
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
    } else if !group.isDue {
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
      due.insert(group)
    }
    if position != nil { due.add(bytes: frame.count + FrameLog.slotCost) }
  }

  /// Makes groups in which nothing happens forget frames too, once in many.
  private func sweep() {
    guard log.oldest - sweptUpTo >= 16_384 else { return }
    sweptUpTo = log.oldest
    for group in groups.values { group.forgetEvicted(log) }
  }

  private func addPrivate(_ frame: Frame, to stream: EventStream) {
    if let end = stream.webSocket { return addToSocket(frame, stream, end) }
    let number = stream.isStarted ? stream.group?.end ?? 0 : stream.cursor
    stream.privateFrames.append(frame, before: number, bytesMax: privateBytesMax)
    touch(stream)
  }

  func end(
    _ stream: EventStream, last: Frame?, _ reason: StreamEnd,
    _ status: CloseStatus = CloseStatus(.normal)
  ) {
    if let end = stream.webSocket {
      return closeSocket(stream, end, last: last, status, reason, dropsWaiting: false)
    }
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

  func isOpen(_ stream: EventStream) -> Bool { streams[stream.id.serial] === stream }

  private func forget(_ stream: EventStream) {
    quota.giveBack(1)
    if stream.isBlocked { laggingCount -= 1 }
    leave(stream)
    streams[stream.id.serial] = nil
    loop.unwatch(stream.socket)
  }

  func arm(_ stream: EventStream, at deadline: Duration) {
    stream.timerAt = deadline
    loop.schedule(token(of: stream), at: deadline)
  }

  private func token(of stream: EventStream) -> LoopToken {
    LoopToken(.stream, stream.id.serial)
  }
}
