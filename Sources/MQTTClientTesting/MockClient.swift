import EventLoop
public import MQTTClient

/// A client that only plays one: it records what is published, and delivers what a test says.
///
///     let client = MockClient()
///     client.outcome = { _ in .notSent(.linkDown) }
///     await reporter.report(to: client)
///     #expect(client.published.map(\.topic) == ["alarms"])
///
/// It has no connection and no thread; everything may be called from any task.
public final class MockClient: MessagingClient {
  private struct Listener: Sendable {
    let filters: [TopicFilter]
    let messages: DetachedMessages
  }

  private struct State: Sendable {
    var published: [Message] = []
    var listeners: [Listener] = []
    var outcome: @Sendable (Message) -> PublishOutcome
    var reply: (@Sendable (Message) -> Message?)?
    var state = ClientState.connecting
    var routesPublishes = true
  }

  private let shared: Locked<State>

  /// Makes a client that has ended nothing and heard nothing yet.
  ///
  /// QoS 0 publishes end as `.sent`, others as `.acknowledged`, unless `outcome` says otherwise.
  public init() {
    shared = Locked(
      State(outcome: { message in
        message.qos == .atMostOnce
          ? .sent : .acknowledged(.success, reasonString: nil, isUncertain: false)
      }))
  }

  /// Everything that was published, in the order of the calls.
  public var published: [Message] { shared.withLock { $0.published } }

  /// How publishes end.
  public var outcome: @Sendable (Message) -> PublishOutcome {
    get { shared.withLock { $0.outcome } }
    set { shared.withLock { $0.outcome = newValue } }
  }

  /// What requests are answered with; without it, or with nil, their time passes at once.
  public var reply: (@Sendable (Message) -> Message?)? {
    get { shared.withLock { $0.reply } }
    set { shared.withLock { $0.reply = newValue } }
  }

  /// Whether a successful publish reaches the client's own matching subscriptions, as with a broker.
  public var routesPublishes: Bool {
    get { shared.withLock { $0.routesPublishes } }
    set { shared.withLock { $0.routesPublishes = newValue } }
  }

  /// What the client says about its connection; a test may set it.
  public var state: ClientState {
    get { shared.withLock { $0.state } }
    set { shared.withLock { $0.state = newValue } }
  }

  /// Hands a message to every matching subscription.
  public func deliver(_ message: Message) {
    let listeners = shared.withLock { state in
      state.listeners.removeAll { $0.messages.isEnded }
      return state.listeners
    }
    for listener in listeners where listener.filters.contains(where: message.isUnder) {
      listener.messages.add(message)
    }
  }

  /// Ends every subscription with an error, as a broker does that takes them away.
  public func failSubscriptions(_ error: ClientError) {
    let listeners = shared.withLock { exchange(&$0.listeners, with: []) }
    for listener in listeners { listener.messages.end(error) }
  }

  /// Records the message, and returns the outcome that the test has chosen.
  public func publish(
    _ message: Message, deadline: Duration?, lane: String?
  ) async -> PublishOutcome {
    let (outcome, isRouted) = record(message)
    switch outcome {
    case .sent, .acknowledged: if isRouted { deliver(message) }
    case .rejected, .expired, .cancelled, .notSent, .maybeSent: break
    }
    return outcome
  }

  private func record(_ message: Message) -> (PublishOutcome, isRouted: Bool) {
    let (decide, isRouted) = shared.withLock { state in
      state.published.append(message)
      return (state.outcome, state.routesPublishes)
    }
    guard state != .stopped else { return (.notSent(.stopped), false) }
    return (decide(message), isRouted)
  }

  /// A sequence of what is published or delivered under the filters from now on.
  public func subscribe(
    to filters: [String], options: SubscriptionOptions
  ) async throws(ClientError) -> MessageSequence {
    guard state != .stopped else { throw .stopped }
    var parsed: [TopicFilter] = []
    for filter in filters {
      do throws(TopicFilter.Invalid) {
        parsed.append(try TopicFilter(filter))
      } catch {
        throw .invalidFilter(filter, error)
      }
    }
    let messages: DetachedMessages
    do throws(SystemError) {
      messages = try DetachedMessages(filters, buffer: options.buffer)
    } catch {
      throw .stopped
    }
    let listener = Listener(filters: parsed, messages: messages)
    shared.withLock { $0.listeners.append(listener) }
    return messages.sequence
  }

  /// Records the request, and returns the reply that the test has chosen.
  public func request(
    _ message: Message, within duration: Duration
  ) async throws(ClientError) -> Message {
    let (outcome, _) = record(message)
    switch outcome {
    case .sent, .acknowledged: break
    case .rejected, .expired, .cancelled, .notSent, .maybeSent: throw .notPublished(outcome)
    }
    guard let answer = reply?(message) else { throw .deadlinePassed }
    return answer
  }

  /// Ends the client and every subscription; nothing is ever unfinished.
  @discardableResult
  public func disconnect(_ packet: Disconnect, within duration: Duration) async -> Int {
    let listeners = shared.withLock { state in
      state.state = .stopped
      return exchange(&state.listeners, with: [])
    }
    for listener in listeners { listener.messages.end() }
    return 0
  }
}

extension Message {
  fileprivate func isUnder(_ filter: TopicFilter) -> Bool { filter.matches(topic: topic) }
}
