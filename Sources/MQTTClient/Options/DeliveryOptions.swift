/// How publishes wait, in which order and how fast they leave, and what becomes of them in trouble.
public struct DeliveryOptions: Equatable, Sendable {
  /// What happens to a publish for which there is no room among those that wait.
  public enum Overflow: Equatable, Sendable {
    /// It ends as `.notSent(.queueFull)`.
    case rejectNew
    /// The oldest waiting ones end as `.notSent(.displaced)` until there is room.
    case dropOldest
  }

  /// What happens to sent and unacknowledged publishes when the broker has lost the session.
  public enum SessionLoss: Equatable, Sendable {
    /// They go out again in the new session, where they may arrive a second time.
    case republish
    /// They end as `.maybeSent(.sessionLost)`.
    case report
  }

  /// At most this many bytes of topics, payloads and properties wait to be sent; a single message
  /// of any size always may.
  public var queuedBytesMaximum = 64 << 20
  /// What happens to a publish that finds the queue full.
  public var overflow = Overflow.rejectNew
  /// Whether QoS 0 messages wait for a connection; otherwise they end as `.notSent(.linkDown)`.
  public var queuesQoS0 = false
  /// The fastest that publishes leave; acknowledgements, requests and pings never wait for it.
  public var rate = PublishRate.unlimited
  /// The fastest that unacknowledged publishes leave again after a reconnect.
  public var replayRate = PublishRate.unlimited
  /// Lanes beside the default one, which has the index zero and the weight one.
  public var lanes: [PublishLane] = []
  /// Whether and how topics of publishes are replaced by aliases.
  public var topicAliases = TopicAliasPolicy.disabled
  /// At most this many topic aliases are used, whatever more the broker allows.
  public var topicAliasMaximum: UInt16 = 1024
  /// Whether a message that claims a UTF-8 payload is refused when its payload is something else.
  public var checksUTF8Payloads = true
  /// After how many links in a row that ended over one message it is taken out; zero is never.
  public var quarantineAfter = 2
  /// What becomes of sent publishes whose session the broker lost.
  public var sessionLoss = SessionLoss.republish
  /// Whether the broker may send an unacknowledged message twice on one connection; otherwise that
  /// ends the connection as a protocol error. [MQTT-4.4.0-1]
  public var acceptsRedelivery = true

  /// Makes the default options.
  public init() {}

  /// The index of a lane, for `PublishRequest.lane`; nil for a name that no lane has.
  public func laneIndex(named name: String) -> Int? {
    lanes.firstIndex { $0.name == name }.map { $0 + 1 }
  }
}

/// Publishes that keep their order among themselves and take turns with those of other lanes.
public struct PublishLane: Equatable, Sendable {
  /// What requests call the lane by.
  public var name: String
  /// How many publishes leave per turn; at least one.
  public var weight: Int

  /// Makes a lane with its share of the turns.
  public init(name: String, weight: Int = 1) {
    self.name = name
    self.weight = weight
  }
}

/// How fast publishes may leave.
public struct PublishRate: Equatable, Sendable {
  /// Messages per second; nil is no limit.
  public var messages: Double?
  /// Bytes per second, whole packets; nil is no limit.
  public var bytes: Double?
  /// How long the rate may be exceeded after a pause: what was saved up to this time leaves at once.
  public var burst: Duration

  /// As fast as the broker takes them.
  public static let unlimited = PublishRate()

  /// Makes a rate; nil sets no limit.
  public init(messages: Double? = nil, bytes: Double? = nil, burst: Duration = .seconds(1)) {
    self.messages = messages
    self.bytes = bytes
    self.burst = burst
  }
}

/// Who chooses the topic aliases of outgoing messages. [MQTT 5.0, 3.3.2.3.4]
///
/// Aliases belong to one connection. A message always keeps its full topic, so that it can go out
/// again on a connection where its alias means nothing.
public enum TopicAliasPolicy: Equatable, Sendable {
  /// The caller, in `Publish.Properties.topicAlias`.
  case disabled
  /// The session: the first topics get aliases until there are no more.
  case monotonic
  /// The session: the topic that was used least recently gives its alias to a new one.
  case leastRecentlyUsed
}
