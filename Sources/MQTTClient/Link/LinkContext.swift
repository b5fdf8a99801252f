import DequeModule
import EventLoop

/// The application's hold on the session, valid on the thread of the link only.
///
/// Requests are collected and carried out one after the other once the application's call has
/// returned: first one with everything it causes, then the next.
package final class LinkContext {
  enum Input {
    case publish(PublishRequest)
    case publishAll(any LinkPublishSource)
    case subscribe(SubscribeRequest)
    case unsubscribe(key: UInt64, filters: [String], [UserProperty])
    case acknowledge(AckToken, DeliveryReply)
    case acknowledgeAll([AckToken])
    case receivedRecorded(UInt64)
    case releasedRecorded(PacketID)
    case restartRecorded(UInt64)
    case cancel(UInt64, answersSent: Bool)
    case cancelAll(answersSent: Bool)
    case changeRate(PublishRate)
    case reauthenticate(UInt64)
    case stop(SessionEnding, deadline: Duration)
  }

  private let thread: ThreadIdentity
  private var inputs: Deque<Input> = []
  private var droppedDeliveries = 0
  /// Asks the session; set by the driver for as long as it lives.
  var pending: ((_ limit: Int) -> [PendingPublish])?

  /// The time of this wake-up.
  package internal(set) var now: Duration
  /// What the broker allows; nil while there is no connection.
  package internal(set) var limits: BrokerLimits?
  /// Whether so many bytes wait for the socket that the mailbox is left alone.
  package internal(set) var isCongested = false
  /// Whether the application has asked for no more deliveries for now.
  package private(set) var isReadingPaused = false

  init(thread: ThreadIdentity, now: Duration) {
    self.thread = thread
    self.now = now
  }

  package func publish(_ request: PublishRequest) { add(.publish(request)) }

  /// Publishes what the source says, one after the other, until it says nothing more.
  func publish(from source: any LinkPublishSource) { add(.publishAll(source)) }

  package func subscribe(_ request: SubscribeRequest) { add(.subscribe(request)) }

  package func unsubscribe(
    key: UInt64, filters: [String], userProperties: [UserProperty] = []
  ) {
    add(.unsubscribe(key: key, filters: filters, userProperties))
  }

  package func acknowledge(_ token: AckToken, reasonCode: ReasonCode = .success) {
    acknowledge(token, DeliveryReply(reasonCode))
  }

  package func acknowledge(_ token: AckToken, _ reply: DeliveryReply) {
    add(.acknowledge(token, reply))
  }

  /// Says of several messages that they are safe.
  package func acknowledge(contentsOf tokens: [AckToken]) { add(.acknowledgeAll(tokens)) }

  /// The application has recorded `.received`; PUBREL may go out.
  package func receivedRecorded(key: UInt64) { add(.receivedRecorded(key)) }

  /// The application has recorded `.released`; PUBCOMP may go out.
  package func releasedRecorded(_ id: PacketID) { add(.releasedRecorded(id)) }

  /// The application has recorded `.restarted`; PUBLISH may go out again.
  package func restartRecorded(key: UInt64) { add(.restartRecorded(key)) }

  /// Takes back a publish that has not been sent; on demand one that was sent ends as
  /// `.maybeSent(.cancelled)`, while its exchange goes on.
  package func cancel(key: UInt64, answersSent: Bool = false) {
    add(.cancel(key, answersSent: answersSent))
  }

  /// Takes back every publish, as `cancel(key:)` does one.
  package func cancelAll(answersSent: Bool = false) {
    add(.cancelAll(answersSent: answersSent))
  }

  /// Changes how fast publishes leave.
  package func changeRate(_ rate: PublishRate) { add(.changeRate(rate)) }

  /// The unfinished publishes, the oldest first, at most `limit` of them.
  package func pendingPublishes(atMost limit: Int) -> [PendingPublish] {
    checkThread()
    return pending?(limit) ?? []
  }

  /// Ends the session gracefully within `duration`, as `Link.stop` does.
  package func stop(within duration: Duration) { stop(.now(Disconnect()), within: duration) }

  /// Ends the session in the given way within `duration`; `SessionOptions.check` must have passed
  /// its packet, or else the plain one takes its place.
  package func stop(_ ending: SessionEnding, within duration: Duration) {
    add(.stop(ending, deadline: now + duration))
  }

  /// Authenticates again; `.reauthenticated` with this key tells how it went.
  package func reauthenticate(key: UInt64) { add(.reauthenticate(key)) }

  /// Leaves what the broker sends in the socket, so that TCP slows the broker down.
  ///
  /// What has been read already is still delivered: up to `ClientOptions.readBytes`. So that a pause
  /// is not taken for a dead broker, one read happens whenever the session's patience would end.
  package func pauseReading() {
    checkThread()
    isReadingPaused = true
  }

  package func resumeReading() {
    checkThread()
    isReadingPaused = false
  }

  /// Counts deliveries that a slow consumer lost.
  package func countDropped(_ count: Int) { droppedDeliveries += count }

  func takeDropped() -> Int { exchange(&droppedDeliveries, with: 0) }

  func nextInput() -> Input? { inputs.popFirst() }

  private func add(_ input: Input) {
    checkThread()
    inputs.append(input)
  }

  private func checkThread() {
    precondition(thread.isCurrent, "the link was touched from another thread")
  }
}
