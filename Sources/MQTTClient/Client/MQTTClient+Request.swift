import EventLoop

// Requests and replies. [MQTT 5.0, 4.10]
extension MQTTClient {
  /// Publishes a request and waits for its reply.
  ///
  /// Any number of requests may wait at the same time; they share one subscription, which the first
  /// one makes and which stays. Its topic begins with the broker's Response Information, if there is
  /// one, or with `reply/`. The request gets that response topic and correlation data of the
  /// client's own. For MQTT 3.1.1, which has neither, see `request(within:_:)`.
  ///
  /// - Parameters:
  ///   - message: The request.
  ///   - duration: How long to wait, from the call on.
  /// - Returns: The first reply.
  /// - Throws: `.deadlinePassed` when no reply came in time; `.notPublished` when the request did not
  ///   go out, or not certainly; `.refused` when replies cannot be subscribed; `.stopped` when the
  ///   client has ended; `.cancelled` when the task is cancelled.
  public func request(
    _ message: Message, within duration: Duration = .seconds(30)
  ) async throws(ClientError) -> Message {
    try await request(within: duration) { _ in message }
  }

  /// Publishes a request that is made once it is known where its reply shall go.
  ///
  /// With MQTT 3.1.1 the request must tell the responder the topic, each in its own way, in the
  /// payload for example; it is different for every request. Everything else is as with
  /// `request(_:within:)`.
  public func request(
    within duration: Duration = .seconds(30), _ make: (ReplyAddress) -> Message
  ) async throws(ClientError) -> Message {
    let completion = Completion<Result<Message, ClientError>>()
    let ready = Completion<ReplyAddress?>()
    let operation = RequestOperation(
      id: port.newID(), .one(completion), deadline: MonotonicClock.now() + duration
    ) { _, address in
      ready.resolve(address)
    }
    guard begin(operation) else { throw .stopped }
    if let address = await ready.wait() ?? nil {
      port.publish(make(address), operation, address, options.session.version)
    }
    guard let reply = await completion.wait() else {
      port.perform { client, _ in client.requests.end(operation, .cancelled) }
      throw .cancelled
    }
    return try reply.get()
  }

  /// Publishes a request that many may answer, and returns the replies as they come.
  ///
  /// The sequence ends after `duration`, or throws as `request(_:within:)` does. At most
  /// `buffer.messages` replies wait for the consumer. With MQTT 3.1.1, where a request cannot say
  /// where replies shall go, use `request(within:_:)`.
  public func replies(
    to message: Message, within duration: Duration,
    buffer: MessageBuffering = MessageBuffering()
  ) -> ReplySequence {
    let queue = MessageQueue(buffer)
    let version = options.session.version
    let operation = RequestOperation(
      id: port.newID(), .many(queue), deadline: MonotonicClock.now() + duration
    ) { [port] operation, address in
      if let address { port.publish(message, operation, address, version) }
    }
    if !begin(operation) { queue.end(.failed(.stopped)) }
    return ReplySequence(handle: ReplySequence.Handle(queue, operation, port))
  }

  private func begin(_ operation: RequestOperation) -> Bool {
    port.perform { client, link in client.requests.begin(operation, client, link) }
  }

  /// Answers the requests that come under a filter, until the task is cancelled or the client ends.
  ///
  /// `handler` makes the payload of the answer, or nil for none; it may take its time, for
  /// `concurrency` requests at once. Requests without a response topic are handled, too, and their
  /// answers dropped. A request is acknowledged when it is begun. Use a shared filter
  /// (`$share/group/…`) for several processes that divide the requests among themselves.
  ///
  /// Throws what `subscribe(to:options:)` throws. An error of `handler` ends everything.
  public func serve(
    _ filter: String, options: SubscriptionOptions = SubscriptionOptions(), concurrency: Int = 16,
    _ handler: @escaping @Sendable (Message) async throws -> Bytes?
  ) async throws {
    let requests = try await subscribe(to: filter, options: options)
    try await withThrowingTaskGroup(of: Void.self) { group in
      var running = 0
      for try await request in requests {
        if running >= max(1, concurrency) { try await group.next() } else { running += 1 }
        group.addTask { [self] in
          guard let payload = try await handler(request),
            let reply = request.reply(payload: payload, qos: request.qos)
          else { return }
          _ = await publish(reply)
        }
      }
      try await group.waitForAll()
    }
  }
}

extension ClientPort {
  /// Publishes the message of a request, which ends when that fails.
  fileprivate func publish(
    _ message: Message, _ operation: RequestOperation, _ address: ReplyAddress,
    _ version: ProtocolVersion
  ) {
    var message = message
    if version == .v5 {
      message.responseTopic = address.topic
      message.correlationData = address.correlationData
    }
    let publish = PublishOperation(
      message, lane: 0, deadline: operation.deadline, createdAt: MonotonicClock.now(),
      waitsForRoom: true
    ) { [self] outcome in
      guard !outcome.isSuccess else { return }
      perform { client, _ in client.requests.end(operation, .notPublished(outcome)) }
    }
    send(.publish(publish))
  }
}

/// The replies to one request, in the order in which they come.
public struct ReplySequence: AsyncSequence, Sendable {
  /// What the sequence brings.
  public typealias Element = Message
  /// What ends the sequence early.
  public typealias Failure = ClientError

  /// Ends the request with the last reference.
  final class Handle: Sendable {
    let queue: MessageQueue
    private let operation: RequestOperation
    private let port: ClientPort

    init(_ queue: MessageQueue, _ operation: RequestOperation, _ port: ClientPort) {
      self.queue = queue
      self.operation = operation
      self.port = port
    }

    deinit {
      let operation = operation
      port.perform { client, _ in client.requests.end(operation, .cancelled) }
    }
  }

  let handle: Handle

  /// An iterator over the same queue; of several, each element comes to one.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handle: handle) }

  /// Reads the replies one by one.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let handle: Handle

    /// The next reply; nil when the time is over, or when the task is cancelled.
    public mutating func next(
      isolation actor: isolated (any Actor)? = #isolation
    ) async throws(ClientError) -> Message? {
      switch await handle.queue.next().0 {
      case .element(let message): return message.message
      case .ended(.finished): return nil
      case .ended(.failed(let error)): throw error
      }
    }
  }
}
