import EventLoop
import Synchronization

/// The side of a http thread that other threads touch.
final class ShardPort: Sendable {
  let index: Int
  let mailbox: Mailbox<ShardMessage>
  let counters = ShardCounters()

  init(index: Int, commandsMax: Int) throws(HTTPServerError) {
    self.index = index
    do throws(SystemError) {
      mailbox = try Mailbox(capacity: commandsMax)
    } catch {
      throw .systemCall(error.call, errorNumber: error.number)
    }
  }
}

/// The figures of one http thread, written by its loop and read by anybody.
final class ShardCounters: Sendable {
  let connections = Atomic<Int>(0)
  let parkedRequests = Atomic<Int>(0)
  let streams = Atomic<Int>(0)
  let laggingStreams = Atomic<Int>(0)
  let ringBytes = Atomic<Int>(0)
  let requestsTotal = Atomic<Int>(0)
  let gapsTotal = Atomic<Int>(0)
  let lagsTotal = Atomic<Int>(0)
  let lastTurn = Atomic<Int>(0)
  let turnsTotal = Atomic<Int>(0)
}

/// The figures of one http thread.
package struct HTTPShardStatistics: Equatable, Sendable {
  /// Connections that libmicrohttpd holds: no streams.
  package var connections = 0
  package var parkedRequests = 0
  package var streams = 0
  /// Streams whose client has not taken everything yet.
  package var laggingStreams = 0
  /// Bytes of shared frames kept for those.
  package var ringBytes = 0
  package var commandsWaiting = 0
  package var commandsMax = 0
  package var requestsTotal = 0
  package var gapsTotal = 0
  /// How often a stream left its group or ended because it was behind.
  package var lagsTotal = 0
  /// Bytes of request bodies of all threads together.
  package var bodyBytes = 0
  /// How often the loop has gone round.
  package var turnsTotal = 0
  /// When the loop last went round, on the monotonic clock in milliseconds.
  package var lastTurn = Duration.zero
}
