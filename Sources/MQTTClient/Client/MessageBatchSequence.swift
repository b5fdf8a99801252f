/// A subscription, as the sequence of what has come each time: the fast way to read.
///
///     for try await messages in try await client.subscribe(to: "sensors/#").batches() {
///       try await store(messages)
///     }
///
/// A batch is never empty. Its messages are acknowledged together when its consumer asks for the next
/// one or drops the iterator. Everything else is as with `MessageSequence`.
public struct MessageBatchSequence: AsyncSequence, Sendable {
  /// What the sequence brings.
  public typealias Element = [Message]
  /// What ends the sequence early.
  public typealias Failure = ClientError

  let handle: SubscriptionHandle
  let limit: Int

  /// An iterator over the same queue; of several, each message comes to one.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle, limit) }

  /// Reads batches, and acknowledges each when the next one is asked for.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let reader: Reader

    init(_ handle: SubscriptionHandle, _ limit: Int) { reader = Reader(handle, limit) }

    /// The next messages; nil at the end of the subscription, or when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> [Message]? {
      try await reader.next()
    }
  }

  /// Holds what is owed for the messages that the consumer works on.
  private final class Reader {
    private let handle: SubscriptionHandle
    private let limit: Int
    private var owed: [Settlement] = []

    init(_ handle: SubscriptionHandle, _ limit: Int) {
      self.handle = handle
      self.limit = limit
    }

    deinit { settle() }

    func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> [Message]? {
      settle()
      guard let next = try await handle.nextBatch(atMost: limit) else { return nil }
      owed = next.map(\.settlement)
      return next.map(\.message)
    }

    private func settle() {
      if !owed.isEmpty { handle.settle(contentsOf: exchange(&owed, with: [])) }
    }
  }
}
