/// One long answer that we write ourselves: a socket, and a cursor into its group's frames.
///
/// It has no queue of its own but the private frames. What it must write, in this order: the
/// rest of a frame that went out in part, then, once started, private and group frames, those of
/// the group not while it is held.
final class EventStream {
  let id: StreamID
  let socket: Int32
  let application: any HTTPApplication
  /// Its connection's share of what the client's address may have.
  private let place: AddressPlace?
  /// False for clients of HTTP/1.0, for whom the end of the connection ends the stream.
  let isChunked: Bool
  let heartbeat: Frame
  let heartbeatInterval: Duration
  let writeStallLimit: Duration
  var whenBehind: WhenBehind
  let heartbeatTellsPosition: Bool
  let heartbeatKind: Int
  /// What makes it a WebSocket; nil for all others.
  let webSocket: WebSocketEnd?

  var group: StreamGroup?
  var memberIndex = 0
  /// The number of the group's frame that is next.
  var cursor: UInt64 = 0
  /// A frame of which `partialOffset` bytes are written.
  var partial: Frame?
  var partialOffset = 0
  /// Whether `partial` is one of the group's frames.
  var isPartialShared = false
  var privateFrames = PrivateFrames()
  /// Of the last frame with a position that the socket has taken wholly.
  var lastPosition: Int64 = 0
  /// Up to here it has, or will be sent, everything that is for it.
  var knownPosition: Int64 = 0
  /// Whether the application is to be told when nothing private is left.
  var owesDrained = false
  private var waits: Waits = .start
  /// Why it is about to end, when what waits is written.
  var ending: StreamEnd?
  var isTouched = false
  /// When the socket last took a byte, or began to refuse.
  var lastProgress: Duration
  /// The earliest timer that is set for it.
  var timerAt = Duration.zero

  init(
    id: StreamID, socket: Int32, of connection: Connection, isChunked: Bool, head: StreamHead,
    webSocket: WebSocketEnd? = nil, at now: Duration
  ) {
    self.id = id
    self.socket = socket
    application = connection.application
    place = connection.place
    self.isChunked = isChunked
    heartbeat = head.heartbeat
    heartbeatInterval = head.heartbeatInterval
    writeStallLimit = head.writeStallLimit
    whenBehind = head.whenBehind
    heartbeatTellsPosition = head.heartbeatTellsPosition
    heartbeatKind = head.heartbeatKind
    self.webSocket = webSocket
    lastProgress = now
  }

  var isStarted: Bool { !waits.contains(.start) }
  var isHeld: Bool { waits.contains(.release) }
  /// Whether it waits until the socket takes more.
  var isBlocked: Bool { waits.contains(.room) }
  /// Whether frames of the group must be kept for it.
  var isLagging: Bool { !waits.isEmpty }

  /// Whether it wants nothing but the group's frames, in chunks.
  var isFlowing: Bool {
    waits.isEmpty && partial == nil && privateFrames.isEmpty && isChunked
  }

  /// Whether something is left to write.
  var hasPending: Bool {
    if partial != nil { return true }
    guard isStarted else { return false }
    if privateFrames.isNext(before: cursor) { return true }
    return !isHeld && (!privateFrames.isEmpty || cursor < group?.end ?? 0)
  }

  /// Whether everything that goes out before its group's next frame has gone.
  var isDrained: Bool {
    isStarted && (partial == nil || isPartialShared) && !privateFrames.isNext(before: cursor)
  }

  /// Whether its last words are not written yet, when it is about to end.
  var hasEndPending: Bool { partial != nil || !privateFrames.isEmpty }

  /// Whether it has written everything that its group got.
  var isCurrent: Bool { group != nil && !isLagging && !hasPending }

  /// What `lastPosition` will be when everything is written that it has without its group.
  var positionAhead: Int64 {
    if let position = privateFrames.lastPosition { return max(position, knownPosition) }
    if let partial, partial.position > 0 { return max(partial.position, knownPosition) }
    return max(lastPosition, knownPosition)
  }

  /// Lets it write at its next turn; until then it stays behind.
  func start() { change { $0 = $0.subtracting(.start).union(.turn) } }
  func release() { change { $0 = $0.subtracting(.release).union(.turn) } }
  func hold() { change { $0.insert(.release) } }
  /// Its group is gone, so there is nothing to hold it back from.
  func letGo() { change { $0.remove(.release) } }
  func takeTurn() { change { $0.remove(.turn) } }
  func block() { change { $0.insert(.room) } }
  func unblock() { change { $0.remove(.room) } }

  private func change(_ body: (inout Waits) -> Void) {
    let wasLagging = isLagging
    body(&waits)
    if wasLagging != isLagging { group?.laggingCount += isLagging ? 1 : -1 }
  }

  /// What must happen before it can write on.
  private struct Waits: OptionSet {
    let rawValue: UInt8

    static let start = Self(rawValue: 1)
    static let release = Self(rawValue: 2)
    static let room = Self(rawValue: 4)
    /// Its turn to write, which comes soon.
    static let turn = Self(rawValue: 8)
  }
}
