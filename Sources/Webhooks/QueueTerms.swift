/// How the events of a webhook are put into requests.
package struct QueueTerms: Sendable, Equatable {
  /// What one request holds at most, in bytes of content; one event of any size always may go.
  package static let batchBytesMax = 1 << 20

  /// Events of one request.
  package var batchMax = 1
  /// How long the first event of a request waits for more.
  package var batchWait = Duration.zero
  /// Requests that are not answered yet; more than 1 gives up the order.
  package var parallel = 1
  package var retry = RetryTerms()

  package init() {}

  /// How many requests there may be behind the oldest one that is not done.
  var parcelsMax: Int { parallel == 1 ? 1 : parallel * 16 }

  /// How many events are read ahead.
  var windowEvents: Int { max(32, 2 * batchMax * parallel) }
}
