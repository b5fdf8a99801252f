/// What happens in the life of a client, for logs, health checks and screens.
public enum ClientEvent: Equatable, Sendable {
  /// An attempt to reach the broker began; the first since the last connection is number 1.
  case connecting(attempt: Int)
  /// The broker accepted the connection.
  case connected(ConnectionInfo)
  /// There is no connection, and the next attempt follows after `retryIn`.
  case disconnected(ConnectionFailure, retryIn: Duration)
  /// There is no connection, and the client stops trying; `.stopped` follows.
  case gaveUp(ConnectionFailure)
  /// The client has ended, by wish or because it gave up; the last event.
  case stopped
  /// Enhanced authentication began, went on, succeeded or failed. [MQTT 5.0, 4.12]
  case authentication(AuthenticationEvent)
  /// The broker names other servers; whether they are followed is `SessionOptions.redirect`'s to say.
  case referred(RedirectRequest)
  /// The next connection goes to one of these servers; none means the configured ones again.
  case redirected([ServerReference])
  /// The broker lost its session and refuses a subscription that it used to serve.
  case subscriptionLost(filter: String, ReasonCode)
  /// So many more messages were unacknowledged than Receive Maximum, which is `maximum`, allows.
  ///
  /// It comes once per connection, soon after the broker began; nothing is lost. How often it happens
  /// is `ClientMetrics.Counters.deliveriesBeyondReceiveMaximum`'s to tell.
  case receiveMaximumExceeded(by: Int, maximum: Int)
  /// A consumer is too slow: so many messages of its subscription were dropped since it began to be.
  ///
  /// It comes once when dropping begins, and again when the queue has emptied by half.
  case slowConsumer(filters: [String], dropped: Int)
  /// So many messages belonged to no subscription of this process and were dropped.
  case unroutedDropped(Int)
  /// A message was dropped by its consumer without acknowledgement.
  ///
  /// The broker keeps the message and sends it again on a later connection, but until then it takes
  /// up one place of Receive Maximum and holds back the acknowledgements behind it.
  case acknowledgementForgotten(topic: String)
  /// The reader of this sequence was too slow: so many events before this one are missing.
  case missed(Int)
}

/// How far a client is from a usable connection.
public enum ClientState: Equatable, Sendable {
  /// Created, not started.
  case idle
  /// On its way to the broker, for the first time or again.
  case connecting
  /// Connected: publishes go out.
  case connected(ConnectionInfo)
  /// Without connection until the next attempt.
  case disconnected(ConnectionFailure)
  /// Finishing its work before it ends.
  case draining
  /// Ended for good.
  case stopped
}
