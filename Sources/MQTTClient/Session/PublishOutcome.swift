/// How a publish ended; each one ends exactly once.
public enum PublishOutcome: Equatable, Sendable {
  /// QoS 0: given to the link, and nobody will say more about it.
  case handedOver
  /// QoS 1 or 2: the broker has it.
  ///
  /// It is uncertain when the broker lost its session in between, so that the message may have
  /// arrived twice, or when the broker no longer knew the identifier in the last QoS 2 step.
  case acknowledged(ReasonCode, reasonString: String?, isUncertain: Bool)
  /// The broker refused this message with a reason code of 0x80 or above.
  case rejected(ReasonCode, reasonString: String?)
  /// The broker never saw it.
  case notSent(PublishObstacle)
  /// It was sent, was never acknowledged, and will not be sent again by this session.
  case unconfirmed(PublishObstacle)
}

/// What kept a publish from being sent, or from being sent again.
public enum PublishObstacle: Equatable, Sendable {
  /// QoS 0 without a connection.
  case linkDown
  /// No packet can express it: the topic, or the length or presence of a property.
  case invalid
  /// The broker takes at most this QoS.
  case maximumQoS(QoS)
  /// The broker takes no retained messages.
  case retainUnavailable
  /// The packet is longer than the broker accepts.
  case packetTooLarge(limit: Int)
  /// Too many publishes wait already.
  case queueFull
  /// Its message expiry interval passed while it waited.
  case expired
  case cancelled
  case stopped
}
