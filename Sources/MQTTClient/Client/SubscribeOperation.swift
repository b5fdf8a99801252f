/// One call to subscribe, from any thread to the answer for its last filter.
final class SubscribeOperation: Sendable {
  typealias Answer = Result<[SubscriptionGrant], ClientError>

  /// Who gets the messages.
  enum Target: Sendable {
    /// A subscription of its own.
    case queue(id: UInt64, MessageQueue)
    /// The requests of this client, whose answers come under one topic.
    case replies
    /// Nobody in particular.
    case pin
  }

  let filters: [TopicFilter]
  let subscriptions: [Subscription]
  let target: Target
  /// The caller's own subscription identifier, for all filters; nil to let the client choose.
  let identifier: UInt32?
  /// The caller's, for every SUBSCRIBE of the operation.
  let userProperties: [UserProperty]
  /// Whether the broker is left alone, because it has the subscriptions already.
  let isLocal: Bool
  let completion = Completion<Answer>()
  /// Called on the link's thread with the answer.
  let answered: (@Sendable (Answer) -> Void)?

  init(
    _ filters: [TopicFilter], _ subscriptions: [Subscription], _ target: Target,
    identifier: UInt32? = nil, userProperties: [UserProperty] = [], isLocal: Bool = false,
    answered: (@Sendable (Answer) -> Void)? = nil
  ) {
    self.answered = answered
    self.filters = filters
    self.subscriptions = subscriptions
    self.target = target
    self.identifier = identifier
    self.userProperties = userProperties
    self.isLocal = isLocal
  }

  func resolve(_ answer: Answer) {
    if completion.resolve(answer) { answered?(answer) }
  }

  /// The filters in the order in which they get their places: those that match one topic only come
  /// first, because they cannot overlap each other and share one SUBSCRIBE.
  var order: [Int] {
    let (wild, plain) = (
      filters.indices.filter { filters[$0].isWildcard },
      filters.indices.filter { !filters[$0].isWildcard }
    )
    return plain + wild
  }
}

/// The answers that a call to subscribe still waits for; on the link's thread.
final class PendingGrants {
  let operation: SubscribeOperation
  let listener: Listener?
  private var codes: [ReasonCode?]
  private var openCount: Int

  init(_ operation: SubscribeOperation, _ listener: Listener?) {
    self.operation = operation
    self.listener = listener
    codes = Array(repeating: nil, count: operation.filters.count)
    openCount = operation.filters.count
  }

  /// The answer for one filter; true when it was the last one.
  func answered(_ index: Int, _ code: ReasonCode) -> Bool {
    guard codes[index] == nil else { return false }
    codes[index] = code
    openCount -= 1
    return openCount == 0
  }

  var grants: [SubscriptionGrant] {
    zip(operation.filters, codes).map { filter, code in
      SubscriptionGrant(filter: filter.text, reasonCode: code ?? .unspecifiedError)
    }
  }
}
