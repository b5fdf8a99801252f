/// One request and its answer.
///
///     awaitingHead ─admitted─▶ readingBody ──────┬─▶ done
///          └────────refused──▶ discardingBody ───┤
///                              readingBody ─▶ parked ─▶ resumed ─▶ done
///
/// A body that is taken in pieces goes between `readingPieces` and `pausedBody` instead.
/// libmicrohttpd allows resuming only a connection that is suspended. Everything here happens on
/// one thread, so `parked` and `pausedBody` are exactly "suspended", and leaving them is what resumes;
/// but a request that is parked for moments only is held instead (`Exchanges+Holding`).
final class Exchange {
  enum Stage {
    case awaitingHead
    case readingBody(limit: Int)
    case readingPieces(limit: Int)
    /// Suspended until the application takes more.
    case pausedBody(limit: Int)
    /// Refused, but the rest is so small that reading it keeps the connection usable.
    case discardingBody(Response)
    case parked
    case resumed(Resolution)
    case done
  }

  /// What to do when libmicrohttpd comes back to a resumed request.
  enum Resolution {
    case respond(Response)
    case stream(StreamHead)
    case upgrade(WebSocketHead)
    case close
  }

  let id: RequestID
  let connection: Connection
  /// Nil when it is no text.
  let target: String?
  let arrivedAt: Duration
  var stage = Stage.awaitingHead
  var head: RequestHead?
  var body: [UInt8] = []
  /// How many bytes of the quota its body has taken.
  var bodyCount = 0
  var discardedCount = 0
  /// How much of it was handed over in pieces, and how much since its deadline was set.
  var pieceBytes = 0
  var pieceBytesSinceArmed = 0
  /// The application has had pieces, and must learn of the end.
  var owesBodyEnd = false
  /// The application wants to know whether its answer was sent.
  var owesReport = false
  /// Until when it is parked without being suspended; nil when it is not.
  var heldUntil: Duration?
  /// Its connection is suspended for good, and a relay has its bytes.
  var isRelayed = false

  init(id: RequestID, connection: Connection, target: String?, arrivedAt: Duration) {
    self.id = id
    self.connection = connection
    self.target = target
    self.arrivedAt = arrivedAt
  }

  var isAwaitingHead: Bool {
    if case .awaitingHead = stage { true } else { false }
  }
}
