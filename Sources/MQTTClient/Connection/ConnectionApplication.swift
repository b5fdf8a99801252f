import EventLoop

/// What a link tells, kept for the thread that drives the connection.
///
/// Everything here is bounded: messages by the buffering the user chose, results by the number of
/// operations, notices by a fixed number.
final class ConnectionApplication: LinkApplication {
  private struct Operation {
    let filters: [String]
    /// Whether its end is told as an event.
    let isReported: Bool
  }

  let waker: ConnectionWaker
  private let acknowledgements: ConnectionAcknowledgements
  private let buffering: MessageBuffering
  private let packets: PacketEvents?
  private let clientID: String
  private let closeTimeout: Duration
  private var operations: [OperationID: Operation] = [:]
  private(set) var results: [OperationID: OperationResult] = [:]
  private var lastKey: UInt64 = 0
  private var droppedCount = 0
  private var mustStop = false
  private var isReadingPaused = false
  /// How many operations have ended.
  private(set) var endedCount: UInt64 = 0
  var queue = ConnectionQueue()
  var isWoken = false
  /// While an operation waits for its end, reading must go on.
  var isWaitingForResult = false
  private(set) var state = ClientState.idle
  private(set) var lastFailure: ConnectionFailure?

  init(
    _ options: ClientOptions, _ buffering: MessageBuffering, _ waker: ConnectionWaker,
    _ acknowledgements: ConnectionAcknowledgements, _ packets: PacketEvents?
  ) {
    self.buffering = buffering
    self.waker = waker
    self.acknowledgements = acknowledgements
    self.packets = packets
    clientID = options.session.clientID
    closeTimeout = options.closeTimeout
  }

  /// Operations that have not ended, and results that were not fetched.
  var operationCount: Int { operations.count + results.count }
  var hasOpenOperations: Bool { !operations.isEmpty }
  var openOperations: [OperationID] { operations.keys.sorted { $0.key < $1.key } }

  func begin(_ filters: [String] = [], isReported: Bool) -> OperationID {
    lastKey += 1
    let id = OperationID(key: lastKey)
    operations[id] = Operation(filters: filters, isReported: isReported)
    return id
  }

  /// Nobody wants to hear any more how the operation ends.
  func abandon(_ id: OperationID) {
    operations[id] = nil
    results[id] = nil
  }

  func isOpen(_ id: OperationID) -> Bool { operations[id] != nil }

  func takeResult(_ id: OperationID) -> OperationResult? { results.removeValue(forKey: id) }

  func handle(_ message: ConnectionMessage, _ link: LinkContext) {
    switch message {
    case .wake:
      waker.taken()
      isWoken = true
    case .settle(let token, let code): link.acknowledge(token, reasonCode: code)
    case .forgot(let topic):
      queue.append(ConnectionQueue.Notice.client(.acknowledgementForgotten(topic: topic)))
    }
  }

  func received(_ event: LinkEvent, _ link: LinkContext) {
    takePackets()
    switch event {
    case .connecting(let attempt):
      state = .connecting
      queue.append(ConnectionQueue.Notice.client(.connecting(attempt: attempt)))
    case .delivered(let publish, let token): delivered(publish, token, link)
    case .sent, .received, .restarted, .released: break
    case .finished(let key, let outcome): ended(key) { _ in .published(outcome) }
    case .subscribed(let key, let codes, _): ended(key) { .subscribed(Self.grants($0, codes)) }
    case .unsubscribed(let key, let codes, _): ended(key) { .unsubscribed(Self.grants($0, codes)) }
    case .subscriptionLost(let filter, let code):
      queue.append(ConnectionQueue.Notice.client(.subscriptionLost(filter: filter, code)))
    case .receiveMaximumExceeded(let excess, let maximum):
      queue.append(
        ConnectionQueue.Notice.client(.receiveMaximumExceeded(by: excess, maximum: maximum)))
    case .up(let ack):
      let clientID = ack.properties.assignedClientIdentifier ?? clientID
      let info = ConnectionInfo(clientID: clientID, answer: ack)
      state = .connected(info)
      queue.append(ConnectionQueue.Notice.client(.connected(info)))
    case .down(let reason, let detail, let retryIn):
      let failure = ConnectionFailure(reason, detail: detail)
      lastFailure = failure
      acknowledgements.ended()
      state = .disconnected(failure)
      let event: ClientEvent =
        retryIn.map { .disconnected(failure, retryIn: $0) } ?? .gaveUp(failure)
      queue.append(ConnectionQueue.Notice.client(event))
    case .authentication(let event):
      queue.append(ConnectionQueue.Notice.client(.authentication(event)))
    case .reauthenticated(let key, let outcome): ended(key) { _ in .reauthenticated(outcome) }
    case .referred(let request): queue.append(ConnectionQueue.Notice.client(.referred(request)))
    case .redirected(let target):
      queue.append(ConnectionQueue.Notice.client(.redirected(target?.references ?? [])))
    case .drainExpired: break
    case .stopped:
      state = .stopped
      queue.append(ConnectionQueue.Notice.client(.stopped))
    }
  }

