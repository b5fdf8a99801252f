/// How messages are published: a policy that is made once and used for many of them.
public struct PublishOptions: Equatable, Sendable {
  /// How often a message arrives.
  public var qos: QoS
  /// Whether the broker keeps the message for later subscribers.
  public var isRetained: Bool
  /// What MQTT 5 adds to each message.
  public var properties: Message.Properties
  /// How long a publish may take until its outcome, from the call on; nil for as long as it takes.
  ///
  /// When it has passed, the outcome says whether the message may have been sent. One that was sent
  /// still finishes its exchange with the broker.
  public var deadline: Duration?
  /// The name of one of `DeliveryOptions.lanes`; nil for the default lane.
  public var lane: String?

  /// A policy, of QoS 1 unless told otherwise.
  public init(
    qos: QoS = .atLeastOnce, isRetained: Bool = false,
    properties: Message.Properties = Message.Properties(), deadline: Duration? = nil,
    lane: String? = nil
  ) {
    self.qos = qos
    self.isRetained = isRetained
    self.properties = properties
    self.deadline = deadline
    self.lane = lane
  }
}
