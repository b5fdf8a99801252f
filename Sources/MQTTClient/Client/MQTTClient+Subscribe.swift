// Subscribing.
extension MQTTClient {
  /// Subscribes and returns the messages as a sequence, once the broker has agreed.
  ///
  /// Subscriptions of this client share: each filter is subscribed once at the broker, however many
  /// sequences have it, with the highest QoS that was asked for, and unsubscribed with the last of
  /// them. A sequence with overlapping filters gets each message once. Retained messages come to a
  /// new sequence also when the filter was subscribed before (with MQTT 3.1.1 the sequences that had
  /// it before then see them again).
  ///
  /// A lost session is made up for: see `SessionOptions.resubscribe`.
  ///
  /// - Parameters:
  ///   - filters: Topic filters; also of shared subscriptions, as `$share/group/filter`.
  ///   - options: The same for all filters.
  /// - Returns: The sequence; its `grants` say what the broker granted, and which filters it refused.
  /// - Throws: `.invalidFilter` and `.refused` when no filter was granted; `.stopped` when the client
  ///   has ended; `.cancelled` when the task is cancelled, after which the broker is told.
  public func subscribe(
    to filters: String..., options: SubscriptionOptions = SubscriptionOptions()
  ) async throws(ClientError) -> MessageSequence {
    MessageSequence(handle: try await open(filters, options))
  }

  /// Subscribes to any number of filters, as `subscribe(to:options:)` does.
  public func subscribe(
    to filters: [String], options: SubscriptionOptions = SubscriptionOptions()
  ) async throws(ClientError) -> MessageSequence {
    MessageSequence(handle: try await open(filters, options))
  }

  /// Subscribes for a consumer that acknowledges each message itself.
  ///
  /// Everything else is as with `subscribe(to:options:)`.
  public func subscribeManually(
    to filters: String..., options: SubscriptionOptions = SubscriptionOptions()
  ) async throws(ClientError) -> ManualMessageSequence {
    ManualMessageSequence(handle: try await open(filters, options))
  }

  /// Listens to filters that the broker has from an earlier connection, without asking it.
  ///
  /// For a session that outlives the process: what the broker kept for it comes right after the
  /// connection, so listen before `start`. No UNSUBSCRIBE is sent at the end. Throws
  /// `.invalidFilter`, and `.stopped` when the client has ended.
  public func listen(
    to filters: String..., buffer: MessageBuffering = MessageBuffering()
  ) throws(ClientError) -> MessageSequence {
    let parsed = try Self.parse(filters)
    let subscriptions = filters.map { Subscription($0) }
    let (id, queue) = (port.newID(), MessageQueue(buffer))
    let operation = SubscribeOperation(
      parsed, subscriptions, .queue(id: id, queue), isLocal: true)
    guard port.perform({ $0.delivering.subscribe(operation, $1) }) else { throw .stopped }
    let grants = filters.map { SubscriptionGrant(filter: $0, reasonCode: .success) }
    return MessageSequence(handle: handle(id, queue, grants))
  }

  /// The messages that no other sequence of this client gets, while this one is read.
  ///
  /// Without such a sequence they are held for a time, unacknowledged, for whoever begins to listen,
  /// and then dropped. Several such sequences get all of them each.
  public func unroutedMessages(buffer: MessageBuffering = MessageBuffering()) -> MessageSequence {
    let (id, queue) = (port.newID(), MessageQueue(buffer))
    if !port.perform({ $0.delivering.listenToRest(id, queue, $1) }) { queue.end(.finished) }
    return MessageSequence(handle: handle(id, queue, []))
  }

  /// Subscribes while `body` runs, and unsubscribes at its end, also by an error or a cancellation.
  ///
  /// Throws what `subscribe(to:options:)` and `body` throw.
  public func withSubscription<Result>(
    to filters: String..., options: SubscriptionOptions = SubscriptionOptions(),
    _ body: (MessageSequence) async throws -> Result
  ) async throws -> Result {
    let messages = MessageSequence(handle: try await open(filters, options))
    do {
      let result = try await body(messages)
      await messages.handle.close()
      return result
    } catch {
      await messages.handle.close()
      throw error
    }
  }

