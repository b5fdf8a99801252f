import EventLoop
package import Metrics

/// A durable outbox with its dead letters, an event log, a set of names and a memory of outcomes and
/// keys, in one SQLite file.
///
/// The database belongs to the thread `store`. Every other thread sends it commands and is told by
/// events, which run on that thread. All waiting commands share one transaction; nobody is told
/// before the commit is synced.
package final class Store: Sendable {
  /// The names that earlier runs recorded.
  package let loadedNames: [RecordedName]
  /// The receipts that earlier runs remembered and did not forget.
  package let loadedReceipts: [Receipt]
  /// The subscriptions that earlier runs kept.
  package let loadedSubscriptions: [StoredSubscription]
  /// A sequence of the event log is unique only together with it; a restored backup gets another.
  package let epoch: String
  /// The name of this data directory, which never changes.
  package let instance: String

  let shared: SharedState
  let mailbox: Mailbox<Command>
  let reads: ReadQueue
  private let thread: LoopThread
  /// Gets one message when the thread is done.
  private let ended: Mailbox<Bool>

  /// Locks the directory, opens and migrates the database, and starts the thread.
  ///
  /// Nothing in a database that is refused is changed. The time it takes does not depend on the
  /// number of rows. `onEvent` runs on the store thread, where it must not wait for
  /// anything, and may be called before `open` returns.
  package static func open(
    _ options: StoreOptions, onEvent: @escaping @Sendable (StoreEvent) -> Void
  ) throws(StoreError) -> Store {
    let parts = try Parts(lookUpsWaitingMax: options.lookUpsWaitingMax)
    let thread = try Parts.attempt { () throws(SystemError) in
      try LoopThread(name: "store") {
        StoreLoop.run(options, parts.mailbox, opening: parts.opening, onEvent)
        parts.ended.sendReserved(true)
      }
    }
    var results: [Result<Opened, StoreError>] = []
    while results.isEmpty {
      parts.opening.wait()
      _ = parts.opening.receive(into: &results)
    }
    switch results[0] {
    case .success(let opened): return Store(opened, parts, thread)
    case .failure(let error):
      thread.join()
      throw error
    }
  }

  private init(_ opened: Opened, _ parts: Parts, _ thread: LoopThread) {
    loadedNames = opened.names
    loadedReceipts = opened.receipts
    loadedSubscriptions = opened.subscriptions
    epoch = opened.epoch
    instance = opened.instance
    reads = opened.reads
    shared = opened.shared
    mailbox = parts.mailbox
    ended = parts.ended
    self.thread = thread
  }

  deinit { mailbox.close() }

  /// Takes an item into the outbox, or says at once why not; from any thread.
  ///
  /// After `.accepted` comes exactly one of `stored`, `refused` and `repeated` for the item.
  package func append(_ item: OutboxItem) -> AppendAdmission {
    admit(messages: 1, bytes: item.body.count, .append(item))
  }

  /// Takes all items or none, in one transaction; from any thread.
  package func append(contentsOf items: [OutboxItem]) -> AppendAdmission {
    let bytes = items.reduce(0) { $0 + $1.body.count }
    return admit(messages: items.count, bytes: bytes, .appendAll(items))
  }

  /// Gives the consumer the rows from the first one on; once, when it is ready.
  package func startFeed() { mailbox.sendReserved(.startFeed) }

  /// Remembers how far the consumer is with a row, from any thread; `advanced` follows.
  ///
  /// While the disk fails this waits and is tried again: the rows that the consumer holds bound it.
  /// The same holds for `finish`.
  package func advance(sequence: Int64, phase: UInt8) {
    mailbox.sendReserved(.advance(sequence: sequence, phase: phase))
  }

  /// Removes a row and keeps of it what `ending` says, in one transaction.
  ///
  /// From any thread; `ended`, if the row was there, and `finished` follow.
  package func finish(sequence: Int64, outcome: Outcome, ending: Ending = .remembered) {
    mailbox.sendReserved(.finish(sequence: sequence, outcome, ending))
  }

  /// Remembers the outcome of an item that never was in the outbox; from any thread.
  ///
  /// False, and nothing is remembered, when too much waits or writing fails.
  package func remember(_ id: ItemID, outcome: Outcome) -> Bool {
    shared.canWrite && mailbox.send(.remember(id, outcome))
  }

  /// Asks for the state of an item, from any thread; `found` answers with `token`.
  ///
  /// False, and no answer follows, when too many look-ups wait.
  package func lookUp(_ id: ItemID, token: UInt64) -> Bool {
    mailbox.send(.lookUp(id, token: token))
  }

  /// Asks about dead letters, from any thread; `deadLetters` answers with `token`.
  ///
  /// False, and no answer follows, when too much waits.
  package func deadLetters(_ request: DeadLetterRequest, token: UInt64) -> Bool {
    mailbox.send(.deadLetters(request, token: token))
  }

  /// Adds a name to the durable set, from any thread; `recorded` follows.
  ///
  /// The caller bounds how often.
  package func record(name: String) { mailbox.sendReserved(.recordName(name)) }

  /// Removes a name from the durable set; from any thread.
  ///
  /// The caller bounds how often.
  package func forget(name: String) { mailbox.sendReserved(.forgetName(name)) }

  /// What the store holds now; from any thread.
  package var statistics: StoreStatistics {
    var statistics = shared.statistics
    reads.fill(&statistics)
    return statistics
  }

  /// How long the commits took, and how many changes each of them made; from any thread.
  package var commitSeconds: Distribution { shared.commitSeconds.snapshot }
  package var batchSizes: Distribution { shared.batchSizes.snapshot }

  /// Commits what waits, folds the log into the database and releases the lock.
  ///
  /// False when that takes longer than `timeout`; the thread then goes on until it is done.
  @discardableResult
  package func close(within timeout: Duration = .seconds(10)) -> Bool {
    precondition(!thread.isCurrent, "the store thread cannot wait for itself")
    shared.close()
    mailbox.close()
    let deadline = MonotonicClock.now() + timeout
    while ended.count == 0 {
      let left = deadline - MonotonicClock.now()
      guard left > .zero else { return false }
      ended.wait(atMost: left)
    }
    thread.join()
    return true
  }

  private func admit(messages: Int, bytes: Int, _ command: Command) -> AppendAdmission {
    let admission = shared.request(messages: messages, bytes: bytes)
    guard admission == .accepted else { return admission }
    guard mailbox.sendReserved(command) else {
      shared.withAdmission { $0.refused(messages: messages, bytes: bytes) }
      return .closed
    }
    return .accepted
  }

  /// The mailboxes between the callers and the store thread.
  private struct Parts: Sendable {
    let mailbox: Mailbox<Command>
    let opening: Mailbox<Result<Opened, StoreError>>
    let ended: Mailbox<Bool>

    init(lookUpsWaitingMax: Int) throws(StoreError) {
      (mailbox, opening, ended) = try Self.attempt { () throws(SystemError) in
        (
          try Mailbox(capacity: max(1, lookUpsWaitingMax)), try Mailbox(capacity: 1),
          try Mailbox(capacity: 1)
        )
      }
    }

    static func attempt<Value>(
      _ body: () throws(SystemError) -> Value
    ) throws(StoreError) -> Value {
      do throws(SystemError) {
        return try body()
      } catch {
        throw .system(error)
      }
    }
  }
}
