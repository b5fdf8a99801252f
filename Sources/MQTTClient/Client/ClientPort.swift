import EventLoop

/// What another thread asks of a client's link.
enum ClientCommand: Sendable {
  case publish(PublishOperation)
  case publishAll(PublishBatch)
  case acknowledge(AckToken, ReasonCode)
  case acknowledgeAll([AckToken])
  /// Anything that is not asked for with every message.
  case perform(@Sendable (ClientApplication, LinkContext) -> Void)
}

/// What the handles of a client (sequences, tickets, acknowledgements) share with its link.
///
/// Everything here may be used from any thread and never waits.
final class ClientPort: Sendable {
  private struct Status: Sendable {
    var state = ClientState.idle
    var isStopped = false
    /// Deliveries of links up to this epoch cannot be acknowledged at QoS 1 any more.
    var endedEpoch: UInt32?
    var openEnqueued = 0
    var lastID: UInt64 = 0
  }

  let mailbox: Mailbox<ClientCommand>
  let events = EventHub()
  /// The end of the client, with the number of publishes that were unfinished then.
  let ended = Completion<Int>()
  /// How many publishes without a waiting task may be unfinished.
  private let enqueuedMaximum: Int
  private let status = Locked(Status())

  init(_ mailbox: Mailbox<ClientCommand>, enqueuedMaximum: Int) {
    self.mailbox = mailbox
    self.enqueuedMaximum = enqueuedMaximum
  }

  var state: ClientState {
    get { status.withLock { $0.state } }
    set { status.withLock { $0.state = newValue } }
  }

  /// Asks something whose number is bounded by who waits for it; false once the client has ended.
  @discardableResult
  func send(_ command: ClientCommand) -> Bool { mailbox.sendReserved(command) }

  @discardableResult
  func perform(_ body: @escaping @Sendable (ClientApplication, LinkContext) -> Void) -> Bool {
    send(.perform(body))
  }

  /// Takes one of the places for publishes that nobody waits for; false when all are taken.
  func takePlace() -> Bool {
    status.withLock { status in
      guard status.openEnqueued < enqueuedMaximum else { return false }
      status.openEnqueued += 1
      return true
    }
  }

  /// A name for a listener or request, never used twice; never zero.
  func newID() -> UInt64 {
    status.withLock { status in
      status.lastID += 1
      return status.lastID
    }
  }

  func givePlaceBack() { status.withLock { $0.openEnqueued -= 1 } }

  /// A link ended that had delivered messages with this epoch.
  func linkEnded(epoch: UInt32?) {
    guard let epoch else { return }
    status.withLock { $0.endedEpoch = epoch }
  }

  func stopped() {
    status.withLock { status in
      status.state = .stopped
      status.isStopped = true
    }
  }

  private func isStale(_ token: AckToken) -> Bool {
    guard token.qos == .atLeastOnce else { return false }
    return status.withLock { status in status.endedEpoch.map { token.epoch <= $0 } ?? false }
  }

  private func acknowledge(_ token: AckToken, _ code: ReasonCode) -> Acknowledgement.Result {
    if isStale(token) { return .stale }
    return send(.acknowledge(token, code)) ? .accepted : .stopped
  }
}

extension ClientPort: AcknowledgementSink {
  @discardableResult
  func settle(_ settlement: Settlement, _ reasonCode: ReasonCode) -> Acknowledgement.Result {
    switch settlement {
    case .nothing: return .stale
    case .alone(let token, _): return acknowledge(token, reasonCode)
    case .shared(let delivery):
      guard let code = delivery.settle(reasonCode) else {
        return isStale(delivery.token) ? .stale : .accepted
      }
      return acknowledge(delivery.token, code)
    }
  }

  /// Says for many messages at once that they are safe.
  func settle(contentsOf settlements: [Settlement]) {
    var tokens: [AckToken] = []
    for settlement in settlements {
      switch settlement {
      case .nothing: break
      case .alone(let token, _): tokens.append(token)
      case .shared: settle(settlement, .success)
      }
    }
    if !tokens.isEmpty { send(.acknowledgeAll(tokens)) }
  }

  func forgot(_ settlement: Settlement) {
    switch settlement {
    case .nothing: break
    case .alone(_, let topic): events.publish(.acknowledgementForgotten(topic: topic))
    case .shared(let delivery): events.publish(.acknowledgementForgotten(topic: delivery.topic))
    }
  }
}
