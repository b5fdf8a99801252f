import EventLoop
import Synchronization

/// Takes acknowledgements from any thread to the one that drives the connection.
///
/// The mailbox needs no bound here: each delivery is acknowledged once.
final class ConnectionAcknowledgements: AcknowledgementSink {
  private let mailbox: Mailbox<ConnectionMessage>
  /// A QoS 1 message of an earlier epoch cannot be acknowledged any more.
  private let epoch = Atomic<UInt32>(0)

  init(_ mailbox: Mailbox<ConnectionMessage>) {
    self.mailbox = mailbox
  }

  /// The link delivers messages of this epoch.
  func began(_ epoch: UInt32) { self.epoch.store(epoch, ordering: .relaxed) }

  /// The link has ended, and with it the epoch.
  func ended() { epoch.wrappingAdd(1, ordering: .relaxed) }

  func settle(_ settlement: Settlement, _ reasonCode: ReasonCode) -> Acknowledgement.Result {
    switch settlement {
    case .nothing: .stale
    case .alone(let token, _): settle(token, reasonCode)
    case .shared(let delivery):
      if let code = delivery.settle(reasonCode) { settle(delivery.token, code) } else { .accepted }
    }
  }

  private func settle(_ token: AckToken, _ reasonCode: ReasonCode) -> Acknowledgement.Result {
    if token.qos == .atLeastOnce, token.epoch < epoch.load(ordering: .relaxed) { return .stale }
    return mailbox.sendReserved(.settle(token, reasonCode)) ? .accepted : .stopped
  }

  func forgot(_ settlement: Settlement) {
    switch settlement {
    case .nothing: break
    case .alone(_, let topic): mailbox.sendReserved(.forgot(topic: topic))
    case .shared(let delivery): mailbox.sendReserved(.forgot(topic: delivery.topic))
    }
  }
}

/// What other threads tell a connection.
enum ConnectionMessage: Sendable {
  case wake
  case settle(AckToken, ReasonCode)
  case forgot(topic: String)
}

/// Ends a wait of an `MQTTConnection` from another thread, such as one that handles signals.
///
///     let waker = connection.waker
///     startThread { waker.wake() }
///     connection.poll()  // returns nil once the other thread has called
public final class ConnectionWaker: Sendable {
  private let mailbox: Mailbox<ConnectionMessage>
  private let isPending = Atomic(false)

  init(_ mailbox: Mailbox<ConnectionMessage>) {
    self.mailbox = mailbox
  }

  /// Makes the present wait for an event, or else the next one, return without one; from any thread.
  ///
  /// Blocking operations such as `publish` go on. Several calls before the wait count as one.
  public func wake() {
    if !isPending.exchange(true, ordering: .relaxed) { mailbox.sendReserved(.wake) }
  }

  func taken() { isPending.store(false, ordering: .relaxed) }
}
