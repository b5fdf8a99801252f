/// When a failed write is tried again.
struct Backoff {
  private let first: Duration
  private let largest: Duration
  private var delay: Duration
  private(set) var nextTry: Duration

  init(first: Duration, largest: Duration, at now: Duration) {
    self.first = first
    self.largest = largest
    delay = first
    nextTry = now + first
  }

  mutating func failedAgain(at now: Duration) {
    delay = min(delay * 2, largest)
    nextTry = now + delay
  }
}
