/// Who gets the messages of some filters; on the link's thread.
final class Listener {
  /// Where the messages go.
  enum Sink {
    case queue(MessageQueue)
    /// Answers to requests, each to its own requester.
    case replies
  }

  let id: UInt64
  let sink: Sink
  /// The numbers of its slots.
  var slots: Set<Int> = []
  /// The last message that was considered for it, so that each comes once.
  var lastConsidered: UInt64 = 0
  /// What this turn brought.
  var batch: [QueuedMessage] = []

  init(id: UInt64, _ sink: Sink) {
    self.id = id
    self.sink = sink
  }

  var queue: MessageQueue? {
    switch sink {
    case .queue(let queue): queue
    case .replies: nil
    }
  }
}

/// One topic filter with everybody in this process who wants its messages.
struct FilterSlot {
  let number: Int
  let filter: TopicFilter
  /// As the newest SUBSCRIBE asked for it; nil when there was none in this process.
  var subscription: Subscription?
  /// The identifiers of the last SUBSCRIBEs, the newest last.
  var identifiers: [UInt32] = []
  /// What the broker last granted.
  var granted: ReasonCode?
  /// The requests without an answer, the newest last.
  var openKeys: [UInt64] = []
  /// Each with the identifier of the SUBSCRIBE that brings its retained messages; zero for none.
  var listeners: [UInt64: (listener: Listener, identifier: UInt32)] = [:]
  /// Subscribed for no listener in particular.
  var isPinned = false

  var isHeld: Bool { isPinned || !listeners.isEmpty }

  /// Whether the broker has, or may have, this subscription.
  var isAtBroker: Bool { granted != nil && subscription != nil || !openKeys.isEmpty }

  init(number: Int, filter: TopicFilter) {
    self.number = number
    self.filter = filter
  }
}
