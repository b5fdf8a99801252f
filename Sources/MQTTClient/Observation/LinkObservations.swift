import EventLoop

/// What a link shows of itself to other threads.
///
/// The link's thread writes once per wake-up; readers get a copy. So a packet costs no lock.
package final class LinkObservations: Sendable {
  private let shared = Locked(ClientMetrics())

  package init() {}

  /// As of the end of the link's last wake-up; from any thread.
  package var metrics: ClientMetrics { shared.withLock { $0 } }

  func update(_ change: (inout ClientMetrics) -> Void) {
    shared.withLock { change(&$0) }
  }
}