  func turnEnded(_ link: LinkContext) {
    takePackets()
    reportDropped()
    if mustStop { link.stop(within: closeTimeout) }
    adjustReading(link)
  }

  /// Whether reading is paused although it need not be any more.
  var mustResumeReading: Bool { isReadingPaused && !mayPauseReading }

  /// Pauses reading, or goes on with it, as there is room and the caller waits.
  func adjustReading(_ link: LinkContext) {
    guard mayPauseReading != isReadingPaused else { return }
    isReadingPaused = mayPauseReading
    if isReadingPaused { link.pauseReading() } else { link.resumeReading() }
  }

  private var mayPauseReading: Bool {
    buffering.overflow == .pauseReading && isFull && !isWaitingForResult
  }

  private func takePackets() {
    packets?.take { queue.append(ConnectionQueue.Notice.packet($0)) }
  }

  private static func grants(_ filters: [String], _ codes: [ReasonCode]) -> [SubscriptionGrant] {
    zip(filters, codes).map { SubscriptionGrant(filter: $0, reasonCode: $1) }
  }

  private func ended(_ key: UInt64, _ result: ([String]) -> OperationResult) {
    endedCount += 1
    let id = OperationID(key: key)
    guard let operation = operations.removeValue(forKey: id) else { return }
    results[id] = result(operation.filters)
    if operation.isReported { queue.append(id) }
  }

  private var isFull: Bool {
    queue.messageCount >= buffering.messages || queue.messageBytes >= buffering.bytes
  }

  private func delivered(_ publish: Publish, _ token: AckToken, _ link: LinkContext) {
    acknowledgements.began(token.epoch)
    if isFull, !makeRoom(for: token, link) { return }
    queue.append(ConnectionQueue.Delivery(publish, token))
  }

  /// False when the message was dropped; then the broker need not send it again.
  private func makeRoom(for token: AckToken, _ link: LinkContext) -> Bool {
    switch buffering.overflow {
    case .suspend:
      guard token.qos == .atMostOnce else { return true }
      drop(1, link)
      return false
    case .pauseReading:
      guard isWaitingForResult, token.qos == .atMostOnce else { return true }
      drop(1, link)
      return false
    case .dropOldest:
      guard let oldest = queue.popDelivery() else { return true }
      link.acknowledge(oldest.token)
      drop(1, link)
      return true
    case .dropNewest:
      link.acknowledge(token)
      drop(1, link)
      return false
    case .finish:
      mustStop = true
      drop(1, link)
      return false
    }
  }

  private func drop(_ count: Int, _ link: LinkContext) {
    link.countDropped(count)
    if droppedCount == 0 {
      queue.append(ConnectionQueue.Notice.client(.slowConsumer(filters: [], dropped: count)))
    }
    droppedCount += count
  }

  private func reportDropped() {
    guard droppedCount > 0, queue.messageCount <= buffering.messages / 2,
      queue.messageBytes <= buffering.bytes / 2
    else { return }
    queue.append(ConnectionQueue.Notice.client(.slowConsumer(filters: [], dropped: droppedCount)))
    droppedCount = 0
  }
}