  /// Subscribes for no sequence in particular, with all that MQTT allows to say.
  ///
  /// The messages go to sequences whose filters match, else to `unroutedMessages`.
  ///
  /// - Parameters:
  ///   - subscriptions: Filters with their options.
  ///   - identifier: The subscription identifier of all of them, from 1 to 268,435,455; nil lets the
  ///     client choose. [MQTT 5.0, 3.8.2.1.2]
  ///   - userProperties: Of each SUBSCRIBE that this takes; MQTT 3.1.1 leaves them out. With any, the
  ///     broker is asked also for what it serves already. [MQTT 5.0, 3.8.2.1.3]
  /// - Returns: The broker's answer for each filter, in order; refusals are answers, too.
  /// - Throws: `.invalidFilter`, `.stopped`, and `.cancelled`, after which the request goes on.
  public func subscribe(
    _ subscriptions: [Subscription], identifier: UInt32? = nil,
    userProperties: [UserProperty] = []
  ) async throws(ClientError) -> [SubscriptionGrant] {
    let filters = try Self.parse(subscriptions.map(\.filter))
    guard !filters.isEmpty else { return [] }
    let operation = SubscribeOperation(
      filters, subscriptions, .pin, identifier: identifier, userProperties: userProperties)
    guard port.perform({ $0.delivering.subscribe(operation, $1) }) else { throw .stopped }
    guard let answer = await operation.completion.wait() else { throw .cancelled }
    switch answer {
    case .success(let grants), .failure(.refused(let grants)): return grants
    case .failure(let error): throw error
    }
  }

  /// Ends subscriptions that were made for no sequence, or left by an earlier process.
  ///
  /// A filter that a sequence still has stays subscribed and is answered with success. Returns the
  /// broker's answer for each filter, in order. The user properties go into the UNSUBSCRIBE; MQTT 3.1.1
  /// leaves them out. Throws as `subscribe(_:identifier:userProperties:)` does.
  @discardableResult
  public func unsubscribe(
    from filters: [String], userProperties: [UserProperty] = []
  ) async throws(ClientError) -> [SubscriptionGrant] {
    let parsed = try Self.parse(filters)
    let completion = UnsubscribeCompletion()
    let isAsked = port.perform { application, link in
      application.desk.unsubscribe(parsed, userProperties, link, completion)
    }
    guard isAsked else { throw .stopped }
    guard let answer = await completion.wait() else { throw .cancelled }
    return try answer.get()
  }

  /// The first message that comes under a filter, a retained one included.
  ///
  /// Throws `.deadlinePassed` when none comes within `duration`, and what
  /// `subscribe(to:options:)` throws.
  public func firstMessage(
    under filter: String, within duration: Duration
  ) async throws(ClientError) -> Message {
    let subscription = try await open([filter], SubscriptionOptions())
    port.end(subscription.queue, within: duration, .failed(.deadlinePassed))
    guard let first = try await subscription.next() else {
      throw Task.isCancelled ? .cancelled : .stopped
    }
    subscription.settle(first.settlement)
    return first.message
  }

  private func open(
    _ filters: [String], _ options: SubscriptionOptions
  ) async throws(ClientError) -> SubscriptionHandle {
    let parsed = try Self.parse(filters)
    let (id, queue) = (port.newID(), MessageQueue(options.buffer))
    let operation = SubscribeOperation(
      parsed, filters.map { options.subscription(to: $0) }, .queue(id: id, queue))
    guard port.perform({ $0.delivering.subscribe(operation, $1) }) else { throw .stopped }
    let answer = filters.isEmpty ? .success([]) : await operation.completion.wait()
    guard case .success(let grants)? = answer else {
      // The last reference to this one takes everything back.
      _ = handle(id, queue, [])
      if case .failure(let error)? = answer { throw error }
      throw .cancelled
    }
    return handle(id, queue, grants)
  }

  private func handle(
    _ id: UInt64, _ queue: MessageQueue, _ grants: [SubscriptionGrant]
  ) -> SubscriptionHandle {
    SubscriptionHandle(queue, id: id, grants, port)
  }

  private static func parse(_ filters: [String]) throws(ClientError) -> [TopicFilter] {
    var parsed: [TopicFilter] = []
    for filter in filters {
      do throws(TopicFilter.Invalid) {
        parsed.append(try TopicFilter(filter))
      } catch {
        throw .invalidFilter(filter, error)
      }
    }
    return parsed
  }
}
