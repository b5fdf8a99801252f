import EventLoop

/// The thread `store-read` and the reads that wait for it.
final class ReadQueue: Sendable {
  private let mailbox: Mailbox<Request>
  private let thread: LoopThread
  private let counts: Counts

  /// Starts the thread; `onDamage` runs on it when a read finds the database damaged.
  init(
    _ options: StoreOptions, _ shared: SharedState, databasePath: String,
    onDamage: @escaping @Sendable () -> Void
  ) throws(StoreError) {
    do throws(SystemError) {
      let mailbox = try Mailbox<Request>(capacity: max(1, options.readsWaitingMax))
      let counts = Counts()
      thread = try LoopThread(name: "store-read") {
        let reader = EventReader(path: databasePath, shared, onDamage: onDamage)
        Self.serve(mailbox, reader, counts)
      }
      self.mailbox = mailbox
      self.counts = counts
    } catch {
      throw .system(error)
    }
  }

  /// Lets `body` run after those that wait; false when too many wait.
  func send(_ body: @escaping @Sendable (EventReader) -> Void) -> Bool {
    let isAccepted = mailbox.send(Request(body: body))
    if !isAccepted { counts.value.withLock { $0.refused += 1 } }
    return isAccepted
  }

  /// Ends the thread after the reads that wait; from the store thread.
  func close() {
    mailbox.close()
    thread.join()
  }

  func fill(_ statistics: inout StoreStatistics) {
    let (done, refused) = counts.value.withLock { ($0.done, $0.refused) }
    statistics.reads = done
    statistics.readsRefused = refused
    statistics.readsWaiting = mailbox.count
  }

  private static func serve(
    _ mailbox: Mailbox<Request>, _ reader: EventReader, _ counts: Counts
  ) {
    var requests: [Request] = []
    while mailbox.receive(into: &requests) {
      if requests.isEmpty { mailbox.wait() }
      for request in requests {
        request.body(reader)
        counts.value.withLock { $0.done += 1 }
      }
      requests.removeAll(keepingCapacity: true)
    }
  }

  private struct Request: Sendable {
    let body: @Sendable (EventReader) -> Void
  }

  private final class Counts: Sendable {
    let value = Locked((done: 0, refused: 0))
  }
}
