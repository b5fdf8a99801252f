import EventLoop

/// What a link shows of itself to other threads.
///
/// The link's thread writes once per wake-up; readers get a copy. So a packet costs no lock.
package final class LinkObservations: Sendable {
  struct Shared: Sendable {
    var metrics = ClientMetrics()
    var diagnostics: Diagnostics
    /// When the present state began.
    var since: Duration
  }

  private let shared: Locked<Shared>

  package init(servers: [String]) {
    let diagnostics = Diagnostics(servers: servers)
    shared = Locked(Shared(diagnostics: diagnostics, since: MonotonicClock.now()))
  }

  /// As of the end of the link's last wake-up; from any thread.
  package var metrics: ClientMetrics { shared.withLock { $0.metrics } }

  /// As of now, with the queues at the end of the link's last wake-up; from any thread.
  package var diagnostics: Diagnostics {
    let now = MonotonicClock.now()
    return shared.withLock { shared in
      var diagnostics = shared.diagnostics
      diagnostics.stateAge = max(now - shared.since, .zero)
      diagnostics.queues = shared.metrics.gauges
      return diagnostics
    }
  }

  func update(_ change: (inout Shared) -> Void) {
    shared.withLock { change(&$0) }
  }
}
