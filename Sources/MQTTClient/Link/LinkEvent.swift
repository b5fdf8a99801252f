/// What the session tells the application of a link.
package enum LinkEvent: Equatable, Sendable {
  /// A message from the broker; acknowledge it when it is safe.
  case delivered(Publish, AckToken)
  /// The broker will not repeat the QoS 2 message with this identifier: forget the identifier, and
  /// say so by `LinkContext.releasedRecorded`; only with `SessionOptions.recordsReleased`.
  ///
  /// A delivery that comes later under the same identifier is another message, so the records must
  /// become durable in the order of the events.
  case released(PacketID)
  /// The first PUBLISH of this message in this process is on its way.
  case sent(UInt64)
  /// The broker has received this QoS 2 message; record it.
  case received(UInt64)
  /// The broker lost a QoS 2 message that it had received: record that it must be sent again.
  case restarted(UInt64)
  case finished(UInt64, PublishOutcome)
  /// One reason code per filter of the request.
  indirect case subscribed(UInt64, [ReasonCode], reasonString: String?)
  indirect case unsubscribed(UInt64, [ReasonCode], reasonString: String?)
  /// The broker lost its session and refuses a subscription that it used to serve.
  case subscriptionLost(filter: String, ReasonCode)
  /// The broker has more unacknowledged messages under way than we offered to take; once per link.
  case receiveMaximumExceeded(by: Int, maximum: Int)
  /// An attempt to reach the broker begins; the first after a connection is number 1.
  case connecting(attempt: Int)
  /// The broker accepted the connection.
  indirect case up(ConnectAck)
  /// There is no connection; `detail` says what the link saw, if the link saw it first.
  ///
  /// Without `retryIn` there will be no other attempt, and the link ends.
  indirect case down(DownReason, detail: LinkError?, retryIn: Duration?)
  indirect case authentication(AuthenticationEvent)
  /// How the re-authentication with this key ended.
  indirect case reauthenticated(UInt64, ReauthenticationOutcome)
  /// The broker names other servers, whether we follow or not; `down` comes next.
  indirect case referred(RedirectRequest)
  /// The next connection goes there; nil is to the configured servers again.
  indirect case redirected(RedirectTarget?)
  /// The time to finish everything was too short; the outcomes of what is left follow.
  indirect case drainExpired(SessionCounts)
  /// The last event: nothing asked of the link from now on is carried out.
  case stopped
}
