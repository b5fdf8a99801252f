import EventLoop

/// Calls that wait for their end, and drive the connection meanwhile.
///
/// Messages and other events that come meanwhile stay in line for `poll` and `receive`. No call can
/// wait for itself: whatever waits to be fetched, reading and writing go on.
extension MQTTConnection {
  /// Waits until the broker has accepted a connection.
  ///
  /// - Parameter limit: The longest wait; nil for as long as attempts can succeed.
  /// - Returns: What the broker said.
  /// - Throws: `ClientError.connection` when an attempt failed for a reason that no repetition
  ///   changes, or the time has passed after a failure; `ClientError.deadlinePassed` when it has
  ///   passed without one; `ClientError.stopped` after the end.
  @discardableResult
  public func connect(within limit: Duration? = nil) throws(ClientError) -> ConnectionInfo {
    drive(until: limit) {
      switch state {
      case .connected, .stopped: true
      case .disconnected(let failure): !failure.isRetryable
      case .idle, .connecting, .draining: false
      }
    }
    switch state {
    case .connected(let info): return info
    case .stopped: throw .stopped
    case .idle, .connecting, .disconnected, .draining:
      throw application.lastFailure.map { .connection($0) } ?? .deadlinePassed
    }
  }

  /// Publishes a message and waits for its outcome.
  ///
  /// While as many publishes wait as may, it waits for room. Only `.sent` (QoS 0) and
  /// `.acknowledged` (QoS 1 and 2) mean that the message went out.
  ///
  /// - Parameters:
  ///   - message: What to publish.
  ///   - limit: The longest wait; nil for as long as it takes, over all reconnects. When it has
  ///     passed, a message of which no byte was sent is taken back: `.notSent(.deadlinePassed)`. One
  ///     that was sent goes on to its end on the wire: `.maybeSent(.deadlinePassed)`.
  /// - Returns: What became of the message.
  public func publish(_ message: Message, within limit: Duration? = nil) -> PublishOutcome {
    let deadline = limit.map { MonotonicClock.now() + $0 }
    while true {
      let ended = application.endedCount
      let outcome = publishOnce(message, until: deadline)
      guard outcome == .notSent(.queueFull), !loop.isFinished else { return outcome }
      driveForResult(until: remaining(deadline)) { application.endedCount != ended + 1 }
      if let deadline, MonotonicClock.now() >= deadline { return .notSent(.deadlinePassed) }
    }
  }

  private func publishOnce(_ message: Message, until deadline: Duration?) -> PublishOutcome {
    let id: OperationID
    do throws(ClientError) {
      id = try begin(.publish(message, nil), isReported: false)
    } catch {
      return .notSent(error == .full ? .queueFull : .stopped)
    }
    if let outcome = fetch(id, until: deadline) { return outcome }
    cancel(id)
    if let outcome = application.takeResult(id)?.outcome {
      return outcome == .cancelled ? .notSent(.deadlinePassed) : outcome
    }
    application.abandon(id)
    return .maybeSent(.deadlinePassed)
  }

  private func fetch(_ id: OperationID, until deadline: Duration?) -> PublishOutcome? {
    if application.isOpen(id) {
      driveForResult(until: remaining(deadline)) { !application.isOpen(id) }
    }
    return application.takeResult(id)?.outcome
  }

  /// Subscribes to topic filters and waits for the answer.
  ///
  /// The subscription stays over reconnects. While there is no connection the wish waits.
  ///
  /// - Parameters:
  ///   - filters: Which topics; each filter has its own answer.
  ///   - options: What is asked of the broker; the buffering of the connection counts, not theirs.
  ///   - identifier: A number that comes back with each message, from 1 to 268,435,455; MQTT 5 only.
  ///   - limit: The longest wait; the wish itself goes on when it has passed.
  /// - Returns: One grant per filter.
  /// - Throws: `ClientError.refused` when the broker refused every filter, `invalidFilter` before
  ///   anything is sent, `deadlinePassed`, `full`, `stopped`.
  @discardableResult
  public func subscribe(
    to filters: [String], options: SubscriptionOptions = SubscriptionOptions(),
    identifier: UInt32? = nil, within limit: Duration? = nil
  ) throws(ClientError) -> [SubscriptionGrant] {
    try check(filters)
    let id = try begin(
      .subscribe(filters.map { options.subscription(to: $0) }, identifier, []), isReported: false)
    return try grants(id, within: limit)
  }

