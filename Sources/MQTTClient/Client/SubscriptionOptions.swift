/// What a subscription asks of the broker, and how its messages wait for their consumer.
public struct SubscriptionOptions: Equatable, Sendable {
  /// The highest QoS in which the broker shall send its messages.
  public var maximumQoS: QoS
  /// Whether messages that this client itself publishes stay away; not for shared subscriptions.
  /// [MQTT-3.8.3-3] [MQTT-3.8.3-4]
  public var noLocal: Bool
  /// Whether messages keep the publisher's retain flag. [MQTT-3.3.1-12] [MQTT-3.3.1-13]
  public var retainAsPublished: Bool
  /// Which retained messages come first. [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
  public var retainHandling: Subscription.RetainHandling
  /// How many messages wait for the consumer, and what happens when there are more.
  public var buffer: MessageBuffering

  /// The usual wishes: everything up to QoS 2, with the retained messages.
  public init(
    maximumQoS: QoS = .exactlyOnce, noLocal: Bool = false, retainAsPublished: Bool = false,
    retainHandling: Subscription.RetainHandling = .send,
    buffer: MessageBuffering = MessageBuffering()
  ) {
    self.maximumQoS = maximumQoS
    self.noLocal = noLocal
    self.retainAsPublished = retainAsPublished
    self.retainHandling = retainHandling
    self.buffer = buffer
  }

  package func subscription(to filter: String) -> Subscription {
    Subscription(
      filter, maximumQoS: maximumQoS, noLocal: noLocal, retainAsPublished: retainAsPublished,
      retainHandling: retainHandling)
  }
}

/// The bounded queue between the connection and the consumer of a subscription.
///
/// Whatever the policy, the connection itself goes on: acknowledgements, pings and other
/// subscriptions never wait for a slow consumer, unless it asks for that by `.pauseReading`.
public struct MessageBuffering: Equatable, Sendable {
  /// What happens to a message that finds the queue full.
  public enum Overflow: Equatable, Sendable {
    /// QoS 1 and 2 messages wait unacknowledged, so that Receive Maximum stops the broker; those of
    /// QoS 0 are dropped and counted.
    ///
    /// The queue can then grow to the limit plus Receive Maximum, or what the broker makes of it: see
    /// `ReceiveMaximumExcess`. MQTT acknowledges in order, so the
    /// other subscriptions of the client get no new QoS 1 and 2 messages either, once the broker has
    /// used up its quota.
    case suspend
    /// The client stops reading from its connection until there is room, so that nothing is lost.
    ///
    /// Nothing else is read either, also no acknowledgement of publishes: a consumer must not wait
    /// for the outcome of a publish before it asks for the next message.
    case pauseReading
    /// The oldest waiting message is dropped and counted.
    case dropOldest
    /// The message is dropped and counted.
    case dropNewest
    /// The subscription ends; its sequence throws `ClientError.overflow` after what waits.
    case finish
  }

  /// How many messages may wait.
  public var messages: Int
  /// How many bytes of topic and payload may wait, together.
  public var bytes: Int
  /// What happens when there are more.
  public var overflow: Overflow

  /// A queue of 1024 messages and 16 MiB that suspends the broker, unless told otherwise.
  public init(
    messages: Int = 1024, bytes: Int = 16 << 20, overflow: Overflow = .suspend
  ) {
    self.messages = max(1, messages)
    self.bytes = max(1, bytes)
    self.overflow = overflow
  }
}
