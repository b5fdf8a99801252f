import EventLoop
import MQTTClient

/// What the http threads may know of the broker connection; written by the mqtt thread.
final class BrokerStatus: Sendable {
  struct Snapshot: Sendable {
    var isConnected = false
    /// Of the present connection, or of the last one.
    var limits: BrokerLimits?
    var lastError: String?
    /// Connections after the first.
    var reconnects = 0
    var connections = 0
    /// Publishes that may have arrived twice or not at all, because the broker lost its session.
    var uncertainPublishes = 0
    /// When the mqtt thread last looked after its messages, on the monotonic clock.
    var lastTick = MonotonicClock.now()
  }

  private let state = Locked(Snapshot())

  var snapshot: Snapshot { state.withLock { $0 } }

  func up(_ limits: BrokerLimits?) {
    state.withLock { state in
      state.isConnected = true
      state.limits = limits
      state.connections += 1
      state.reconnects = state.connections - 1
    }
  }

  func down(_ reason: String) {
    state.withLock { state in
      state.isConnected = false
      state.lastError = reason
    }
  }

  func countUncertain() {
    state.withLock { $0.uncertainPublishes += 1 }
  }

  func tick(at now: Duration) {
    state.withLock { $0.lastTick = now }
  }
}
