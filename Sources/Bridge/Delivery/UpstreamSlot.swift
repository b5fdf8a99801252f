import MQTTClient

/// One filter that is, was or shall be subscribed at the broker.
struct UpstreamSlot {
  enum State: Equatable {
    case subscribing
    case active
    case lingering(until: Duration)
    case unsubscribing
    /// The broker does not have it: refused, lost or unsubscribed.
    case absent
  }

  let filter: TopicFilter
  var state: State
  /// How many streams hold it; those that were refused count until they are closed.
  var references = 0
  var maximumQoS: QoS
  /// Until when it stays subscribed for streams that have left and may come back.
  var keptUntil = Duration.zero
  /// Of the newest SUBSCRIBE.
  var identifier: SubscriptionIdentifier
  /// The generations of the SUBSCRIBEs without an answer.
  var unanswered: Set<UInt32> = []
  /// Whether streams that come now still get every retained message of the newest SUBSCRIBE.
  var isOpenForRetained = false
  /// What the broker last granted, while that is in force.
  var granted: ReasonCode?
  var isUnsubscribeOpen = false
  var isRemembered = false
  /// Whether the log is told that the broker brings everything of this filter.
  var isCovered = false
  /// Its place among the filters that the broker has, by when it said so; nil when it has it not.
  ///
  /// It keeps the place until UNSUBACK: what comes before that may still have come through it.
  var servedSince: UInt64?
  /// Its place among the filters that are asked for, by when that was.
  var askedSince: UInt64 = 0
  /// An earlier process subscribed it, and the broker has not shown that it still has it.
  var isRestored = false

  init(
    filter: TopicFilter, state: State, maximumQoS: QoS, identifier: SubscriptionIdentifier
  ) {
    self.filter = filter
    self.state = state
    self.maximumQoS = maximumQoS
    self.identifier = identifier
  }

  /// Whether the newest SUBSCRIBE waits for its answer.
  var isLastOpen: Bool { unanswered.contains(identifier.generation) }

  /// Whether the broker brings everything of this filter.
  var isServed: Bool {
    guard granted != nil else { return false }
    switch state {
    case .subscribing, .active, .lingering: return true
    case .unsubscribing, .absent: return false
    }
  }

  /// Whether nobody holds it and no answer is due.
  var isIdle: Bool { references == 0 && unanswered.isEmpty && !isUnsubscribeOpen }
}
