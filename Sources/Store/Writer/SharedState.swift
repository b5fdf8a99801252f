import EventLoop
import Metrics

/// What the callers' threads and the store thread both touch.
final class SharedState: Sendable {
  private let admission: Locked<Admission>
  private let published = Locked(StoreStatistics())
  private let bounds: Locked<EventBounds>
  let commitSeconds = Histogram()
  let batchSizes = Histogram(counts: Histogram.counts)

  init(_ admission: Admission, _ bounds: EventBounds) {
    self.admission = Locked(admission)
    self.bounds = Locked(bounds)
  }

  /// The event log as the last commit left it.
  var eventBounds: EventBounds { bounds.withLock { $0 } }

  func publish(_ bounds: EventBounds) { self.bounds.withLock { $0 = bounds } }

  var canWrite: Bool { admission.withLock { $0.canWrite } }

  func request(messages: Int, bytes: Int) -> AppendAdmission {
    admission.withLock { $0.request(messages: messages, bytes: bytes) }
  }

  func withAdmission(_ body: (inout Admission) -> Void) {
    admission.withLock { body(&$0) }
  }

  func close() { admission.withLock { $0.close() } }

  func publish(_ statistics: StoreStatistics) { published.withLock { $0 = statistics } }

  var statistics: StoreStatistics {
    var statistics = published.withLock { $0 }
    let waiting = admission.withLock { $0.waitingNow }
    statistics.waitingMessages = waiting.messages
    statistics.waitingBytes = waiting.bytes
    return statistics
  }
}

/// What the opening thread learns from the store thread.
struct Opened: Sendable {
  let shared: SharedState
  let reads: ReadQueue
  let names: [RecordedName]
  let receipts: [Receipt]
  let subscriptions: [StoredSubscription]
  let epoch: String
  let instance: String
}
