import EventLoop

// Publishing.
extension MQTTClient {
  /// Publishes a message and waits for what becomes of it.
  ///
  /// Only `.sent` (QoS 0) and `.acknowledged` (QoS 1 and 2) mean that it went out, or
  /// `PublishOutcome.isSuccess` for both. A reconnect in between changes nothing. When as many
  /// publishes wait as the options allow, this one waits for its turn: in order, and bounded by the
  /// number of waiting tasks.
  ///
  /// - Parameters:
  ///   - message: What to publish.
  ///   - deadline: How long it may take; then the outcome is `.notSent(.deadlinePassed)` or
  ///     `.maybeSent(.deadlinePassed)`. Nil waits as long as it takes.
  ///   - lane: The name of one of `DeliveryOptions.lanes`; nil, or a name that is none, for the
  ///     default lane.
  /// - Returns: The outcome. When the task is cancelled it is `.cancelled` if no byte of the message
  ///   was sent, and otherwise `.maybeSent(.cancelled)`, while the exchange with the broker is
  ///   completed all the same.
  public func publish(
    _ message: Message, deadline: Duration? = nil, lane: String? = nil
  ) async -> PublishOutcome {
    let operation = operation(message, deadline, lane, waitsForRoom: true)
    return await outcome(of: operation)
  }

  /// Publishes text, as `publish(_:deadline:lane:)` does with a message.
  public func publish(
    _ text: String, to topic: String, _ options: PublishOptions = PublishOptions()
  ) async -> PublishOutcome {
    await publish(Bytes(text.utf8), to: topic, options)
  }

  /// Publishes bytes, as `publish(_:deadline:lane:)` does with a message.
  public func publish(
    _ payload: some Sequence<UInt8>, to topic: String,
    _ options: PublishOptions = PublishOptions()
  ) async -> PublishOutcome {
    await publish(
      Message(topic, payload: payload, options), deadline: options.deadline, lane: options.lane)
  }

  /// Publishes messages in order and waits for the outcomes of all, in the same order.
  ///
  /// They are under way together, not one after the other, and cost the way to the client's thread
  /// and back once: this is the fast way to publish. Two tasks that each publish one batch after the
  /// other keep a connection busy without a pause. Cancelling takes back those that were not sent yet.
  public func publish(
    contentsOf messages: [Message], deadline: Duration? = nil, lane: String? = nil
  ) async -> [PublishOutcome] {
    guard !messages.isEmpty else { return [] }
    let now = MonotonicClock.now()
    let batch = PublishBatch(
      messages, lane: laneIndex(lane), deadline: deadline.map { now + $0 }, createdAt: now)
    guard port.send(.publishAll(batch)) else {
      return Array(repeating: .notSent(.stopped), count: messages.count)
    }
    return await withTaskCancellationHandler {
      await batch.outcomes()
    } onCancel: {
      guard batch.cancel() else { return }
      port.perform { application, link in application.publishes.cancel(batch, link) }
    }
  }

  private func laneIndex(_ lane: String?) -> Int {
    lane.flatMap { options.session.delivery.laneIndex(named: $0) } ?? 0
  }

  /// Accepts a message for publishing without waiting for anything.
  ///
  /// The ticket tells the outcome later. Throws `.full` when as many of these are unfinished as
  /// `SessionOptions.queuedPublishesMaximum` says, or the queue to the client's thread is full, and
  /// `.stopped` when the client has ended; nothing is kept then.
  @discardableResult
  public func enqueue(
    _ message: Message, deadline: Duration? = nil, lane: String? = nil
  ) throws(ClientError) -> PublishTicket {
    guard port.takePlace() else { throw .full }
    let operation = operation(message, deadline, lane, waitsForRoom: false)
    guard port.mailbox.send(.publish(operation)) else {
      port.givePlaceBack()
      throw port.state == .stopped ? .stopped : .full
    }
    return PublishTicket(operation, port)
  }

  private func operation(
    _ message: Message, _ deadline: Duration?, _ lane: String?, waitsForRoom: Bool
  ) -> PublishOperation {
    let now = MonotonicClock.now()
    return PublishOperation(
      message, lane: laneIndex(lane), deadline: deadline.map { now + $0 }, createdAt: now,
      waitsForRoom: waitsForRoom)
  }

  private func outcome(of operation: PublishOperation) async -> PublishOutcome {
    guard port.send(.publish(operation)) else { return .notSent(.stopped) }
    return await withTaskCancellationHandler {
      await operation.outcome()
    } onCancel: {
      port.cancel(operation)
    }
  }
}

extension PublishBatch {
  /// Waits for the outcomes, which a cancelled batch has soon, too.
  fileprivate func outcomes() async -> [PublishOutcome] {
    if let outcomes = await completion.wait() { return outcomes }
    return await Task { await self.completion.wait() }.value
      ?? Array(repeating: .maybeSent(.cancelled), count: messages.count)
  }
}

extension PublishOperation {
  /// Waits for the outcome, which a cancelled publish has soon, too.
  fileprivate func outcome() async -> PublishOutcome {
    if let outcome = await completion.wait() { return outcome }
    // The task was cancelled, and the session is deciding what that means for the message.
    return await Task { await self.completion.wait() }.value ?? .maybeSent(.cancelled)
  }
}
