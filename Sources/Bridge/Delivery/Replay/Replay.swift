import EventLoop
import HTTPFront
import MQTTClient
import Store

/// One stream that is served from the event log.
///
///     resolving ──▶ reading ──page written──▶ reading … ──head reached──▶ joining ──▶ (live)
///                      ▲                                      │ events came since
///                      │                                      ▼
///     (live) ──fell behind──▶ draining               last pages, up to where it joined
///
/// A paced stream never joins: at the head it waits for its time or for more events.
struct Replay: Sendable {
  enum Goal: Equatable, Sendable {
    /// To read up to the head and go on live.
    case join
    /// To read up to this event, behind which its group's frames wait.
    case meet(Int64)
    /// To go on reading.
    case follow
  }

  enum Phase: Equatable, Sendable {
    /// A read is with the reader thread.
    case reading
    /// What was read must be written first.
    case draining
    /// The mqtt thread is asked to let it join.
    case joining
    /// Nothing to do before this time.
    case resting(until: Duration)
    /// At the head of the log, until there is more.
    case waiting
  }

  /// Where a stream begins with filters that it did not have.
  struct Rewind: Sendable {
    enum Begin: Sendable {
      case start(StreamStart)
      case at(LoggedEvent)
    }

    let filters: [TopicFilter]
    let begin: Begin
    /// What it is told once that is known.
    let opening: StreamOpening?

    init(filters: [TopicFilter], begin: Begin, _ opening: StreamOpening?) {
      self.filters = filters
      self.begin = begin
      self.opening = opening
    }
  }

  /// Nil while only the http thread has told that the stream fell behind.
  var request: StreamRequest?
  /// What the broker said; nil once the stream has been told.
  var opening: StreamOpening?
  var goal = Goal.join
  var phase = Phase.draining
  /// Everything up to here has been read; before the start is resolved it means nothing.
  var cursor = LoggedEvent(sequence: 0, time: 0)
  /// The last event of the newest page; what is drained before that was an earlier page.
  var sent: Int64 = 0
  /// The stream has left its group while something else was going on.
  var hasLagged = false
  /// What it must go back for, in this order, before the next page.
  var rewinds: [Rewind] = []

  /// How much its next page may have: the first one is short, because nothing of a page is written
  /// before all of it is read, and each of the next ones has more.
  var pageBytes = 4 << 10

  /// When a paced stream may have its next page.
  var dueAt = Duration.zero

  /// Whether the last page is with the socket, of which the http thread says how far it is.
  ///
  /// Nothing but pages goes to a consumer, and what it is given again is older than what its socket
  /// had before: then a place further on says nothing about the page.
  func hasTaken(written position: Int64) -> Bool {
    let isConsumer = request?.subscription != nil && rewinds.isEmpty
    return isConsumer && sent > 0 ? position == sent : position >= sent
  }

  /// How long a paced stream rests between two pages.
  var interval: Duration {
    guard let rate = request?.rateMaximum else { return .zero }
    return .seconds(eventsMax) / rate
  }

  /// How many events a paced stream gets at a time: about ten pages a second, each of whole events.
  var eventsMax: Int {
    guard let rate = request?.rateMaximum else { return .max }
    return max(1, rate / 10)
  }
}
