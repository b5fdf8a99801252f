import EventLoop

/// Operations that are begun at once and end later.
extension MQTTConnection {
  /// Begins to publish a message, without waiting.
  ///
  /// Its outcome comes as `ConnectionEvent.published`, or by `wait(for:within:)`. Messages leave in
  /// the order of these calls, with the next call that drives the connection.
  ///
  /// - Parameters:
  ///   - message: What to publish; what the broker does not take is found out in the outcome.
  ///   - deadline: How long the outcome may take; it then is `deadlinePassed`.
  /// - Returns: The name of the operation, for `wait(for:within:)` and its event.
  /// - Throws: `ClientError.full` when `operationsMaximum` is reached, `ClientError.stopped` after
  ///   the end.
  @discardableResult
  public func tryPublish(
    _ message: Message, deadline: Duration? = nil
  ) throws(ClientError) -> OperationID {
    try begin(.publish(message, deadline), isReported: true)
  }

  /// Begins to subscribe to topic filters, without waiting.
  ///
  /// The answer comes as `ConnectionEvent.subscribed`, or by `wait(for:within:)`. The subscription
  /// stays over reconnects. [MQTT 5.0, 3.8]
  ///
  /// - Throws: `ClientError.invalidFilter`, `ClientError.full`, `ClientError.stopped`.
  @discardableResult
  public func trySubscribe(
    to filters: [String], options: SubscriptionOptions = SubscriptionOptions(),
    identifier: UInt32? = nil
  ) throws(ClientError) -> OperationID {
    try trySubscribe(to: filters.map { options.subscription(to: $0) }, identifier: identifier)
  }

  /// Begins to subscribe to topic filters that have options of their own, without waiting.
  ///
  /// All go into one SUBSCRIBE, if they fit, with this subscription identifier, 1 to 268,435,455, and
  /// these user properties; MQTT 3.1.1 leaves out both. The answer and the errors are those of the
  /// other form.
  @discardableResult
  public func trySubscribe(
    to subscriptions: [Subscription], identifier: UInt32? = nil,
    userProperties: [UserProperty] = []
  ) throws(ClientError) -> OperationID {
    try check(subscriptions.map(\.filter))
    return try begin(.subscribe(subscriptions, identifier, userProperties), isReported: true)
  }

  /// Begins to unsubscribe from topic filters, without waiting.
  ///
  /// The answer comes as `ConnectionEvent.unsubscribed`, or by `wait(for:within:)`. [MQTT 5.0, 3.10]
  ///
  /// - Throws: `ClientError.invalidFilter`, `ClientError.full`, `ClientError.stopped`.
  @discardableResult
  public func tryUnsubscribe(
    from filters: [String], userProperties: [UserProperty] = []
  ) throws(ClientError) -> OperationID {
    try check(filters)
    return try begin(.unsubscribe(filters, userProperties), isReported: true)
  }

  /// Begins to authenticate again on the present connection, with the authenticator of the options.
  ///
  /// The end comes as `ConnectionEvent.reauthenticated`, or by `wait(for:within:)`; a failure ends
  /// the connection. [MQTT 5.0, 4.12.1]
  ///
  /// - Throws: `ClientError.full`, `ClientError.stopped`.
  @discardableResult
  public func tryReauthenticate() throws(ClientError) -> OperationID {
    try begin(.reauthenticate, isReported: true)
  }

  /// Drives the connection until an operation has ended, and fetches its result.
  ///
  /// Events meanwhile stay in line; that of the operation itself does not come any more.
  ///
  /// - Parameters:
  ///   - id: An operation whose result was not fetched.
  ///   - limit: The longest wait; nil for as long as it takes. Nothing happens to the operation when
  ///     the time has passed.
  /// - Returns: The result; nil when the time has passed, or the result was fetched before.
  public func wait(for id: OperationID, within limit: Duration? = nil) -> OperationResult? {
    if application.isOpen(id) { driveForResult(until: limit) { !application.isOpen(id) } }
    guard let result = application.takeResult(id) else { return nil }
    application.queue.forget(id)
    return result
  }

  /// The operations that have not ended, the oldest first.
  public var openOperations: [OperationID] { application.openOperations }

  /// Takes back a publish of which no byte was sent; its outcome then is `cancelled`.
  ///
  /// One that was sent goes on to its end.
  public func cancel(_ id: OperationID) {
    guard application.isOpen(id) else { return }
    perform { _, link in link.cancel(key: id.key) }
  }

  enum Wish {
    case publish(Message, Duration?)
    case subscribe([Subscription], UInt32?, [UserProperty])
    case unsubscribe([String], [UserProperty])
    case reauthenticate
  }

  func begin(_ wish: Wish, isReported: Bool) throws(ClientError) -> OperationID {
    guard !loop.isFinished else { throw .stopped }
    guard application.operationCount < operationsMaximum else { throw .full }
    return perform { application, link in
      switch wish {
      case .publish(let message, let deadline):
        let id = application.begin(isReported: isReported)
        link.publish(PublishRequest(key: id.key, publish: message.publish, deadline: deadline))
        return id
      case .subscribe(let subscriptions, let identifier, let userProperties):
        let id = application.begin(subscriptions.map(\.filter), isReported: isReported)
        link.subscribe(
          SubscribeRequest(
            key: id.key, subscriptions: subscriptions, subscriptionIdentifier: identifier,
            userProperties: userProperties))
        return id
      case .unsubscribe(let filters, let userProperties):
        let id = application.begin(filters, isReported: isReported)
        link.unsubscribe(key: id.key, filters: filters, userProperties: userProperties)
        return id
      case .reauthenticate:
        let id = application.begin(isReported: isReported)
        link.reauthenticate(key: id.key)
        return id
      }
    }
  }

  func check(_ filters: [String]) throws(ClientError) {
    for filter in filters {
      do throws(TopicFilter.Invalid) {
        _ = try TopicFilter(filter)
      } catch {
        throw .invalidFilter(filter, error)
      }
    }
  }

  /// Reading goes on whatever waits for the caller, or the answer could never come.
  func driveForResult(until limit: Duration?, _ isDone: () -> Bool) {
    application.isWaitingForResult = true
    defer { application.isWaitingForResult = false }
    drive(until: limit, isDone)
  }
}