  /// Unsubscribes from topic filters and waits for the answer.
  ///
  /// - Parameters:
  ///   - filters: As they were subscribed to.
  ///   - limit: The longest wait; the wish itself goes on when it has passed.
  /// - Returns: One grant per filter; one that was not subscribed to has a reason code that says so.
  /// - Throws: As `subscribe` does.
  @discardableResult
  public func unsubscribe(
    from filters: [String], within limit: Duration? = nil
  ) throws(ClientError) -> [SubscriptionGrant] {
    try check(filters)
    let id = try begin(.unsubscribe(filters, []), isReported: false)
    return try grants(id, within: limit)
  }

  private func grants(
    _ id: OperationID, within limit: Duration?
  ) throws(ClientError) -> [SubscriptionGrant] {
    if application.isOpen(id) { driveForResult(until: limit) { !application.isOpen(id) } }
    guard let grants = application.takeResult(id)?.grants else {
      application.abandon(id)
      throw loop.isFinished ? .stopped : .deadlinePassed
    }
    if loop.isFinished { throw .stopped }
    guard grants.isEmpty || grants.contains(where: \.isGranted) else { throw .refused(grants) }
    return grants
  }

  /// Finishes everything that was begun, and then ends the connection for good.
  ///
  /// The message that the caller has counts as handled and is acknowledged. Meanwhile the connection
  /// is driven as ever, pings included. Then comes DISCONNECT, after which the broker keeps the
  /// session for as long as CONNECT asked. What is not finished in time is reported by its event.
  /// Events can still be fetched afterwards. [MQTT-3.14.4-1] [MQTT-3.14.4-2]
  ///
  /// - Parameters:
  ///   - packet: What to say; what a client may not say is replaced by the plain DISCONNECT.
  ///   - limit: The longest wait for unfinished operations.
  /// - Returns: Whether every operation has ended by itself.
  @discardableResult
  public func disconnect(
    _ packet: Disconnect = Disconnect(), within limit: Duration = .seconds(30)
  ) -> Bool {
    guard !loop.isFinished else { return true }
    settleTaken()
    driveForResult(until: limit) { !application.hasOpenOperations }
    let isDone = !application.hasOpenOperations
    disconnectNow(packet)
    return isDone
  }

  /// Ends the connection for good, with a DISCONNECT if there is one, and without finishing anything.
  ///
  /// What is open is reported by its event. It takes as long as the last bytes need to leave, at most
  /// `ClientOptions.closeTimeout`.
  public func disconnectNow(_ packet: Disconnect = Disconnect()) { end(.now(packet)) }

  /// Ends the connection for good without a word to the broker, which then publishes the will.
  public func abort() { end(.abort) }

  private func end(_ ending: SessionEnding) {
    guard !loop.isFinished else { return }
    perform { _, link in link.stop(ending, within: closeTimeout) }
    driveForResult(until: nil) { loop.isFinished }
  }

  private func remaining(_ deadline: Duration?) -> Duration? {
    deadline.map { max($0 - MonotonicClock.now(), .zero) }
  }
}

extension OperationResult {
  fileprivate var outcome: PublishOutcome? {
    if case .published(let outcome) = self { outcome } else { nil }
  }

  fileprivate var grants: [SubscriptionGrant]? {
    switch self {
    case .subscribed(let grants), .unsubscribed(let grants): grants
    case .published, .reauthenticated: nil
    }
  }
}
