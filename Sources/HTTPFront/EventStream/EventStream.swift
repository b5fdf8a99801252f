/// One long answer that we write ourselves: a socket, and a cursor into its group's frames.
///
/// It has no queue of its own but the private frames. What it must write, in this order: the
/// rest of a frame that went out in part, then, once started, private and group frames.
final class EventStream {
  let id: StreamID
  let socket: Int32
  /// False for clients of HTTP/1.0, for whom the end of the connection ends the stream.
  let isChunked: Bool
  let heartbeat: Frame
  let heartbeatInterval: Duration
  let writeStallLimit: Duration

  var group: StreamGroup?
  var memberIndex = 0
  /// The number of the group's frame that is next.
  var cursor: UInt64 = 0
  /// A frame of which `partialOffset` bytes are written.
  var partial: Frame?
  var partialOffset = 0
  var privateFrames = PrivateFrames()
  private(set) var isStarted = false
  /// Whether it waits until the socket takes more.
  private(set) var isBlocked = false
  /// Why it is about to end, when what waits is written.
  var ending: StreamEnd?
  var isTouched = false
  /// When the socket last took a byte, or began to refuse.
  var lastProgress: Duration
  /// The earliest timer that is set for it.
  var timerAt = Duration.zero

  init(id: StreamID, socket: Int32, isChunked: Bool, head: StreamHead, at now: Duration) {
    self.id = id
    self.socket = socket
    self.isChunked = isChunked
    heartbeat = head.heartbeat
    heartbeatInterval = head.heartbeatInterval
    writeStallLimit = head.writeStallLimit
    lastProgress = now
  }

  /// Whether frames of the group must be kept for it.
  var isLagging: Bool { isBlocked || !isStarted }

  /// Whether it wants nothing but the group's frames from this number on, in chunks.
  func isFlowing(from number: UInt64) -> Bool {
    isStarted && !isBlocked && cursor == number && partial == nil && privateFrames.isEmpty
      && isChunked
  }

  /// Whether something is left to write.
  var hasPending: Bool {
    if partial != nil { return true }
    guard isStarted else { return false }
    return !privateFrames.isEmpty || cursor < group?.end ?? 0
  }

  func start() { change { $0.isStarted = true } }
  func block() { change { $0.isBlocked = true } }
  func unblock() { change { $0.isBlocked = false } }

  private func change(_ body: (EventStream) -> Void) {
    let wasLagging = isLagging
    body(self)
    if wasLagging != isLagging { group?.laggingCount += isLagging ? 1 : -1 }
  }
}
