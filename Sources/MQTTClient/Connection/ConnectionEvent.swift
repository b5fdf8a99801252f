/// What `MQTTConnection` has to tell the thread that drives it, one thing at a time.
public enum ConnectionEvent: Equatable, Sendable {
  /// A message of a subscription.
  ///
  /// It is acknowledged when the next event or message is asked for, unless
  /// `MQTTConnection.takeAcknowledgement` has taken that over.
  case message(Message)
  /// A publish begun by `tryPublish` has ended.
  case published(OperationID, PublishOutcome)
  /// The answer to a subscription wish begun by `trySubscribe`, filter by filter.
  case subscribed(OperationID, [SubscriptionGrant])
  /// The answer to a wish begun by `tryUnsubscribe`, filter by filter.
  case unsubscribed(OperationID, [SubscriptionGrant])
  /// The end of an authentication begun by `tryReauthenticate`.
  case reauthenticated(OperationID, ReauthenticationOutcome)
  /// Something happened to the connection; `.stopped` is the last event of all.
  case client(ClientEvent)
  /// A packet on its way, if `MQTTConnection.packetEvents` asks for that.
  ///
  /// One that came in is told before everything that follows from it.
  case packet(PacketTrace.Entry)
}

/// Names one publish, subscribe or unsubscribe of an `MQTTConnection`; never used twice.
public struct OperationID: Hashable, Sendable, CustomStringConvertible {
  let key: UInt64

  /// A number for logs.
  public var description: String { "operation \(key)" }
}

/// How an operation of an `MQTTConnection` ended.
public enum OperationResult: Equatable, Sendable {
  case published(PublishOutcome)
  /// One grant per filter.
  case subscribed([SubscriptionGrant])
  /// One grant per filter.
  case unsubscribed([SubscriptionGrant])
  /// The end of an authentication on the present connection.
  case reauthenticated(ReauthenticationOutcome)
}
