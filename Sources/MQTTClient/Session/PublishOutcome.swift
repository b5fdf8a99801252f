/// How a publish ended; each one ends exactly once.
///
/// Only `.sent` (QoS 0) and `.acknowledged` (QoS 1 and 2) mean that the message went out.
public enum PublishOutcome: Equatable, Sendable {
  /// QoS 0: the system has taken all its bytes, and nobody will say more about it.
  case sent
  /// QoS 1 or 2: the broker has it.
  ///
  /// It is uncertain when the broker lost its session in between, so that the message may have
  /// arrived twice, or when the broker no longer knew the identifier in the last QoS 2 step.
  case acknowledged(ReasonCode, reasonString: String?, isUncertain: Bool)
  /// The broker refused this message with a reason code of 0x80 or above.
  case rejected(ReasonCode, reasonString: String?)
  /// Its message expiry interval passed while it waited; no byte of it was sent.
  case expired
  /// It was taken back before any byte of it was sent.
  case cancelled
  /// The broker never saw it.
  case notSent(PublishObstacle)
  /// The broker may have seen it, did not acknowledge it, and nobody will say more about it.
  case maybeSent(PublishObstacle)

  /// The outcome of a message that was never sent.
  init(neverSent obstacle: PublishObstacle) {
    self =
      switch obstacle {
      case .expired: .expired
      case .cancelled: .cancelled
      default: .notSent(obstacle)
      }
  }
}

/// What kept a publish from being sent, or its outcome from being known.
public enum PublishObstacle: Equatable, Sendable {
  /// QoS 0, and there is no connection or it ended meanwhile.
  case linkDown
  /// No packet can express it: the topic, or the length or presence of a property.
  case invalid
  /// The broker takes at most this QoS. [MQTT-3.2.2-11]
  case maximumQoS(QoS)
  /// The broker takes no retained messages. [MQTT-3.2.2-14]
  case retainUnavailable
  /// The packet is longer than the broker accepts, in bytes. [MQTT-3.2.2-15]
  case packetTooLarge(limit: Int)
  /// It names a topic alias above the broker's maximum. [MQTT-3.3.2-9]
  case topicAliasTooLarge(maximum: UInt16)
  /// It has a topic alias instead of a topic, and no earlier message gave that alias a topic.
  case topicAliasUnknown
  /// As many messages or bytes wait as are allowed.
  case queueFull
  /// It waited, and a newer message took its place.
  case displaced
  /// Its own deadline passed.
  case deadlinePassed
  /// Its message expiry interval passed; it had been sent before.
  case expired
  /// It was taken back after it had been sent.
  case cancelled
  /// The broker lost the session, and such messages are to be reported.
  case sessionLost
  /// The broker ended one link after the other over this message, so it was taken out; the code is
  /// that of the last DISCONNECT, if there was one.
  case quarantined(ReasonCode?)
  /// The session's store could not keep it.
  case notStored
  case stopped
}
