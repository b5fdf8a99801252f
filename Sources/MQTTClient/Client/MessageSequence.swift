/// A subscription, as the sequence of its messages.
///
///     for try await message in try await client.subscribe(to: "sensors/+/temperature") {
///       print(message.topic, message.text ?? "")
///     }
///
/// A message of QoS 1 or 2 is acknowledged when its consumer asks for the next one or drops the
/// iterator: what a crash interrupts comes again. The queue between the connection and the consumer
/// is bounded as `SubscriptionOptions.buffer` says.
///
/// The sequence ends when it is unsubscribed, when the client ends and when the consuming task is
/// cancelled. It throws when the broker takes the subscription away, or when its queue overflows and
/// the policy is `.finish`. Several tasks may read one sequence: each message goes to one of them.
/// With the last reference to the sequence and its iterators the subscription ends.
public struct MessageSequence: AsyncSequence, Sendable {
  /// What the sequence brings.
  public typealias Element = Message
  /// What ends the sequence early.
  public typealias Failure = ClientError

  let handle: SubscriptionHandle

  /// The broker's answer for each filter, in the order of the call.
  public var grants: [SubscriptionGrant] { handle.grants }

  /// How many messages were dropped because the consumer was too slow.
  public var droppedCount: Int { handle.queue.droppedCount }

  /// How many messages wait for the consumer.
  public var waitingCount: Int { handle.queue.count }

  /// Ends the subscription; what waits can still be read.
  ///
  /// UNSUBSCRIBE goes out for the filters that nobody else in this client listens to; the answer has
  /// those. Throws `.stopped` when the client ends first, and `.cancelled` when the task is cancelled;
  /// the subscription ends all the same.
  @discardableResult
  public func unsubscribe() async throws(ClientError) -> [SubscriptionGrant] {
    try await handle.unsubscribe()
  }

  /// The same messages, as many at a time as have come, at most `limit`: the fast way to read.
  ///
  /// The messages of a batch are acknowledged together when the next one is asked for, or the
  /// iterator dropped. Whoever reads batches and single messages shares them, as several tasks do.
  public func batches(atMost limit: Int = 1024) -> MessageBatchSequence {
    MessageBatchSequence(handle: handle, limit: limit < 1 ? 1 : limit)
  }

  /// An iterator over the same queue; of several, each element comes to one.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle) }

  /// Reads the messages one by one, and acknowledges each when the next one is asked for.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let reader: Reader

    init(_ handle: SubscriptionHandle) { reader = Reader(handle) }

    /// The next message; nil at the end of the subscription, or when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> Message? {
      try await reader.next()
    }
  }

  /// Holds what is owed for the message that the consumer works on.
  private final class Reader {
    private let handle: SubscriptionHandle
    private var owed: Settlement?

    init(_ handle: SubscriptionHandle) { self.handle = handle }

    deinit { settle() }

    func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> Message? {
      settle()
      guard let next = try await handle.next() else { return nil }
      owed = next.settlement
      return next.message
    }

    private func settle() {
      if let owed = owed.take() { handle.settle(owed) }
    }
  }
}

/// A subscription whose consumer acknowledges each message itself.
///
///     let messages = try await client.subscribeManually(to: "orders/#")
///     while let delivery = try await messages.next() {
///       try await store(delivery.message)
///       delivery.acknowledge()
///     }
///
/// What is not acknowledged counts against Receive Maximum and holds back the acknowledgements
/// behind it. [MQTT-4.6.0-2] Everything else is as with `MessageSequence`.
public struct ManualMessageSequence: Sendable {
  let handle: SubscriptionHandle

  /// The broker's answer for each filter, in the order of the call.
  public var grants: [SubscriptionGrant] { handle.grants }

  /// How many messages were dropped because the consumer was too slow.
  public var droppedCount: Int { handle.queue.droppedCount }

  /// The next message; nil at the end of the subscription, or when the task is cancelled.
  public func next() async throws(ClientError) -> ManualDelivery? {
    guard let next = try await handle.next() else { return nil }
    return handle.delivery(next)
  }

  /// Ends the subscription, as `MessageSequence.unsubscribe` does.
  @discardableResult
  public func unsubscribe() async throws(ClientError) -> [SubscriptionGrant] {
    try await handle.unsubscribe()
  }
}

/// A message together with the right to acknowledge it.
public struct ManualDelivery: ~Copyable, Sendable {
  /// What came.
  public let message: Message
  private let acknowledgement: Acknowledgement

  package init(_ message: Message, _ acknowledgement: consuming Acknowledgement) {
    self.message = message
    self.acknowledgement = acknowledgement
  }

  /// Says that the message is safe.
  @discardableResult
  public consuming func acknowledge() -> Acknowledgement.Result { acknowledgement.acknowledge() }

  /// Refuses the message, as `Acknowledgement.reject` says.
  @discardableResult
  public consuming func reject(_ reasonCode: ReasonCode) -> Acknowledgement.Result {
    acknowledgement.reject(reasonCode)
  }

  /// Detaches the right to acknowledge, to keep it without the content of the message.
  public consuming func takeAcknowledgement() -> Acknowledgement { acknowledgement }
}
